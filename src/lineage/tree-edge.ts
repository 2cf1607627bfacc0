import type { DirectionBasis } from "~src/core/words"
import type { PlacedEdge } from "./placement/place"
import type { FamilyEdge } from "./types"

/**
 * An arrow of the tree, with what its direction rests on.
 * @param times upload times in milliseconds by member, null where unknown
 */
export function treeEdge(edge: PlacedEdge, times: readonly (number | null)[]): FamilyEdge {
  const { parent, child, attachment, direction } = edge
  return { parent, child, kind: "tree", share: 1, attachment, direction, basis: basisOf(edge, times) }
}

function basisOf(edge: PlacedEdge, times: readonly (number | null)[]): DirectionBasis[] {
  const basis: DirectionBasis[] = []
  if (edge.cues.information > 1) basis.push("information")
  const [before, after] = [times[edge.parent] ?? null, times[edge.child] ?? null]
  if (before !== null && after !== null && before < after) basis.push("time")
  if (edge.geometry > 0.6) basis.push("geometry")
  if (edge.cues.weights > 0.2) basis.push("weights")
  if (edge.cues.files > 0.2) basis.push("files")
  return basis
}
