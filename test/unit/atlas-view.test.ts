import fc from "fast-check"
import { describe, expect, it, test } from "vitest"
import type { AtlasReport } from "~src/app/report"
import { paintNodes, swatches } from "~src/ui/atlas/colouring"
import { claimPaths } from "~src/ui/atlas/edge-path"
import { familyTree } from "~src/ui/atlas/family-tree"
import { FreeRows } from "~src/ui/atlas/free-rows"
import { growth, timeSteps } from "~src/ui/atlas/growth"
import { layOut } from "~src/ui/atlas/lay-out"
import { type Axis, CARD, markRadius, sizeOf } from "~src/ui/atlas/layout-types"
import { ranked } from "~src/ui/atlas/rank"
import { lineOf, matching, NO_FILTER, pathToRoot } from "~src/ui/atlas/selection"
import { gatherFans, type ShownAtlas, withNamed } from "~src/ui/atlas/shown"
import { visibleReport } from "~src/ui/atlas/visible-report"
import { atlasOf, HOSTILE_FAMILY, large, RICH } from "../e2e/atlas-scenes"

const whole = ({ nodes, edges }: AtlasReport): ShownAtlas => ({ nodes, edges, groups: [] })
const AXES: readonly Axis[] = ["generation", "date", "free"]

describe.each(AXES)("the drawing by %s", (axis) => {
  test("leaves every node where it is when some are added", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 8 }), (size, more) => {
        const all = large(size + more)
        const [some, added] = [all.nodes.slice(0, size), all.nodes.slice(size)]
        const ids = new Set(some.map(({ id }) => id))
        const before = layOut({
          shown: whole({ ...all, nodes: some, edges: all.edges.filter(({ child }) => ids.has(child)) }),
          axis,
          before: null,
        })
        const after = layOut({ shown: whole(all), axis, before })
        const places = new Map(after.nodes.map(({ node, x, y }) => [node.id, [x, y]]))
        for (const { node, x, y } of before.nodes) {
          expect(places.get(node.id)?.[0]).toBeCloseTo(x, 6)
          expect(places.get(node.id)?.[1]).toBeCloseTo(y, 6)
        }
        expect(added.every(({ id }) => places.has(id))).toBe(true)
      }),
      { numRuns: axis === "free" ? 10 : 60 },
    )
  })

  test("lays no node on another, those added later included", () => {
    const all = large(80)
    const some = { ...all, nodes: all.nodes.slice(0, 50) }
    const before = layOut({ shown: whole(some), axis, before: null })
    for (const layout of [before, layOut({ shown: whole(all), axis, before })]) {
      for (const [index, a] of layout.nodes.entries()) {
        for (const b of layout.nodes.slice(index + 1)) {
          const [[widthA, heightA], [widthB, heightB]] = [sizeOf(layout, a.node), sizeOf(layout, b.node)]
          // Marks of the free drawing push each other apart only so far.
          const slack = axis === "free" ? 8 : 0.01
          const overlaps =
            a.x + widthA > b.x + slack && b.x + widthB > a.x + slack && a.y + heightA > b.y + slack && b.y + heightB > a.y + slack
          expect(overlaps && `${a.node.id} on ${b.node.id}`).toBe(false)
        }
      }
      for (const { x, y, node } of layout.nodes) {
        const [width, height] = sizeOf(layout, node)
        expect(x).toBeGreaterThanOrEqual(layout.left)
        expect(y).toBeGreaterThanOrEqual(layout.top)
        expect(x + width).toBeLessThanOrEqual(layout.left + layout.width)
        expect(y + height).toBeLessThanOrEqual(layout.top + layout.height)
      }
    }
  })

  test("takes families that cannot be: cycles, self-parents, parents of a thousand, nothing at all", () => {
    expect(layOut({ shown: whole(HOSTILE_FAMILY), axis, before: null }).nodes).toHaveLength(HOSTILE_FAMILY.nodes.length)
    expect(layOut({ shown: whole(atlasOf([], [])), axis, before: null }).nodes).toEqual([])
  })
})

