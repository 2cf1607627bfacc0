import { type Distances, innerProduct, squaredDistance } from "./distance"
import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import type { PairEvidence, TensorEvidence } from "./types"

/** Share of its parent's own step that an heir carries at least. */
const CARRIED = 0.8
/** What of a's step is missing from b, relative to what of b's is missing from a: near 0 for an heir, 1 for a sibling. */
const MISSING = 0.3
/** Going much further the same way is a longer run of the same training, not descent. */
const OVERSHOOT = -0.3
/** Training on goes nearly at right angles to the parent's own step: cosine at most this. */
const ONWARD = 0.3
/** How far a named parent shifts the three bars: a card is a hint, weights that clearly disagree outweigh it. */
const NAMED = 0.5
/** A step this small beside the whole way (squared) is lost in what siblings share. */
const FAINT = 0.02
/** Changed elements that must agree: a few can by rounding, since 16-bit values have few neighbours. */
const KEPT_ELEMENTS = 32
/** 1 - cos^2 below this is rescaling: weight decay shrinks tensors without gradient alike everywhere. */
const RESCALED = 1e-6

/**
 * Does b descend from a, seen from p? With u = a - p and v = b - p, an heir carries u whole, <u, v> / <u, u> = 1, while a does
 * not carry v; siblings each miss as much of the other, however similar their data made them. Inner products come from
 * squared distances alone.
 * @param hint what else is known, from +1 (b's card or config names a) to -1 (it names p); 0 when nothing is
 */
export function descends(distances: Distances, p: number, a: number, b: number, hint: number): boolean {
  const [own, whole] = [squaredDistance(distances, p, a), squaredDistance(distances, p, b)]
  if (!(own > 0) || !(whole > 0) || !Number.isFinite(own + whole + squaredDistance(distances, a, b))) return false
  const shared = innerProduct(distances, p, a, b)
  const forth = shared / own
  const missing = (1 - forth) / Math.max(1 - shared / whole, 1e-3)
  const ease = NAMED * hint
  if (own < FAINT * whole && hint <= 0) return false
  const onward = (shared - own) / Math.sqrt(own * Math.max(squaredDistance(distances, a, b), 1e-12 * whole))
  if (Math.abs(onward) > ONWARD && hint <= 0) return false
  // Going further than a named parent did is what continued training does.
  const overshoots = hint <= 0 && missing < OVERSHOOT - ease
  return forth >= CARRIED - ease && missing <= MISSING + ease && !overshoots
}

/** True when b has a tensor bit for bit as a has it after training changed it: chance and common data do not do that. */
export function keepsExactly(own: PairEvidence, step: PairEvidence): boolean {
  const key = (tensor: TensorEvidence) => `${tensor.role}|${tensor.layer ?? ""}`
  const same = new Set(step.tensors.filter((tensor) => tensor.squareDelta === 0).map(key))
  return own.tensors.some((tensor) => {
    if (isHeadOrEmbedding(tensor.role) || isDataStatistic(tensor.role) || !same.has(key(tensor))) return false
    const changed = tensor.rows * tensor.cols - tensor.equal
    return changed >= KEPT_ELEMENTS && 1 - tensor.dot ** 2 / (tensor.squareA * tensor.squareB) > RESCALED
  })
}
