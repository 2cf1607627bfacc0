import { median } from "~src/core/median"
import type { Distances } from "./distance"
import { type MergeContext, type Mixture, ranked } from "./merge"
import { pooledDistances, tensorProducts } from "./part-search"
import {
  basesOf,
  type Collected,
  changesOf,
  collect,
  differences,
  ELEMENTS,
  explainedBy,
  isMixed,
  isSpread,
  type SelectedPart,
} from "./selection-merge"
import { thinned, type WeightSample } from "./weight-sample"

/** Share of the typical tensor's elements that must stand as in the base although the parts clearly changed them. */
const KEPT = 0.03
/** Units of rounding from which on two values are clearly different. */
const CLEAR = 16
/** Share of the changed elements that the parts must explain at least, and that they must leave. */
const SHOWN = 0.1
const LEFT = 0.1
/** A tensor tells of a part by so many changed elements; and share of such tensors in which the part must show. */
const TELLING = 10
const THROUGHOUT = 0.9
/** Coefficients nearer than this are the same. */
const SAME = 0.02
/** Share of another model's changed elements that a base's are at most, to be told from it. */
const MORE = 0.9
/** Cosine of what is left with a model's task vector from which on that model may be the other part, mixed in some way not understood. */
const LIKE = 0.98

interface Selected extends Pick<Collected, "changes" | "parts"> {
  readonly base: number
  /** Changes that the parts do not explain, by their places among the changes. */
  readonly rest: readonly number[]
}

/**
 * Merges that took some elements of a model that was read and others of one that was not (TIES, DARE, breadcrumbs): x is the base's in some
 * elements although the part changed them, in others it carries the part's change times one number to the last bits, tensor after tensor,
 * and the rest is neither. Training, noise and casts change every element; a child trained in part alone leaves none as the base has it
 * where its parent had changed it.
 * @param merges models whose parts are all known
 */
export function findPartialSelections(
  whole: WeightSample,
  context: MergeContext,
  merges: ReadonlyMap<number, Mixture>,
): { x: number; mixture: Mixture }[] {
  const sample = thinned(whole, ELEMENTS)
  const plain = sample.values.map((_, n) => n).filter((n) => !merges.has(n))
  const distances = pooledDistances(tensorProducts(sample))
  const search = (x: number, among: readonly number[]) => partialsOf(sample, context, distances, x, among)
  const likely = plain.filter((x) => search(x, plain).length > 0)
  // Another merge with the absent part bears its elements as well, and is no part.
  const parts = plain.filter((n) => !likely.includes(n))
  return likely.flatMap((x) => {
    const [best] = search(x, parts).sort((a, b) => a.changes.places.length - b.changes.places.length)
    return best?.parts.every((part) => isBelow(sample, context, x, best, part)) ? [{ x, mixture: toMixture(best) }] : []
  })
}

function partialsOf(sample: WeightSample, context: MergeContext, distances: Distances, x: number, plain: readonly number[]): Selected[] {
  const own = context.times[x] ?? Number.POSITIVE_INFINITY
  return basesOf(sample, context, x, plain).flatMap((base) => {
    // Most models have nothing in common with the base to the bit, and are done with here.
    const collected = keptOf(sample, x, base, []) < KEPT ? null : collect(sample, x, base, plain, distances)
    const parts = collected ? withoutStandIns(collected) : []
    const isOlder = [base, ...parts.map(({ i }) => i)].every((i) => (context.times[i] ?? own) <= own)
    if (!collected || parts.length === 0 || !isOlder) return []
    const selected = { changes: collected.changes, parts, base, rest: unexplained(collected.changes, parts) }
    return isPartial(sample, x, selected) ? [selected] : []
  })
}

/**
 * Whether the part is the part and the base the base: where the coefficient is one, either may be. The older one is the base; without dates
 * the more central one, if clearly more elements stand as in it, as where a merge leaves small changes out (TIES).
 */