test("finds the nearest free place, and never one that is taken", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { maxLength: 40 }), (wishes) => {
      const rows = new FreeRows(1)
      const taken: number[] = []
      for (const wish of wishes) {
        const place = rows.takeNear(wish)
        for (const other of taken) expect(Math.abs(place - other)).toBeGreaterThan(1 - 1e-9)
        // Nothing nearer was free: both neighbours of the wish lie within what is taken.
        const nearer = [...taken.map((one) => one - 1), ...taken.map((one) => one + 1), wish].filter(
          (one) => Math.abs(one - wish) < Math.abs(place - wish) - 1e-9,
        )
        for (const one of nearer) expect(taken.some((other) => Math.abs(other - one) < 1 - 1e-9)).toBe(true)
        taken.push(place)
      }
    }),
  )
})

test("places cards along dates: in their order, and what has none before its children", () => {
  const { nodes, ticks } = layOut({ shown: whole(RICH), axis: "date", before: null })
  const x = new Map(nodes.map((placed) => [placed.node.id, placed.x]))
  expect(x.get("acme/base-7b")).toBe(CARD.margin)
  expect(x.get("ghost:1")).toBeLessThan(x.get("other/mixed-7b") ?? 0)
  expect(x.get("acme/coder-7b")).toBeGreaterThan(x.get("acme/chat-7b") ?? 0)
  expect(ticks.map(([, text]) => text)).toContain("2024-01")
})

test("ranks each model behind all its parents and cuts a cycle where it is entered", () => {
  const { edges, generations } = ranked(HOSTILE_FAMILY.nodes, HOSTILE_FAMILY.edges)
  for (const { parent, child } of edges) expect(generations.get(child)).toBeGreaterThan(generations.get(parent) ?? 0)
  expect(["root/base", "root/a", "root/b"].map((id) => generations.get(id))).toEqual([0, 1, 2])
  expect(edges.some(({ parent, child }) => parent === "root/b" && child === "root/a")).toBe(false)
})

describe("groups", () => {
  test("close big fans of alike childless children, and open one by one", () => {
    const shown = gatherFans(RICH, new Set(), "acme/coder-7b")
    const [group = ""] = shown.groups
    expect(shown.nodes.find(({ id }) => id === group)).toMatchObject({ members: expect.arrayContaining(["packer/chat-7b-q3"]) })
    expect(shown.nodes).toHaveLength(RICH.nodes.length - 11)
    expect(gatherFans(RICH, new Set([group]), "acme/coder-7b").nodes).toHaveLength(RICH.nodes.length + 1)
  })
  test("never hide the model that the atlas is about", () => {
    const shown = gatherFans(RICH, new Set(), "packer/chat-7b-q3")
    expect(shown.nodes.some(({ id }) => id === "packer/chat-7b-q3")).toBe(true)
    expect(shown.nodes.find(({ members }) => members)?.members).toHaveLength(11)
  })
})

test("gives what only cards name a place, but no more than there is room for, and only names of models", () => {
  const named = (declared: string[]) =>
    withNamed(
      atlasOf(
        [{ id: "a/a", family: 0, ghost: false, verdict: "documented", declared: declared.map((id) => ({ id, relation: null })) }],
        [],
      ),
    )
  expect(named(["closed/base", "Closed/Base", "A/A", "<b>", "../x"]).nodes.map(({ id }) => id)).toEqual(["a/a", "closed/base"])
  expect(named(Array.from({ length: 500 }, (_, index) => `b/${index}`)).nodes).toHaveLength(41)
})

