import type { AtlasEdge } from "~src/app/report"
import type { ShownNode } from "./shown"

/**
 * Generations by longest path (Kahn's order), and the edges that are sound: both ends known, not to itself, closing no cycle.
 * A sound report has no others; in a damaged one a cycle is cut where it is entered, and nothing hangs.
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
  const placed = new Set(free)
  const edges: AtlasEdge[] = []
  /** Nodes that a placed parent leads to: where a cycle is entered, first come first. */
  const entered: string[] = []
  const rest = nodes.map(({ id }) => id)
  const cut = (list: string[]): string | undefined => {
    while (list.length > 0) {
      const id = list.shift() as string
      if (!placed.has(id)) return id
    }
    return undefined
  }
  for (let index = 0; ; index++) {
    if (index === free.length) {
      const next = free.length < nodes.length ? (cut(entered) ?? cut(rest)) : undefined
      if (next === undefined) break
      placed.add(next)
      free.push(next)
    }
    const parent = free[index] as string
    const generation = generations.get(parent) ?? 0
    generations.set(parent, generation)
    for (const edge of children.get(parent) ?? []) {
      // A placed child was cut loose before: this edge would close the cycle.
      if (placed.has(edge.child)) continue
      edges.push(edge)
      generations.set(edge.child, Math.max(generations.get(edge.child) ?? 0, generation + 1))
      const left = (waiting.get(edge.child) ?? 0) - 1
      waiting.set(edge.child, left)
      entered.push(edge.child)
      if (left > 0) continue
      placed.add(edge.child)
      free.push(edge.child)
    }
  }
  return { edges, generations }
}
