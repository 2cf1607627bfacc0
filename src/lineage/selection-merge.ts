import { median } from "~src/core/median"
import { type Distances, innerProduct, squaredDistance } from "./distance"
import type { MergeContext, Mixture } from "./merge"
import { accept, isTooOld, ranked } from "./merge"
import { pooledDistances, tensorProducts } from "./part-search"
import { thinned, type WeightSample } from "./weight-sample"

/**
 * Merges that take some elements of each task vector and none of others: TIES (Yadav et al. 2023), DARE (Yu et al. 2024), model
 * breadcrumbs (Davari and Belilovsky 2024). Element by element, x - base is then one of a few values: zero, c_i u_i of one part, or the sum
 * or mean of several, with the same coefficients c_i everywhere. So the ratio (x - base) / u_i piles up at one number for a part, and
 * spreads smoothly for any other model.
 * @param merges those found to be put together exactly: they are explained and no parts of others
 * @returns these and the new ones
 */
export function findSelections(whole: WeightSample, context: MergeContext, merges: ReadonlyMap<number, Mixture>): Map<number, Mixture> {
  const found: { x: number; selection: Selection; mixture: Mixture }[] = []
  const sample = thinned(whole, ELEMENTS)
  const plain = sample.values.map((_, n) => n).filter((n) => !merges.has(n))
  const distances = pooledDistances(tensorProducts(sample))
  for (const x of plain) {
    let best: Selection | null = null
    for (const base of basesOf(sample, context, x, plain)) {
      const selection = select(sample, x, base, plain, distances)
      if (selection && (best === null || isLikelier(selection, best, context.centre))) best = selection
    }
    if (best) found.push({ x, selection: best, mixture: toMixture(best) })
  }
  const old = ({ x, mixture }: { x: number; mixture: Mixture }) => Number(isTooOld(context.times, x, mixture))
  return accept(
    found.sort((a, b) => old(a) - old(b) || b.selection.explained - a.selection.explained),
    merges,
  )
}

/** Weights looked at: a part that three in a hundred stand in alone shows in sixty of these. */
export const ELEMENTS = 2_048
/** Bases tried: those x has most elements in common with, and the most central ones. */
const ALIKE = 5
/** Share of all elements that must be equal for it; float32 has none by chance. */
const EQUAL = 0.02
const CENTRAL = 1
/** Parts at most. */
const PARTS = 4
/** Equal elements that make a tensor another model's. */
const WHOLE = 0.95
/** Cosine with the change that the largest part's task vector has at least; it is the root of the share of its elements that were kept. */
const ALONG = 0.15
/** Share of changed elements that must be explained in the end. */
const EXPLAINED = 0.97
/** Share of the changed elements that must stand in one part alone, and share of the tensors these must lie in. */
const ALONE = 0.03
const SPREAD = 0.5
const COEFFICIENTS = [0.1, 8] as const
/** Widths of a bin of ratios, as natural logarithms: fine ones for float32, coarse ones where rounding blurs the ratios. */
const BINS = [0.002, 0.02, 0.1]
/** An element tells its ratio when rounding changes it by less than this part of a bin. */
const BLUR = 0.5
/** A pile holds this many times what its neighbours hold, and at least so many elements. */
const PILE = 2.5
const LEAST = 24
const ROUNDED = 4

/**
 * A model that took its elements from the same parts would do for a base as well, at the price of one part more. Of a base and a part beside
 * it that could change places, the more central one is the base.
 */
function isLikelier(a: Selection, b: Selection, centre: readonly number[]): boolean {
  if (a.parts.length !== b.parts.length) return a.parts.length < b.parts.length
  if (Math.abs(a.explained - b.explained) > 1 - EXPLAINED) return a.explained > b.explained
  return centre.indexOf(a.base) < centre.indexOf(b.base)
}

interface Selection {
  readonly base: number
  readonly parts: readonly number[]
  readonly coefficients: readonly number[]
  /** Parts that meet in an element are averaged (TIES), not added. */
  readonly averaged: boolean
  readonly explained: number
}

export interface Changes {
  /** x - base, its rounding and its tensor, for the elements where they differ. */
  readonly places: readonly number[]
  readonly change: Float64Array
  readonly noise: Float64Array
  readonly tensor: Int32Array
  readonly tensors: number
}

export function basesOf({ values }: WeightSample, { centre }: MergeContext, x: number, plain: readonly number[]): number[] {
  const own = values[x] as Float64Array
  const alike = plain
    .filter((i) => i !== x)
    .map((i) => ({ i, equal: equalCount(own, values[i] as Float64Array) }))
    .filter(({ equal }) => equal > EQUAL * own.length)
    .sort((a, b) => b.equal - a.equal)
    .slice(0, ALIKE)
    .map(({ i }) => i)
  return [...new Set([...alike, ...centre.filter((i) => i !== x && plain.includes(i)).slice(0, CENTRAL)])]
}