describe("search and path", () => {
  const ids = (filter: Partial<typeof NO_FILTER>) => [...(matching(RICH, { ...NO_FILTER, ...filter }) ?? [])]
  it("finds by words and by property", () => {
    expect(matching(RICH, NO_FILTER)).toBeNull()
    expect(ids({ words: "  ACME coder " })).toEqual(["acme/coder-7b"])
    expect(ids({ property: "verdict:contradicted" })).toEqual(["other/mixed-7b"])
    expect(ids({ property: "relation:quantized" })).toHaveLength(12)
    expect(ids({ property: "undeclared", words: "acme" })).toEqual(["acme/coder-7b"])
    expect(ids({ property: "license:llama2" })).toEqual(["closed/vision-7b"])
    expect(ids({ words: "nothing like it" })).toEqual([])
  })
  it("leads every way to the root, and the main line of descent", () => {
    expect([...pathToRoot(RICH.edges, "other/mixed-7b").nodes].sort()).toEqual([
      "acme/base-7b",
      "acme/chat-7b",
      "ghost:1",
      "other/mixed-7b",
    ])
    expect(lineOf(RICH.edges, "other/mixed-7b")).toEqual(["acme/base-7b", "acme/chat-7b", "other/mixed-7b"])
    expect(lineOf(HOSTILE_FAMILY.edges, "root/b").at(-1)).toBe("root/b")
  })
  it("exports only what filter and time let through", () => {
    const part = visibleReport(RICH, new Set(["acme/base-7b", "acme/chat-7b", "acme/coder-7b"]), Date.parse("2023-10-01T00:00:00Z"))
    expect(part.nodes.map(({ id }) => id)).toEqual(["acme/base-7b", "acme/chat-7b"])
    expect(part.edges).toHaveLength(1)
  })
})

describe("marks", () => {
  test("grow with the downloads, within bounds", () => {
    const radii = [0, 10, 1000, 1e6, 1e12].map((downloads) => markRadius({ ...(RICH.nodes[0] as (typeof RICH.nodes)[0]), downloads }))
    expect(radii).toEqual([...radii].sort((a, b) => a - b))
    expect(new Set(radii).size).toBe(5)
    expect(Math.max(...radii)).toBeLessThanOrEqual(10)
  })
  test("have a colour for the most frequent values, and a legend that counts every node", () => {
    for (const by of ["relation", "verdict", "license", "task", "date"] as const) {
      const paints = paintNodes(whole(RICH), by)
      expect(swatches(paints).reduce((sum, { nodes }) => sum + nodes, 0)).toBe(RICH.nodes.length)
    }
    const colours = paintNodes(whole(RICH), "license")
    expect(colours.get("acme/base-7b")).toEqual({ colour: "c0", value: "apache-2.0" })
    expect(colours.get("ghost:1")).toEqual({ colour: "none", value: null })
  })
})

test("tells how the family grew, undated models from the start", () => {
  const steps = growth(RICH)
  expect(steps[0]).toMatchObject({ models: 2 })
  expect(steps.at(-1)).toMatchObject({ models: 19, made: { training: 1, lora: 1, merge: 2, bits: 12, same: 1, surgery: 1 } })
  expect(timeSteps(large(3000))).toHaveLength(60)
  expect(timeSteps(atlasOf([], []))).toEqual([])
})

test("draws no more than can be drawn of cards that name everybody, and of a line of descent without end", () => {
  const ids = Array.from({ length: 300 }, (_, index) => `a/${index}`)
  const declared = ids.slice(0, 100).map((id) => ({ id, relation: null }))
  const nodes = ids.map((id) => ({ id, family: 0, ghost: false, verdict: "documented" as const, declared }))
  expect(claimPaths(layOut({ shown: whole(atlasOf(nodes, [])), axis: "generation", before: null }))).toHaveLength(2000)
  const chain = Array.from({ length: 5000 }, (_, index) => `a/${index}`)
  const edge = { relation: "finetune", probability: 1, share: 1, declared: true } as const
  const links = chain.slice(1).map((child, index) => ({ ...edge, parent: chain[index] ?? "", child }))
  const skips = chain.slice(2).map((child) => ({ ...edge, parent: "a/0", child, share: 0.1 }))
  const deep = atlasOf(
    chain.map((id) => ({ id, family: 0, ghost: false, verdict: "documented", declared: [] })),
    [...links, ...skips],
  )
  const started = performance.now()
  expect(layOut({ shown: whole(deep), axis: "generation", before: null }).nodes).toHaveLength(5000)
  expect(familyTree(deep).at(-1)?.level).toBe(5000)
  expect(lineOf(deep.edges, "a/4999")).toHaveLength(5000)
  expect(performance.now() - started).toBeLessThan(20_000)
})
