import { expect, it } from "vitest"
import { bytes, chance, countdown, likelihood, percent } from "~src/ui/format"
import { t } from "~src/ui/i18n"
import { modelOfUrl, modelUrl } from "~src/ui/links"
import { declaredRows } from "~src/ui/panel/agreement"
import { whatWouldChange } from "~src/ui/panel/changes"
import { evidenceText } from "~src/ui/sentences"
import { modelName } from "~src/ui/wording"
import { parent, report } from "../e2e/scenes"

it("never rounds a probability up to certainty", () => {
  expect(percent(0.99999)).toBe("> 99.9%")
  expect(percent(1)).toBe("100%")
  expect(percent(0.0000003)).toBe("< 0.1%")
  expect(percent(0.9)).toBe("90%")
  expect([0.995, 0.95, 0.8, 0.6].map(likelihood)).toEqual(["almost certain", "very likely", "likely", "possible"])
})

it("words sizes, waits and p-values", () => {
  expect(bytes(812_000)).toBe("812 kB")
  expect(bytes(1_048_576)).toBe("1 MB")
  expect(countdown(89_001)).toBe("90 sec")
  expect(countdown(600_000)).toBe("10 min")
  expect(chance(3e-80)).toBe("10⁻⁸⁰")
  expect(chance(0)).toBe("< 10⁻³⁰⁰")
  expect(chance(0.25)).toBe("0.25")
})

it("isolates what it fills in and drops direction marks", () => {
  expect(t("panel_step_count", { done: "x\u202ey", total: "{done}" })).toBe("x y of {done}")
  expect(t("panel_named_by", { names: "\u05d0\u05d1" })).toBe("named by \u2068\u05d0\u05d1\u2069")
  expect(t("panel_named_by")).toBe("named by {names}")
})

it("names a model that nobody has seen by a number, and asks for no card that names it", () => {
  expect([modelName("ghost:3"), modelName("acme/base"), modelName("ghost:x")]).toEqual(["unseen model 3", "acme/base", "ghost:x"])
  const changes = whatWouldChange(report({ verdict: "undocumented", parents: [parent("ghost:1", { ghost: true })], notCompared: [] }))
  expect(changes.join(" ")).not.toMatch(/ghost|unseen/)
  expect(evidenceText({ text: "", worded: { as: "rows", values: { matched: 1, rows: 1, tensors: 1, name: "ghost:2" } } })).toContain(
    "unseen model 2",
  )
})

it("links models only, and reads the model of an address", () => {
  expect(modelUrl("acme/base-7b")).toBe("https://huggingface.co/acme/base-7b")
  for (const id of ["ghost:1", "./local", "../x/y", "javascript:alert(1)", "a/b?c", "gpt2"]) expect(modelUrl(id)).toBeNull()
  expect(modelOfUrl("https://huggingface.co/acme/base-7b/tree/main?x=1#y")).toBe("acme/base-7b")
  for (const url of [
    "https://huggingface.co/datasets/a/b",
    "https://huggingface.co/acme",
    "https://huggingface.co/docs/hub",
    "https://evil.co/a/b",
    "chrome://version/",
    "https://huggingface.co/collections/a/b",
  ])
    expect(modelOfUrl(url)).toBeNull()
})

it("says of each declared parent what the weights say", () => {
  const said = (verdict: "undocumented" | "unverified") =>
    report({
      verdict,
      declared: ["ACME/base-7b", "acme/q", "closed/base-7b", "other/base-7b", "acme/sibling", "no/where"].map((id) => ({
        id,
        relation: "finetune",
      })),
      parents: [parent("acme/base-7b"), parent("acme/q", { relation: "quantized", hubRelation: "quantized" })],
      compared: [
        { id: "other/base-7b", related: 0.0003 },
        { id: "acme/sibling", related: 0.99 },
      ],
    })
  const rows = declaredRows(said("undocumented"))
  expect(rows.map((row) => row.mark)).toEqual(["agrees", "relation_differs", "not_checked", "disagrees", "related", "not_seen"])
  expect(rows[2]?.reason).toBe("It is gated.")
  // Where nothing is settled, nothing is ruled out either.
  expect(declaredRows(said("unverified"))[4]?.mark).toBe("open")
})

it("lets the weights of a parent that was not read agree with nothing", () => {
  const closed = report({
    verdict: "documented",
    declared: [{ id: "acme/gated", relation: "merge" }],
    parents: [parent("acme/gated", { relation: "merge", ghost: true, revision: null })],
    notCompared: [{ id: "acme/gated", reason: "It is gated.", code: "gated" }],
  })
  expect(declaredRows(closed)).toMatchObject([{ id: "acme/gated", mark: "not_checked" }])
})
