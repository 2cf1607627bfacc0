import { type Distances, squaredDistance } from "./distance"

/** An undirected edge of the family's skeleton. */
export type Link = readonly [number, number]

/**
 * Minimum spanning forest on squared distances (Kruskal 1956). Independent updates make squared distances additive along the
 * family tree, so the forest is the tree without its arrows (docs/engine.md).
 */
export function minimumForest(distances: Distances, nodes: readonly number[]): Link[] {
  const parent = new Map(nodes.map((node) => [node, node]))
  const find = (node: number): number => {
    let root = node
    while (parent.get(root) !== root) root = parent.get(root) as number
    let walk = node
    while (parent.get(walk) !== root) {
      const next = parent.get(walk) as number
      parent.set(walk, root)
      walk = next
    }
    return root
  }
  const links: Link[] = []
  const join = ([i, j]: Link) => {
    const [a, b] = [find(i), find(j)]
    if (a === b) return
    parent.set(a, b)
    links.push([i, j])
  }
  const rest: Link[] = []
  for (const [n, i] of nodes.entries())
    for (const j of nodes.slice(n + 1)) if (Number.isFinite(squaredDistance(distances, i, j))) rest.push([i, j])
  rest.sort(([a, b], [c, d]) => squaredDistance(distances, a, b) - squaredDistance(distances, c, d) || a - c || b - d)
  for (const link of rest) join(link)
  return links
}

/** Connected components of `nodes` under `links`, each in ascending order. */
export function components(nodes: readonly number[], links: readonly Link[]): number[][] {
  const neighbours = adjacency(nodes, links)
  const seen = new Set<number>()
  const found: number[][] = []
  for (const start of nodes) {
    if (seen.has(start)) continue
    const component: number[] = []
    const stack = [start]
    seen.add(start)
    while (stack.length > 0) {
      const node = stack.pop() as number
      component.push(node)
      for (const next of neighbours.get(node) ?? []) {
        if (seen.has(next)) continue
        seen.add(next)
        stack.push(next)
      }
    }
    found.push(component.sort((a, b) => a - b))
  }
  return found
}

function adjacency(nodes: readonly number[], links: readonly Link[]): Map<number, number[]> {
  const neighbours = new Map<number, number[]>(nodes.map((node) => [node, []]))
  for (const [i, j] of links) {
    neighbours.get(i)?.push(j)
    neighbours.get(j)?.push(i)
  }
  return neighbours
}
