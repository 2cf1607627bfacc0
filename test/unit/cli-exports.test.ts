import { describe, expect, test } from "vitest"
import { toBom } from "~src/app/export/bom"
import { toGexf } from "~src/app/export/gexf"
import { toGraphml } from "~src/app/export/graphml"
import type { AtlasReport } from "~src/app/report"

const cost = { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null }
const node = { family: 0, ghost: false, verdict: "documented", declared: [] } as const
const edge = { relation: "merge", probability: 0.9, share: 0.6, declared: false } as const
const atlas: AtlasReport = {
  schema: "pedigree/atlas@1",
  nodes: [
    { ...node, id: "owner/a", license: `"><script>&'\u0000\ud800`, downloads: 7, createdAt: "2024-01-01T00:00:00.000Z" },
    { ...node, id: "ghost:1", ghost: true, verdict: "unverified" },
    { ...node, id: "owner/b", revision: "b".repeat(40), declared: [{ id: "owner/a", relation: "merge" }] },
  ],
  edges: [
    { ...edge, parent: "owner/a", child: "owner/b", declared: true },
    { ...edge, parent: "ghost:1", child: "owner/b", share: 0.4 },
  ],
  cost,
}

/** Whether every element is closed in order and every attribute quoted, by the grammar that the writers keep to. */
function isWellFormed(text: string): boolean {
  const open: string[] = []
  const rest = text
    .replace(/^<\?xml[^>]*\?>/, "")
    .replace(/<(\/?)([\w.]+)((?: [\w.:]+="[^"<]*")*)(\/?)>/g, (_, end, name, _attributes, alone) => {
      if (end) return open.pop() === name ? "" : "<"
      if (!alone) open.push(name)
      return ""
    })
  return open.length === 0 && !/[<>]|&(?!#\d+;)/.test(rest)
}

describe.each([
  ["GraphML", toGraphml],
  ["GEXF", toGexf],
])("%s", (_, write) => {
  test("is well-formed whatever names and licences hold", () => {
    expect(isWellFormed(write(atlas))).toBe(true)
    expect(isWellFormed("<a><b></a></b>")).toBe(false)
  })

  test("holds every node and edge, from parent to child", () => {
    const text = write(atlas)
    expect(text.match(/<node /g)).toHaveLength(3)
    expect(text).toMatch(/source="owner\/a" target="owner\/b"/)
    expect(text).toMatch(/source="ghost:1" target="owner\/b"/)
    expect(text).toContain("2024-01-01T00:00:00.000Z")
  })
})

describe("CycloneDX", () => {
  const bom = toBom(atlas)

  test("names each model once, with its direct parents as ancestors", () => {
    expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" })
    expect(bom.components.map((component) => component["bom-ref"])).toEqual(["owner/a", "ghost:1", "owner/b"])
    expect(bom.components[0]).toMatchObject({ group: "owner", name: "a", purl: "pkg:huggingface/owner/a" })
    expect(bom.components[0]).not.toHaveProperty("pedigree")
    const commit = "b".repeat(40)
    expect(bom.components[2]).toMatchObject({ version: commit, purl: `pkg:huggingface/owner/b@${commit}` })
    const ancestors = bom.components[2]?.pedigree?.ancestors ?? []
    expect(ancestors.map(({ group, name }) => [group, name])).toEqual([
      ["owner", "a"],
      [undefined, "ghost:1"],
    ])
    expect(ancestors[1]?.properties).toContainEqual({ name: "pedigree:share", value: "0.4" })
  })

  test("has unique references", () => {
    const references = JSON.stringify(bom).match(/"bom-ref":"[^"]*"/g) ?? []
    expect(new Set(references).size).toBe(references.length)
    expect(references).toHaveLength(5)
  })
})