function equalCount(a: Float64Array, b: Float64Array): number {
  let count = 0
  for (let e = 0; e < a.length; e++) if (a[e] === b[e]) count++
  return count
}

function select(sample: WeightSample, x: number, base: number, plain: readonly number[], distances: Distances): Selection | null {
  const found = collect(sample, x, base, plain, distances)
  if (!found?.complete || !isMixed(sample, x, [base, ...found.parts.map(({ i }) => i)])) return null
  return {
    base,
    parts: found.parts.map(({ i }) => i),
    coefficients: found.parts.map(({ coefficient }) => coefficient),
    ...found.complete,
  }
}

export interface SelectedPart {
  readonly i: number
  /** i - base where x was changed. */
  readonly vector: Float64Array
  readonly coefficient: number
  /** Changes that it explains alone. */
  readonly hits: readonly number[]
}

export interface Collected {
  readonly changes: Changes
  readonly parts: readonly SelectedPart[]
  /** Where several parts explain nearly all changes. */
  readonly complete: Pick<Selection, "averaged" | "explained"> | null
}

/** Parts of x, found one by one until nearly all changes are explained or no further one shows; null where too little was changed to tell. */
export function collect(sample: WeightSample, x: number, base: number, plain: readonly number[], distances: Distances): Collected | null {
  const changes = changesOf(sample, x, base)
  const count = changes.places.length
  if (count < 4 * LEAST) return null
  const vector = (i: number) => differences(sample, changes.places, i, base)
  const cosine = (i: number) =>
    innerProduct(distances, base, x, i) / Math.sqrt(squaredDistance(distances, base, x) * squaredDistance(distances, base, i) || 1)
  const likely = plain.filter((i) => i !== x && i !== base && cosine(i) > ALONG).map((i) => ({ i, vector: vector(i) }))
  let others: typeof likely | null = null
  const parts: SelectedPart[] = []
  let left = changes.places.map((_, n) => n)
  while (parts.length < PARTS) {
    let best: SelectedPart | null = null
    // A small part's task vector may be lost in the change beside a large one, and shows where that one was left out.
    if (parts.length > 0) others ??= plain.filter((i) => i !== x && i !== base).map((i) => ({ i, vector: vector(i) }))
    for (const { i, vector } of others ?? likely) {
      if (parts.some((part) => part.i === i)) continue
      const pile = pileOf(changes, vector, left)
      if (pile && pile.hits.length > (best?.hits.length ?? ALONE * count) && isSpread(changes, pile.hits)) best = { i, vector, ...pile }
    }
    if (!best) break
    parts.push(best)
    const gone = new Set(best.hits)
    left = left.filter((n) => !gone.has(n))
    if (parts.length < 2) continue
    for (const averaged of [true, false]) {
      const explains = explainedBy(changes, parts, averaged)
      let rest = 0
      for (let n = 0; n < count; n++) if (!explains(n)) rest++
      if (rest < (1 - EXPLAINED) * count) return { changes, parts, complete: { averaged, explained: 1 - rest / count } }
    }
  }
  return { changes, parts, complete: null }
}

export function differences({ values }: WeightSample, places: readonly number[], i: number, base: number): Float64Array {
  const [own, start] = [values[i] as Float64Array, values[base] as Float64Array]
  const found = new Float64Array(places.length)
  for (let n = 0; n < places.length; n++) {
    const e = places[n] as number
    found[n] = (own[e] as number) - (start[e] as number)
  }
  return found
}

export function changesOf({ values, tensors }: WeightSample, x: number, base: number): Changes {
  const [own, start] = [values[x] as Float64Array, values[base] as Float64Array]
  const places: number[] = []
  const noise: number[] = []
  const tensor: number[] = []
  for (const [t, { from, to, rounding }] of tensors.entries())
    for (let e = from; e < to; e++) {
      const [mine, its] = [(rounding[x] as number) * (own[e] as number), (rounding[base] as number) * (start[e] as number)]
      const unit = Math.sqrt((mine * mine + its * its) / 3)
      if (Math.abs((own[e] as number) - (start[e] as number)) <= ROUNDED * unit) continue
      places.push(e)
      noise.push(unit)
      tensor.push(t)
    }
  return {
    places,
    change: differences({ values, tensors }, places, x, base),
    noise: Float64Array.from(noise),
    tensor: Int32Array.from(tensor),
    tensors: tensors.length,
  }
}

