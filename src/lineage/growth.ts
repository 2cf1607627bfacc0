import { type Distances, squaredDistance } from "./distance"
import type { Mixture } from "./merge"

export interface GrowthRules {
  readonly distances: Distances
  readonly mixtures: ReadonlyMap<number, Mixture>
  /** Whether b descends from a, seen from a's parent p. */
  readonly heir: (p: number, a: number, b: number) => boolean
}

/**
 * Grows the family tree from a given root: members in the order of their distance from it, each let down from the root to the
 * deepest member it descends from. A member is thus placed by descent, not by nearness, which similar training data can fake.
 * Merges hang below their largest part.
 * @returns the parent of every member but the root
 */
export function growTree(root: number, nodes: readonly number[], rules: GrowthRules): Map<number, number> {
  const { distances, mixtures } = rules
  const parents = new Map<number, number>()
  const children = new Map<number, number[]>([[root, []]])
  const attach = (node: number, parent: number) => {
    parents.set(node, parent)
    children.get(parent)?.push(node)
    children.set(node, [])
  }
  const order = nodes
    .filter((node) => node !== root)
    .sort((a, b) => squaredDistance(distances, root, a) - squaredDistance(distances, root, b) || a - b)
  const waiting: number[] = []
  for (const node of order) {
    const top = mixtures.get(node)?.parts[0]
    if (top === undefined) attach(node, deepest(root, node, nodes, children, rules))
    else if (children.has(top)) attach(node, top)
    else waiting.push(node)
  }
  // A merge nearer to the root than its own part: common for means of siblings.
  for (const node of waiting) {
    const top = mixtures.get(node)?.parts[0] as number
    attach(node, children.has(top) ? top : root)
  }
  return parents
}

function deepest(
  root: number,
  node: number,
  nodes: readonly number[],
  children: ReadonlyMap<number, readonly number[]>,
  rules: GrowthRules,
): number {
  let current = root
  for (;;) {
    let next: number | null = null
    let nearest = Number.POSITIVE_INFINITY
    for (const child of children.get(current) ?? []) {
      const distance = squaredDistance(rules.distances, child, node)
      if (distance < nearest && accepts(current, child, node, nodes, rules)) {
        next = child
        nearest = distance
      }
    }
    if (next === null) return current
    current = next
  }
}

function accepts(
  parent: number,
  child: number,
  node: number,
  nodes: readonly number[],
  { distances, mixtures, heir }: GrowthRules,
): boolean {
  const mixture = mixtures.get(child)
  if (!mixture) return heir(parent, child, node)
  if (mixture.parts.includes(node) || !mixture.parts.every((part) => heir(part, child, node))) return false
  // A mean lies near everything around it: only what is nearer to it than to any plain member is its child.
  const own = squaredDistance(distances, child, node)
  return nodes.every((other) => other === node || mixtures.has(other) || squaredDistance(distances, other, node) >= own)
}
