import { type Distances, squaredDistance } from "./distance"
import type { Mixture } from "./merge"
import type { PlacedEdge } from "./rooting"

export interface AttachmentInput {
  readonly distances: Distances
  readonly nodes: readonly number[]
  readonly edges: readonly PlacedEdge[]
  readonly mixtures: ReadonlyMap<number, Mixture>
  /** Whether a member's card or config names another. */
  readonly named: (node: number, other: number) => boolean
}

/**
 * Probability that an edge's parent is the direct one rather than another member: from how much nearer it is than the nearest
 * member that could be the parent as well, and from what the card says. Measured on development families (docs/engine.md).
 */
export function attachment(input: AttachmentInput, { parent, child }: PlacedEdge): number {
  const { distances, nodes, mixtures, named } = input
  const below = descendants(input, child)
  const own = squaredDistance(distances, parent, child)
  let other = Number.POSITIVE_INFINITY
  // Edited members are leaves, and no rivals.
  const rivals = nodes.filter((node) => node !== parent && !below.has(node) && mixtures.get(node)?.kind !== "edit")
  for (const node of rivals) other = Math.min(other, squaredDistance(distances, node, child))
  const margin = own > 0 ? other / own - 1 : 1
  const wrong = margin < 0 ? OVERRULED : CLOSE * Math.exp(-margin / MARGIN)
  if (named(child, parent)) return 1 - NAMED * wrong
  return 1 - (nodes.some((node) => !below.has(node) && named(child, node)) ? Math.min(MOST, CONTESTED * wrong) : wrong)
}

/** Not the nearest: the test of descent overruled nearness. */
const OVERRULED = 0.22
/** As near as a rival; the doubt falls as the parent is nearer. */
const CLOSE = 0.2
const MARGIN = 1 / 15
/** What becomes of the doubt where the card names the parent, and where it names another member: then the weights must be clear. */
const NAMED = 0.2
const CONTESTED = 4
/** However doubtful, it is the best guess. */
const MOST = 0.9

/** The child and everything made from it, merges included. */
function descendants({ edges, mixtures }: AttachmentInput, child: number): Set<number> {
  const below = new Set([child])
  for (let grown = true; grown; ) {
    grown = false
    const add = (node: number) => {
      if (below.has(node)) return
      below.add(node)
      grown = true
    }
    for (const edge of edges) if (below.has(edge.parent)) add(edge.child)
    for (const [made, { parts }] of mixtures) if (parts.some((part) => below.has(part))) add(made)
  }
  return below
}
