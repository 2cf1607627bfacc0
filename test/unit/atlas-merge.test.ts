import { describe, expect, test } from "vitest"
import { parseAtlasFile } from "~src/app/import-atlas"
import { mergeAtlas } from "~src/app/merge-atlas"
import type { AtlasEdge } from "~src/app/report"
import { PedigreeError } from "~src/core/errors"
import { atlasOf, edge, HOSTILE_NAMES, large, node, RICH } from "../e2e/atlas-scenes"

const [ONE, TWO, THREE] = ["1", "2", "3"].map((digit) => digit.repeat(40)) as [string, string, string]
const lines = (edges: readonly AtlasEdge[]) => edges.map(({ parent, child }) => `${parent} > ${child}`).sort()

describe("merging atlases by commit", () => {
  const own = atlasOf([node("a/a", { revision: ONE }), node("a/b", { revision: TWO, license: "mit" }), node("a/c")], [edge("a/a", "a/b")])

  test("adds what is new, fills in what was missing, and marks it", () => {
    const theirs = atlasOf(
      [
        node("a/a", { revision: ONE, verdict: "contradicted", task: "text-generation" }),
        node("A/B", { revision: TWO, license: "other" }),
        node("x/x"),
      ],
      [edge("a/a", "A/B", { relation: "copy" }), edge("A/B", "x/x")],
    )
    const { atlas, counts } = mergeAtlas(own, [theirs])
    expect(counts).toEqual({ models: 1, claims: 1, otherCommit: 0 })
    expect(lines(atlas.edges)).toEqual(["a/a > a/b", "a/b > x/x"])
    expect(atlas.edges.map(({ relation, imported }) => [relation, imported])).toEqual([
      ["finetune", undefined],
      ["finetune", true],
    ])
    const byId = new Map(atlas.nodes.map((one) => [one.id, one]))
    expect(byId.get("a/a")).toMatchObject({ verdict: "documented", task: "text-generation" })
    expect(byId.get("a/b")).toMatchObject({ license: "mit" })
    expect(byId.get("x/x")).toMatchObject({ imported: true, family: byId.get("a/a")?.family })
  })

  test("leaves claims about another commit out", () => {
    const theirs = atlasOf(
      [node("a/a", { revision: ONE }), node("a/b", { revision: THREE }), node("x/x")],
      [edge("a/b", "x/x"), edge("a/a", "x/x")],
    )
    const { atlas, counts } = mergeAtlas(own, [theirs])
    expect(counts).toEqual({ models: 1, claims: 1, otherCommit: 1 })
    expect(lines(atlas.edges)).toEqual(["a/a > a/b", "a/a > x/x"])
  })

  test("knows a renamed model by its commit", () => {
    const { atlas } = mergeAtlas(own, [atlasOf([node("new/name", { revision: TWO }), node("x/x")], [edge("new/name", "x/x")])])
    expect(lines(atlas.edges)).toEqual(["a/a > a/b", "a/b > x/x"])
    expect(atlas.nodes).toHaveLength(4)
  })

  test("never displaces an own claim, nor lets a cycle in", () => {
    const theirs = atlasOf(
      [node("a/a"), node("a/b"), node("a/c")],
      [edge("a/b", "a/a", { probability: 1 }), edge("a/c", "a/c"), edge("a/b", "no/where")],
    )
    expect(lines(mergeAtlas(own, [theirs]).atlas.edges)).toEqual(["a/a > a/b"])
  })

  test("takes ghosts of both for one where they share a child, and renumbers the others", () => {
    const ghost = (id: string) => node(id, { ghost: true, verdict: "unverified" })
    const mine = atlasOf([node("a/b"), node("a/c"), ghost("ghost:1")], [edge("ghost:1", "a/b"), edge("ghost:1", "a/c")])
    const theirs = atlasOf(
      [node("a/c"), node("x/x"), node("x/y"), ghost("ghost:1"), ghost("ghost:7")],
      [edge("ghost:7", "a/c"), edge("ghost:7", "x/x"), edge("ghost:1", "x/y")],
    )
    const { atlas } = mergeAtlas(mine, [theirs])
    expect(lines(atlas.edges)).toEqual(["ghost:1 > a/b", "ghost:1 > a/c", "ghost:1 > x/x", "ghost:2 > x/y"])
    expect(atlas.nodes.filter(({ ghost: is }) => is).map(({ id }) => id)).toEqual(["ghost:1", "ghost:2"])
  })

  describe("puts a parent that was found later in a ghost's place", () => {
    const ghost = (id: string) => node(id, { ghost: true, verdict: "unverified" })
    const before = atlasOf([node("a/b"), node("a/c"), ghost("ghost:1")], [edge("ghost:1", "a/b"), edge("ghost:1", "a/c")])
    const after = atlasOf([node("a/a"), node("a/b"), node("a/c")], [edge("a/a", "a/b"), edge("a/a", "a/c")])
    test.each([
      ["earlier and later", before, after],
      ["later and earlier", after, before],
    ])("whichever comes first: %s", (_, own, theirs) => {
      const { atlas } = mergeAtlas(own, [theirs])
      expect(lines(atlas.edges)).toEqual(["a/a > a/b", "a/a > a/c"])
      expect(atlas.nodes.map(({ id }) => id).sort()).toEqual(["a/a", "a/b", "a/c"])
    })

    test("for the children whose parent is known now, while the others keep the ghost", () => {
      const some = atlasOf([node("a/a"), node("a/b")], [edge("a/a", "a/b")])
      const { atlas } = mergeAtlas(before, [some])
      expect(lines(atlas.edges)).toEqual(["a/a > a/b", "ghost:1 > a/c"])
      expect(atlas.nodes.filter(({ ghost: is }) => is).map(({ id }) => id)).toEqual(["ghost:1"])
    })

    test("but no model that was there when the ghost was inferred", () => {
      const sibling = atlasOf([node("a/b"), node("a/c")], [edge("a/c", "a/b")])
      expect(lines(mergeAtlas(before, [sibling]).atlas.edges)).toContain("ghost:1 > a/b")
    })

    test("that bore its name", () => {
      const named = atlasOf([node("a/b"), node("a/c"), ghost("a/a")], [edge("a/a", "a/b"), edge("a/a", "a/c", { probability: 0.7 })])
      const some = atlasOf([node("a/a", { revision: ONE }), node("a/b")], [edge("a/a", "a/b", { probability: 0.96 })])
      for (const { atlas } of [mergeAtlas(named, [some]), mergeAtlas(some, [named])]) {
        expect(atlas.nodes.find(({ id }) => id === "a/a")).toMatchObject({ ghost: false, revision: ONE })
        expect(lines(atlas.edges)).toEqual(["a/a > a/b", "a/a > a/c"])
        expect(atlas.edges.find(({ child }) => child === "a/b")?.probability).toBe(0.96)
      }
    })

    test("as one of a merge's parents", () => {
      const half = { relation: "merge", share: 0.5 } as const
      const own = atlasOf([node("a/p"), node("a/m"), ghost("ghost:1")], [edge("a/p", "a/m", half), edge("ghost:1", "a/m", half)])
      const both = atlasOf([node("a/p"), node("a/q"), node("a/m")], [edge("a/p", "a/m", half), edge("a/q", "a/m", half)])
      for (const { atlas } of [mergeAtlas(own, [both]), mergeAtlas(both, [own])])
        expect(lines(atlas.edges)).toEqual(["a/p > a/m", "a/q > a/m"])
      expect(mergeAtlas(own, [own]).atlas.nodes).toHaveLength(3)
    })
  })

  test("changes nothing when the same file comes twice, and finds its way through thousands", () => {
    const file = large(3000)
    const once = mergeAtlas(own, [file])
    const twice = mergeAtlas(own, [file, file])
    expect(lines(twice.atlas.edges)).toEqual(lines(once.atlas.edges))
    expect(twice.atlas.nodes).toEqual(once.atlas.nodes)
    expect(twice.counts).toEqual(once.counts)
    expect(once.atlas.nodes).toHaveLength(3003)
  })
})

