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
  /** Where one can step down to from each member; merges are reached from their parts' parent, whose step they carry in part. */
  const below = new Map<number, number[]>([[root, []]])
  const attach = (node: number, parent: number, from: number) => {
    parents.set(node, parent)
    below.get(from)?.push(node)
    below.set(node, [])
  }
  const place = (node: number) => {
    const top = mixtures.get(node)?.parts[0]
    if (top === undefined) {
      const parent = deepest(root, node, below, rules)
      attach(node, parent, parent)
    } else attach(node, below.has(top) ? top : root, parents.get(top) ?? root)
  }
  const order = nodes
    .filter((node) => node !== root)
    .sort((a, b) => squaredDistance(distances, root, a) - squaredDistance(distances, root, b) || a - b)
  // A mean of siblings is nearer to the root than they are, and yet made from them.
  const due = order.map((node) => ({
    node,
    after: Math.max(...[node, ...(mixtures.get(node)?.parts ?? [])].map((part) => order.indexOf(part))),
  }))
  due.sort((a, b) => a.after - b.after || Number(mixtures.has(a.node)) - Number(mixtures.has(b.node)))
  for (const { node } of due) place(node)
  return parents
}

function deepest(
  root: number,
  node: number,
  below: ReadonlyMap<number, readonly number[]>,
  { distances, mixtures, heir }: GrowthRules,
): number {
  let current = root
  for (;;) {
    let next: number | null = null
    let nearest = Number.POSITIVE_INFINITY
    for (const child of below.get(current) ?? []) {
      const made = mixtures.get(child)
      const distance = squaredDistance(distances, child, node)
      if (distance >= nearest || made?.kind === "edit" || made?.parts.includes(node) || !heir(current, child, node)) continue
      next = child
      nearest = distance
    }
    if (next === null) return current
    current = next
  }
}
