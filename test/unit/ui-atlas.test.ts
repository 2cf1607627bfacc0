import { expect, it } from "vitest"
import type { AtlasReport } from "~src/app/report"
import { familyTree } from "~src/ui/atlas/family-tree"
import { layOut } from "~src/ui/atlas/lay-out"
import { CARD, cutName } from "~src/ui/atlas/layout-types"
import type { ShownAtlas } from "~src/ui/atlas/shown"
import { atlasSvg } from "~src/ui/atlas/svg"
import { nextRow } from "~src/ui/atlas/walk"
import { FAMILY } from "../e2e/scenes"

const shownOf = ({ nodes, edges }: AtlasReport): ShownAtlas => ({ nodes, edges, groups: [] })
const lay = (atlas: AtlasReport) => layOut({ shown: shownOf(atlas), axis: "generation", before: null })
const at = (atlas: AtlasReport) => new Map(lay(atlas).nodes.map((placed) => [placed.node.id, placed]))

it("puts every parent left of its children and no two cards on each other", () => {
  const layout = lay(FAMILY)
  const places = at(FAMILY)
  for (const { parent, child } of FAMILY.edges) expect(places.get(parent)?.x).toBeLessThan(places.get(child)?.x ?? 0)
  for (const a of layout.nodes) {
    expect(a.x).toBeGreaterThanOrEqual(CARD.margin)
    expect(a.y).toBeGreaterThanOrEqual(0)
    expect(a.y + CARD.height).toBeLessThanOrEqual(layout.height)
    for (const b of layout.nodes) if (a !== b && a.x === b.x) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(CARD.height)
  }
})

it("leads an edge that skips a generation past the cards between", () => {
  const layout = lay(FAMILY)
  const skipping = layout.edges.find(({ edge }) => edge.parent === "ghost:1")
  expect(skipping?.points).toHaveLength(4)
  const [, [x = 0, y = 0] = []] = skipping?.points ?? []
  const column = layout.nodes.filter((placed) => placed.x === x)
  expect(column.length).toBeGreaterThan(0)
  for (const card of column) expect(y < card.y || y > card.y + CARD.height).toBe(true)
})

it("draws the same whatever order the report lists things in", () => {
  const shuffled = { ...FAMILY, nodes: [...FAMILY.nodes].reverse(), edges: [...FAMILY.edges].reverse() }
  for (const [id, place] of at(FAMILY)) expect(at(shuffled).get(id)).toMatchObject({ x: place.x, y: place.y })
})

it("survives cycles, self-parents and edges to nowhere in a damaged report, in the list too", () => {
  const edge = FAMILY.edges[0]
  if (!edge) throw new Error("the family has edges")
  const bad = [
    { ...edge, parent: "acme/coder-7b", child: "acme/base-7b" },
    { ...edge, parent: "acme/chat-7b", child: "acme/chat-7b" },
    { ...edge, parent: "no/where" },
  ]
  const damaged = { ...FAMILY, edges: [...FAMILY.edges, ...bad] }
  expect(lay(damaged).nodes).toHaveLength(FAMILY.nodes.length)
  expect(familyTree(damaged)).toHaveLength(FAMILY.nodes.length)
  expect(lay({ ...FAMILY, nodes: [], edges: [] }).nodes).toEqual([])
})

it("lists each model once, under the parent that gave it most, and walks as the keys say", () => {
  const rows = familyTree(FAMILY)
  expect(rows.map((row) => row.node.id).sort()).toEqual(FAMILY.nodes.map((node) => node.id).sort())
  const row = (id: string) => rows.findIndex((each) => each.node.id === id)
  expect(rows[row("other/mixed-7b")]).toMatchObject({ edge: { parent: "acme/chat-7b" }, others: ["ghost:1"], level: 3 })
  expect(nextRow(rows, row("acme/base-7b"), "ArrowRight")).toBe(row("acme/chat-7b"))
  expect(nextRow(rows, row("other/mixed-7b"), "ArrowLeft")).toBe(row("acme/chat-7b"))
  expect(nextRow(rows, row("other/mixed-7b"), "ArrowRight")).toBe(row("other/mixed-7b"))
  expect(nextRow(rows, row("acme/chat-7b"), "Shift+ArrowDown")).toBe(row("acme/coder-7b"))
  expect(nextRow(rows, row("acme/coder-7b"), "Shift+ArrowUp")).toBe(row("acme/chat-7b"))
  expect(nextRow(rows, row("other/mixed-7b"), "Shift+ArrowDown")).toBe(row("other/mixed-7b"))
  expect(nextRow(rows, 0, "ArrowUp")).toBe(0)
  expect(nextRow(rows, 0, "End")).toBe(rows.length - 1)
  expect(nextRow(rows, 0, "a")).toBeNull()
})

it("writes names into the SVG file as text only", () => {
  const evil = `x/<script>alert(1)</script>"`
  const svg = atlasSvg({ ...FAMILY, nodes: [{ id: evil, family: 0, ghost: false, verdict: "documented", declared: [] }], edges: [] })
  expect(svg).not.toContain("<script>")
  expect(svg).toContain("&lt;script&gt;")
  expect(svg.startsWith("<svg ")).toBe(true)
})

it("cuts a name in its middle and only where it does not fit", () => {
  expect(cutName("willow-24", CARD.minWidth)).toBe("willow-24")
  const cut = cutName("a-model-with-a-very-long-name-indeed-instruct", CARD.maxWidth)
  expect(cut).toMatch(/^a-model-w.*….*-instruct$/)
  expect(cut.length).toBeLessThanOrEqual(24)
})

it("draws three generations of a dozen models at a readable size in the popup's 616 by 290 px", () => {
  const names = Array.from({ length: 13 }, (_, index) => `some-owner/model-name-${index}`)
  const nodes = names.map((id) => ({ id, family: 0, ghost: false, verdict: "documented" as const, declared: [] }))
  const template = FAMILY.edges[0]
  if (!template) throw new Error("the family has edges")
  const edges = names.slice(1).map((child, index) => ({ ...template, parent: names[index < 6 ? 0 : index - 5] ?? "", child }))
  const { width, height } = lay({ ...FAMILY, nodes, edges })
  expect(Math.min(616 / width, 290 / height)).toBeGreaterThan(0.8)
})
