import { perObject } from "~src/core/per-object"
import { slabKey } from "~src/fingerprint/slabs"
import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import type { Evidences, PairEvidence } from "./types"

/** Changed elements that must agree: a few can by rounding, since 16-bit values have few neighbours. */
const KEPT_ELEMENTS = 32
/** 1 - cos^2 below this is rescaling: weight decay shrinks tensors without gradient alike everywhere. */
const RESCALED = 1e-6

/** Body tensors that a pair has in common bit for bit. */
const unchanged = perObject(
  ({ tensors }: PairEvidence) =>
    new Set(
      tensors.flatMap((tensor) =>
        tensor.squareDelta === 0 && !isHeadOrEmbedding(tensor.role) && !isDataStatistic(tensor.role) ? [slabKey(tensor)] : [],
      ),
    ),
)

/** Whether b has a tensor bit for bit as a has it after training changed it from p: chance and common data do not do that. */
export function keptBy(evidence: Evidences): (p: number, a: number, b: number) => boolean {
  return (p, a, b) => {
    const [own, step] = [evidence(p, a), evidence(a, b)]
    return own !== undefined && step !== undefined && keepsExactly(own, step)
  }
}

function keepsExactly(own: PairEvidence, step: PairEvidence): boolean {
  const same = unchanged(step)
  if (same.size === 0) return false
  return own.tensors.some((tensor) => {
    if (!same.has(slabKey(tensor))) return false
    const changed = tensor.rows * tensor.cols - tensor.equal
    return changed >= KEPT_ELEMENTS && 1 - tensor.dot ** 2 / (tensor.squareA * tensor.squareB) > RESCALED
  })
}