describe("reading an atlas file", () => {
  test("takes what the program writes, without what it does not know", () => {
    const text = JSON.stringify({ ...RICH, evil: "<script>", nodes: RICH.nodes.map((one) => ({ ...one, extra: 1, imported: true })) })
    const { nodes, edges } = parseAtlasFile(text)
    expect(nodes).toEqual(RICH.nodes)
    expect(edges).toEqual(RICH.edges)
  })

  const broken: [string, (file: { nodes: unknown[]; edges: unknown[] }) => unknown][] = [
    ["no JSON", () => undefined],
    ["another schema", (file) => ({ ...file, schema: "pedigree/atlas@2" })],
    ["too many nodes", (file) => ({ ...file, nodes: Array.from({ length: 5001 }, (_, index) => node(`a/${index}`)) })],
    ["a node twice", (file) => ({ ...file, nodes: [...file.nodes, node("ACME/base-7b")] })],
    ["a probability over one", (file) => ({ ...file, edges: [{ ...edge("acme/base-7b", "acme/chat-7b"), probability: 2 }] })],
    ["an unknown relation", (file) => ({ ...file, edges: [{ ...edge("acme/base-7b", "acme/chat-7b"), relation: "stolen" }] })],
    ["a time that is none", (file) => ({ ...file, nodes: [{ ...node("a/a"), createdAt: "soon" }] })],
    ["a time out of this world", (file) => ({ ...file, nodes: [{ ...node("a/a"), createdAt: "+275760-09-13T00:00:00.000Z" }] })],
    ["a commit that is none", (file) => ({ ...file, nodes: [{ ...node("a/a"), revision: "main" }] })],
    ["downloads below zero", (file) => ({ ...file, nodes: [{ ...node("a/a"), downloads: -1 }] })],
    ["an array instead", () => []],
    ["a prototype", () => JSON.parse('{"__proto__":{"schema":"pedigree/atlas@1"}}')],
    ...HOSTILE_NAMES.map((id): (typeof broken)[number] => [`the name ${id.slice(0, 30)}`, (file) => ({ ...file, nodes: [node(id)] })]),
  ]
  test.each(broken)("refuses %s with a sentence and advice", (_, change) => {
    const changed = change(structuredClone(RICH) as never)
    const text = changed === undefined ? "{" : JSON.stringify(changed)
    const thrown = (() => {
      try {
        return parseAtlasFile(text)
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(PedigreeError)
    expect(thrown).toMatchObject({
      code: "malformed",
      message: expect.stringMatching(/^The file .*\.$/),
      advice: expect.stringContaining("JSON"),
    })
  })
})