interface Pile {
  readonly coefficient: number
  readonly hits: readonly number[]
}

/** The number at which the ratios of change to task vector pile up among these elements, and the elements that have it. */
function pileOf(changes: Changes, vector: Float64Array, left: readonly number[]): Pile | null {
  const { change, noise } = changes
  const told = new Float64Array(left.length)
  const blurs = new Float64Array(left.length)
  let count = 0
  for (let k = 0; k < left.length; k++) {
    const n = left[k] as number
    const ratio = (change[n] as number) / (vector[n] as number)
    if (!(ratio > COEFFICIENTS[0] && ratio < COEFFICIENTS[1])) continue
    told[count] = Math.log(ratio / COEFFICIENTS[0])
    blurs[count++] = (noise[n] as number) / Math.abs(change[n] as number)
  }
  const sharp = new Float64Array(count)
  for (const width of BINS) {
    let clear = 0
    for (let k = 0; k < count; k++) if ((blurs[k] as number) < BLUR * width) sharp[clear++] = told[k] as number
    const at = peakOf(sharp.subarray(0, clear), width)
    if (at === null) continue
    const coefficient = COEFFICIENTS[0] * Math.exp(at)
    const hits = left.filter(
      (n) =>
        Math.abs(vector[n] as number) > ROUNDED * (noise[n] as number) &&
        Math.abs((change[n] as number) - coefficient * (vector[n] as number)) <= tolerance(changes, n),
    )
    return { coefficient, hits }
  }
  return null
}

/** Where numbers from 0 to the logarithm of the coefficients' range pile up within one bin's width, if they do. */
function peakOf(values: Float64Array, width: number): number | null {
  if (values.length < LEAST) return null
  const bins = new Uint16Array(Math.ceil(Math.log(COEFFICIENTS[1] / COEFFICIENTS[0]) / width) + 2)
  for (let n = 0; n < values.length; n++) {
    const bin = Math.floor((values[n] as number) / width)
    bins[bin] = (bins[bin] as number) + 1
  }
  // A pile may stand on the border of two bins.
  let best = 0
  let most = (bins[0] as number) + (bins[1] as number)
  for (let bin = 1; bin + 1 < bins.length; bin++) {
    const own = (bins[bin] as number) + (bins[bin + 1] as number)
    if (own > most) {
      best = bin
      most = own
    }
  }
  const height = (bin: number) => (bins[bin] ?? 0) + (bins[bin + 1] ?? 0)
  if (most < LEAST || most < PILE * Math.max(...[-4, -2, 2, 4].map((shift) => height(best + shift)))) return null
  const inside = values.filter((value) => Math.floor(value / width) === best || Math.floor(value / width) === best + 1)
  return median([...inside]) ?? null
}

/** What a coefficient known to a ten-thousandth leaves, and rounding. */
function tolerance({ change, noise }: Changes, n: number): number {
  return ROUNDED * (noise[n] as number) + 2e-4 * Math.abs(change[n] as number)
}

export function isSpread({ tensor, tensors }: Changes, hits: readonly number[]): boolean {
  return new Set(hits.map((n) => tensor[n])).size >= SPREAD * tensors
}

/** Whether most tensors are mixed element by element: whole tensors from one model are partial training or layers taken by turns. */
export function isMixed({ values, tensors }: WeightSample, x: number, sources: readonly number[]): boolean {
  const own = values[x] as Float64Array
  const mixed = tensors.filter(({ from, to }) =>
    sources.every((i) => equalCount(own.subarray(from, to), (values[i] as Float64Array).subarray(from, to)) < WHOLE * (to - from)),
  )
  return mixed.length >= SPREAD * tensors.length
}

/** Which changes are one part's or several parts' together. */
export function explainedBy(
  changes: Changes,
  parts: readonly Pick<SelectedPart, "vector" | "coefficient">[],
  averaged: boolean,
): (n: number) => boolean {
  const sets = Array.from({ length: 2 ** parts.length - 1 }, (_, bits) => parts.filter((_, k) => (bits + 1) & (1 << k)))
  return (n) =>
    sets.some((set) => {
      let sum = 0
      for (const { vector, coefficient } of set) sum += coefficient * (vector[n] as number)
      return !(Math.abs((changes.change[n] as number) - sum / (averaged ? set.length : 1)) > tolerance(changes, n))
    })
}

function toMixture({ base, parts, coefficients, averaged, explained }: Selection): Mixture {
  const weights = averaged ? parts.map(() => 1) : coefficients
  return ranked({ parts, weights, fit: { residual: 1 - explained, method: "selection" }, base })
}