function isBelow(
  sample: WeightSample,
  { times, centre }: MergeContext,
  x: number,
  { base, changes }: Selected,
  part: SelectedPart,
): boolean {
  if (Math.abs(part.coefficient - 1) > SAME) return true
  const [before, after] = [times[base] ?? null, times[part.i] ?? null]
  if (before !== null && after !== null) return before <= after
  return centre.indexOf(base) < centre.indexOf(part.i) && changes.places.length < MORE * changesOf(sample, x, part.i).places.length
}

/**
 * Without models that only stand in for the absent part: where they have it unchanged, though a part shows in all tensors that it changed,
 * or mixed with a part that is known, with a coefficient of its own.
 */
function withoutStandIns({ changes, parts }: Collected): SelectedPart[] {
  const [main] = parts.map(({ coefficient }) => coefficient)
  return parts.filter(({ vector, hits, coefficient }) => {
    if (Math.abs(coefficient - (main as number)) > SAME * (main as number)) return false
    const told = new Map<number, number>()
    for (const n of changes.change.keys())
      if (Math.abs(vector[n] as number) > CLEAR * (changes.noise[n] as number))
        told.set(changes.tensor[n] as number, (told.get(changes.tensor[n] as number) ?? 0) + 1)
    const tensors = [...told].filter(([, count]) => count >= TELLING).map(([tensor]) => tensor)
    const shown = new Set(hits.map((n) => changes.tensor[n]))
    return tensors.filter((tensor) => shown.has(tensor)).length >= THROUGHOUT * tensors.length
  })
}

/** What the parts leave, added or averaged where they meet, whichever explains more. */
function unexplained(changes: Collected["changes"], parts: readonly SelectedPart[]): number[] {
  const [added, averaged] = [false, true].map((mean) => {
    const explains = explainedBy(changes, parts, mean)
    return [...changes.change.keys()].filter((n) => !explains(n))
  }) as [number[], number[]]
  return averaged.length < added.length ? averaged : added
}

function isPartial(sample: WeightSample, x: number, selected: Selected): boolean {
  const { base, changes, parts, rest } = selected
  const left = rest.length / changes.places.length
  const sources = parts.map(({ i }) => i)
  return (
    left >= LEFT &&
    1 - left >= SHOWN &&
    keptOf(sample, x, base, sources) >= KEPT &&
    isSpread(changes, rest) &&
    isMixed(sample, x, [base, ...sources]) &&
    sample.values.every((_, i) => i === x || i === base || cosineOf(sample, selected, i) < LIKE)
  )
}

/** Share of the elements of the typical tensor that x has as the base although all of these models clearly changed them. */
function keptOf({ values, tensors }: WeightSample, x: number, base: number, parts: readonly number[]): number {
  const [own, start] = [values[x] as Float64Array, values[base] as Float64Array]
  const shares = tensors.map(({ from, to, rounding }) => {
    let kept = 0
    for (let e = from; e < to; e++) {
      const value = start[e] as number
      if (own[e] !== value) continue
      const isClear = (i: number) =>
        Math.abs(((values[i] as Float64Array)[e] as number) - value) > CLEAR * (rounding[i] as number) * Math.abs(value)
      if (parts.every(isClear)) kept += 1
    }
    return kept / (to - from)
  })
  return median(shares) ?? 0
}

/** Cosine of the unexplained changes with a model's task vector. */
function cosineOf(sample: WeightSample, { base, changes, rest }: Selected, i: number): number {
  const places = rest.map((n) => changes.places[n] as number)
  const vector = differences(sample, places, i, base)
  let [dot, own, other] = [0, 0, 0]
  for (const [k, n] of rest.entries()) {
    const [change, step] = [changes.change[n] as number, vector[k] as number]
    dot += change * step
    own += change ** 2
    other += step ** 2
  }
  return own * other > 0 ? dot / Math.sqrt(own * other) : 0
}

/** The absent part is taken to weigh as much as each of the others: nothing says otherwise. */
function toMixture({ base, parts, changes, rest }: Selected): Mixture {
  const absent = 1 / (parts.length + 1)
  const mixture = ranked({
    parts: parts.map(({ i }) => i),
    weights: parts.map(({ coefficient }) => coefficient),
    fit: { method: "selection", residual: rest.length / changes.places.length, absent },
    base,
  })
  return { ...mixture, shares: mixture.shares.map((share) => share * (1 - absent)) }
}
