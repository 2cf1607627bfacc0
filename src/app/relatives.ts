import type { Relation } from "~src/core/words"
import type { AtlasReport, LineageReport, Neighbour } from "./report"

/** A member of the family beside its parents. */
export interface Relative {
  readonly id: string
  readonly kin: "child" | "descendant" | "ancestor" | "sibling" | "relative"
  /** How a child was made from the model; null for others. */
  readonly relation: Relation | null
  readonly probability: number | null
  /** How far its typical matrix differs, relative to its size; null where that is not known. */
  readonly update: number | null
}

/**
 * The models found that descend from this one, and those whose weights lie nearest to it, with how they are related.
 * @param known further ones, of earlier visits
 */
export function relatives(
  { model, parents, ...report }: LineageReport,
  family: AtlasReport | null,
  known: readonly Neighbour[] = [],
): Relative[] {
  const own = report.near ?? []
  const near = [...own, ...known.filter(({ id }) => !own.some((one) => one.id === id))]
  const edges = family?.edges ?? []
  const children = new Map(edges.filter(({ parent }) => parent === model).map((edge) => [edge.child, edge]))
  const below = reach(model, (id) => edges.filter(({ parent }) => parent === id).map(({ child }) => child))
  const above = reach(model, (id) => edges.filter(({ child }) => child === id).map(({ parent }) => parent))
  const mine = new Set(edges.filter(({ child }) => child === model).map(({ parent }) => parent))
  const isSibling = (id: string) => edges.some(({ parent, child }) => child === id && mine.has(parent))
  const named = new Set([model, ...parents.map(({ id }) => id)])
  const updates = new Map(near.map(({ id, update }) => [id, update]))
  const ids = new Set([...children.keys(), ...near.map(({ id }) => id)].filter((id) => !named.has(id)))
  return [...ids].map((id) => {
    const child = children.get(id)
    const kin = child ? "child" : below.has(id) ? "descendant" : above.has(id) ? "ancestor" : isSibling(id) ? "sibling" : "relative"
    return { id, kin, relation: child?.relation ?? null, probability: child?.probability ?? null, update: updates.get(id) ?? null }
  })
}

/** Everything that steps lead to; families declared in circles end as well. */
function reach(from: string, step: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>()
  const queue = [from]
  for (let id = queue.pop(); id !== undefined; id = queue.pop())
    for (const next of step(id)) {
      if (found.has(next)) continue
      found.add(next)
      queue.push(next)
    }
  return found
}
