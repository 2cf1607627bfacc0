import { DirectedGraph } from "graphology"
import type { Relation } from "~src/core/words"

export interface LineageEdge {
  readonly parent: string
  readonly child: string
  readonly relation: Relation
  readonly probability: number
  readonly share: number
  readonly declared: boolean
}

export type LineageGraph = DirectedGraph<Record<string, never>, LineageEdge>

/**
 * The family as a directed acyclic graph. Edges are added by falling probability; one that would close a cycle is left out,
 * so that a doubtful claim can never outweigh a sure one.
 */
export function buildGraph(ids: readonly string[], edges: readonly LineageEdge[]): LineageGraph {
  const graph: LineageGraph = new DirectedGraph()
  for (const id of ids) graph.mergeNode(id)
  addEdges(graph, edges)
  return graph
}

/** Adds edges to those that are there, by the same rule: none that is there gives way. */
export function addEdges(graph: LineageGraph, edges: readonly LineageEdge[]): void {
  const sorted = [...edges].sort((a, b) => b.probability - a.probability || (a.child < b.child ? -1 : 1))
  for (const edge of sorted) {
    if (edge.parent === edge.child || !graph.hasNode(edge.parent) || !graph.hasNode(edge.child)) continue
    if (graph.hasDirectedEdge(edge.parent, edge.child) || reaches(graph, edge.child, edge.parent)) continue
    graph.addDirectedEdge(edge.parent, edge.child, edge)
  }
}

/** True when directed edges lead from one node to another: searched backwards, because models have few ancestors and many heirs. */
function reaches(graph: LineageGraph, from: string, to: string): boolean {
  const seen = new Set([to])
  const stack = [to]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node === from) return true
    for (const next of graph.inNeighbors(node)) {
      if (seen.has(next)) continue
      seen.add(next)
      stack.push(next)
    }
  }
  return false
}

/** Numbers the weakly connected components from 0, the largest first, ties by the smallest id. */
export function numberFamilies(graph: LineageGraph): Map<string, number> {
  const seen = new Set<string>()
  const families: string[][] = []
  for (const start of [...graph.nodes()].sort()) {
    if (seen.has(start)) continue
    const family: string[] = []
    const stack = [start]
    seen.add(start)
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      family.push(node)
      for (const next of graph.neighbors(node)) {
        if (seen.has(next)) continue
        seen.add(next)
        stack.push(next)
      }
    }
    families.push(family)
  }
  families.sort((a, b) => b.length - a.length || ((a[0] as string) < (b[0] as string) ? -1 : 1))
  return new Map(families.flatMap((family, number) => family.map((id) => [id, number] as const)))
}
