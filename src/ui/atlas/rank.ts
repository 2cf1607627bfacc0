import type { AtlasEdge } from "~src/app/report"
import type { ShownNode } from "./shown"

/**
 * Generations by longest path (Kahn's order), and the edges that are sound: both ends known, not to itself, not on a cycle.
 * A sound report has no others; a damaged one must not hang the drawing.
 */
export function ranked(nodes: readonly ShownNode[], all: readonly AtlasEdge[]): { edges: AtlasEdge[]; generations: Map<string, number> } {
  const waiting = new Map(nodes.map((node) => [node.id, 0]))
  const children = new Map<string, AtlasEdge[]>(nodes.map((node) => [node.id, []]))
  for (const edge of all) {
    if (edge.parent === edge.child || !waiting.has(edge.parent) || !waiting.has(edge.child)) continue
    waiting.set(edge.child, (waiting.get(edge.child) ?? 0) + 1)
    children.get(edge.parent)?.push(edge)
  }
  const generations = new Map<string, number>()
  const free = nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id)
  for (const id of free) generations.set(id, 0)
  const edges: AtlasEdge[] = []
  // The list grows while it is walked.
  for (const next of free) {
    for (const edge of children.get(next) ?? []) {
      edges.push(edge)
      generations.set(edge.child, Math.max(generations.get(edge.child) ?? 0, (generations.get(next) ?? 0) + 1))
      const left = (waiting.get(edge.child) ?? 0) - 1
      waiting.set(edge.child, left)
      if (left === 0) free.push(edge.child)
    }
  }
  return { edges: edges.filter((edge) => waiting.get(edge.child) === 0), generations }
}
