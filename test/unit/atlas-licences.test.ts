import { describe, expect, it } from "vitest"
import { conditionsOf, droppedConditions } from "~src/atlas/licences"

describe("licences along a line", () => {
  it.each([
    ["cc-by-nc-4.0", "mit", ["noncommercial"]],
    ["cc-by-nc-sa-4.0", "apache-2.0", ["noncommercial", "share-alike"]],
    ["cc-by-nc-sa-4.0", "cc-by-nc-4.0", ["share-alike"]],
    ["cc-by-nd-4.0", "cc-by-4.0", ["no-derivatives"]],
    ["gpl-3.0", "bsd-3-clause", ["share-alike"]],
    ["agpl-3.0", "gpl-3.0", []],
    ["openrail", "mit", ["use-limits"]],
    ["creativeml-openrail-m", "openrail++", []],
    ["llama3.1", "apache-2.0", ["own-terms", "use-limits"]],
    ["llama3", "llama3.1", []],
    ["gemma", "openrail", ["own-terms"]],
    ["apple-amlr", "mit", ["noncommercial", "own-terms"]],
    ["mit", "cc-by-nc-4.0", []],
    ["apache-2.0", "mit", []],
  ])("from %s to %s drops %j", (ancestor, child, dropped) => {
    expect(droppedConditions(ancestor, child)).toEqual(dropped)
  })

  it.each(["other", "unknown", "my-own-licence", "mit\u202e", "<b>mit</b>", "l".repeat(100_000), ""])(
    "claims nothing about %j",
    (licence) => {
      expect(conditionsOf(licence.slice(0, 200_000))).toBeNull()
      expect(droppedConditions(licence, "mit")).toEqual([])
      expect(droppedConditions("cc-by-nc-4.0", licence)).toEqual([])
    },
  )

  it("reads identifiers in any case", () => {
    expect(conditionsOf(" CC-BY-NC-4.0 ")).toEqual(["noncommercial"])
    expect(conditionsOf("Apache-2.0")).toEqual([])
  })
})
