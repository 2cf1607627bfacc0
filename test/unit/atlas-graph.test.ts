import fc from "fast-check"
import { expect, it } from "vitest"
import { buildGraph, type LineageEdge, numberFamilies } from "~src/atlas/graph"

const edge = (parent: string, child: string, probability = 0.9): LineageEdge => ({
  ...{ parent, child, probability, relation: "finetune", share: 1, declared: false },
})
const IDS = ["a", "b", "c", "d", "e", "f", "g", "h"]
const anyEdges = fc.array(
  fc
    .record({ parent: fc.constantFrom(...IDS), child: fc.constantFrom(...IDS), probability: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map((one) => edge(one.parent, one.child, one.probability)),
  { maxLength: 30 },
)

/** Kahn's algorithm: everything can be taken away leaf by leaf only if there is no cycle. */
function isAcyclic(graph: ReturnType<typeof buildGraph>): boolean {
  const rest = graph.copy()
  for (let free = rest.nodes(); free.length > 0; ) {
    free = rest.nodes().filter((node) => rest.inDegree(node) === 0)
    for (const node of free) rest.dropNode(node)
  }
  return rest.order === 0
}

it("has no cycle, whatever is claimed, and keeps the claims that close none", () => {
  fc.assert(
    fc.property(anyEdges, (edges) => {
      const graph = buildGraph(IDS, edges)
      expect(isAcyclic(graph)).toBe(true)
      expect(graph.nodes().sort()).toEqual(IDS)
      const surest = [...edges].filter(({ parent, child }) => parent !== child).sort((a, b) => b.probability - a.probability)
      const [first, second] = surest
      if (first && first.probability > (second?.probability ?? -1)) expect(graph.hasDirectedEdge(first.parent, first.child)).toBe(true)
      const forward = edges.filter(({ parent, child }) => parent < child)
      const all = buildGraph(IDS, forward)
      for (const { parent, child } of forward) expect(all.hasDirectedEdge(parent, child)).toBe(true)
    }),
  )
})

it("gives way at the least sure edge of a cycle", () => {
  const graph = buildGraph(["a", "b", "c"], [edge("c", "a", 0.6), edge("a", "b", 0.9), edge("b", "c", 0.8)])
  expect([graph.hasDirectedEdge("a", "b"), graph.hasDirectedEdge("b", "c"), graph.hasDirectedEdge("c", "a")]).toEqual([true, true, false])
})

it("ignores edges to models that are not in it", () => {
  expect(buildGraph(["a"], [edge("a", "elsewhere"), edge("__proto__", "a")]).size).toBe(0)
})

it("numbers families by size, then by name, in any order of nodes and edges", () => {
  const ids = ["z", "b", "y", "a", "x", "lone"]
  const edges = [edge("x", "z"), edge("y", "z"), edge("b", "a")]
  const numbers = numberFamilies(buildGraph(ids, edges))
  expect(Object.fromEntries(numbers)).toEqual({ x: 0, y: 0, z: 0, a: 1, b: 1, lone: 2 })
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ids, { minLength: ids.length }),
      fc.shuffledSubarray(edges, { minLength: edges.length }),
      (someIds, someEdges) => {
        expect(new Map([...numberFamilies(buildGraph(someIds, someEdges))].sort())).toEqual(new Map([...numbers].sort()))
      },
    ),
  )
})
