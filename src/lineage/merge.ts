import { median } from "~src/core/median"
import { type Composition, explainBy } from "./exact-merge"
import { pairsAround, partsAround, type TensorProducts, tensorProducts } from "./part-search"
import type { MergeFit } from "./types"
import { thinned, type WeightSample } from "./weight-sample"

/** How a member was made from others by a step that shows in the weights themselves. */
export interface Mixture {
  /** Several put together, or an edit of one. */
  readonly kind: "merge" | "edit"
  /** Indices of the models mixed, by falling share. */
  readonly parts: readonly number[]
  readonly shares: readonly number[]
  /** Of a merge alone. */
  readonly fit?: MergeFit
  /** The model whose task vectors were added: no parent, but older than the merge. */
  readonly base?: number
}

/** What is known of the models of a sample besides their weights, by their places in it. */
export interface MergeContext {
  /** Models by how central they are, the most central first. */
  readonly centre: readonly number[]
  readonly times: readonly (number | null)[]
}

/** Weights looked at: some hundred parameters are fitted to them at most. */
const ELEMENTS = 4_096
/** Smallest share worth the name of a parent, and the largest coefficient of one. */
const MIN_SHARE = 0.04
const MAX_COEFFICIENT = 1.15
/** A coefficient below this is a task vector's base, not a part; and it is no less than this. */
const NEGATIVE = -0.02
const LEAST_BASE = -1.6
/** Share of the tensors that must show a thing. */
const MOST = 0.9
/** Coefficients nearer than this are the same; rounding leaves a thousandth. */
const EQUAL = 0.02
/** Share of elements that stand in one part alone from which layers were taken, not mixed. */
const TAKEN = 0.5
/** Share of the sampled tensors that must tell the two apart whose layers were taken. */
const APART = 0.8

/**
 * The models of a sample that are put together from others of it, to the last bits: each with the fewest parts, plain models before merges.
 * A model inside the hull of others is a merge of them; where a base takes part with a negative coefficient any of the four could be made
 * from the others, and the most central base that no date contradicts decides. A merge is never a part of its own part.
 */
export function findExactMerges(whole: WeightSample, context: MergeContext): Map<number, Mixture> {
  const sample = thinned(whole, ELEMENTS)
  const products = tensorProducts(sample)
  const all = sample.values.map((_, n) => n)
  let centre = context.centre
  const search = (x: number, candidates: readonly number[]) =>
    mixturesOf(
      sample,
      products,
      centre,
      x,
      candidates.filter((i) => i !== x),
    )
  const first = all.map((x) => search(x, all))
  const outer = all.filter((x) => !first[x]?.some(({ inside }) => inside))
  centre = centre.filter((i) => outer.includes(i))
  const options = all.flatMap((x) => {
    const found = first[x] ?? []
    // Other centres are other bases.
    const any = found.length > 0 && outer.length < all.length ? search(x, all) : found
    const plain = outer.length < all.length ? search(x, outer) : any
    return isAsGood(plain, any) ? [...plain, ...any] : any
  })
  const doubt = ({ x, mixture, over }: Option) =>
    mixture.base === undefined ? -1 : context.centre.indexOf(mixture.base) + (over || isTooOld(context.times, x, mixture) ? all.length : 0)
  const accepted = accept(
    options.sort((a, b) => doubt(a) - doubt(b)),
    new Map(),
  )
  // Sums of task vectors lie outside their parts and are known as merges only now: what they were made of may explain others as well.
  for (const [x, mixture] of accepted) {
    const plain = new Set(sources(mixture).flatMap((part) => sources(accepted.get(part) ?? { parts: [part] })))
    const composition = mixture.parts.some((part) => accepted.has(part)) ? explainBy(sample, x, [...plain].reverse()) : null
    const again = composition && interpret(sample, centre, composition)
    if (again && isAsGood([{ x, ...again }], [{ x, mixture, inside: true, over: false }])) accepted.set(x, again.mixture)
  }
  return accepted
}

/** One explanation of model x. */
interface Option {
  readonly x: number
  readonly mixture: Mixture
  /** Whether x lies between its parts, which can then not be made from it. */
  readonly inside: boolean
  /** Whether a part would have been taken more than whole. */
  readonly over: boolean
}

function isAsGood([a]: readonly Option[], [b]: readonly Option[]): boolean {
  const size = ({ mixture: { parts, base } }: Option) => parts.length + (base === undefined ? 0 : 1)
  return a !== undefined && (b === undefined || size(a) <= size(b))
}

function sources({ parts, base }: Pick<Mixture, "parts" | "base">): readonly number[] {
  return base === undefined ? parts : [...parts, base]
}

/** Takes what is offered, best first, unless a model would become its own ancestor; adds to those accepted before. */
export function accept(
  options: readonly { readonly x: number; readonly mixture: Mixture }[],
  before: ReadonlyMap<number, Mixture>,
): Map<number, Mixture> {
  const accepted = new Map(before)
  const above = (node: number): number[] => {
    const made = accepted.get(node)
    return made ? sources(made).flatMap((part) => [part, ...above(part)]) : []
  }
  for (const { x, mixture } of options)
    if (!accepted.has(x) && !sources(mixture).some((part) => part === x || above(part).includes(x))) accepted.set(x, mixture)
  return accepted
}

/** Whether a part was made public after x: possible, but the worse of two explanations. */
export function isTooOld(times: MergeContext["times"], x: number, { parts }: Mixture): boolean {
  const own = times[x] ?? null
  return own !== null && parts.some((part) => (times[part] ?? own) > own)
}

/** All that x may be put together from by the fewest candidates; nothing where it is not. */
function mixturesOf(
  sample: WeightSample,
  products: TensorProducts,
  centre: readonly number[],
  x: number,
  candidates: readonly number[],
): Option[] {
  const read = (composition: Composition | null) => {
    const found = composition && interpret(sample, centre, composition)
    return found ? [{ x, ...found }] : []
  }
  const pairs = pairsAround(products, x, candidates).flatMap((pair) => read(explainBy(sample, x, pair)))
  if (pairs.length > 0) return pairs
  for (const alike of [false, true]) {
    const parts = partsAround(products, x, candidates, alike)
    const found = parts ? read(explainBy(sample, x, [...parts].reverse())) : []
    if (!parts || found.length > 0) return found
  }
  return []
}

/** What the coefficients say of the making; null where no way of merging gives such. */
function interpret(sample: WeightSample, centre: readonly number[], composition: Composition): Omit<Option, "x"> | null {
  if (composition.tensors.length === 0) return null
  if (composition.taken > TAKEN) {
    const mixture = byTurns(sample, composition)
    return mixture && { mixture, inside: true, over: false }
  }
  const { parts, tensors, residual } = composition
  const of = (n: number) => tensors.map(({ coefficients }) => coefficients[n] as number)
  const typical = parts.map((_, n) => of(n).reduce((sum, value) => sum + value, 0) / tensors.length)
  const baseAt = baseOf(composition, typical, centre)
  if (baseAt === null) return null
  const kept = parts.map((_, n) => n).filter((n) => n !== baseAt)
  // Model stock stays near its base: what the parts have is counted among themselves.
  const whole = baseAt === undefined ? 1 : kept.reduce((sum, n) => sum + (typical[n] as number), 0)
  const isShare = (n: number) =>
    (typical[n] as number) >= MIN_SHARE * whole &&
    of(n).filter((value) => value > NEGATIVE && value < MAX_COEFFICIENT).length > MOST * tensors.length
  if (kept.length < 2 || !kept.every(isShare)) return null
  const constant = parts.every(
    (_, n) => of(n).filter((value) => Math.abs(value - (typical[n] as number)) < EQUAL).length > MOST * tensors.length,
  )
  const mixture = ranked({
    parts: kept.map((n) => parts[n] as number),
    weights: kept.map((n) => typical[n] as number),
    fit: { residual, method: constant ? (baseAt === undefined ? "mean" : "sum") : "by-tensor" },
    ...(baseAt === undefined ? {} : { base: parts[baseAt] as number }),
  })
  const over = kept.some((n) => (typical[n] as number) > 1 + EQUAL)
  return { mixture, inside: typical.every((value) => value >= NEGATIVE), over }
}

/** Place of the base among the parts, undefined where there is none, null where the coefficients fit no merge. */
function baseOf({ parts, tensors }: Composition, typical: readonly number[], centre: readonly number[]): number | undefined | null {
  const negative = typical.flatMap((value, n) => (value < NEGATIVE ? [n] : []))
  if (negative.length > 1) return null
  const [only] = negative
  if (only !== undefined) return parts.length > 2 && (typical[only] as number) >= LEAST_BASE ? only : null
  if (parts.length < 3) return undefined
  // Model stock weighs all parts alike, tensor by tensor, and gives the rest to the base.
  const stock = parts.findIndex((_, n) => {
    const others = tensors.map(({ coefficients }) => coefficients.filter((_, m) => m !== n))
    const alike = others.filter((values) => Math.max(...values) - Math.min(...values) < EQUAL).length
    const own = tensors.map(({ coefficients }) => coefficients[n] as number)
    const usual = median(own) as number
    return alike > 0.8 * tensors.length && own.filter((value) => Math.abs(value - usual) > EQUAL).length > 0.2 * tensors.length
  })
  if (stock >= 0) return stock
  // A mean with the family's centre in it is a sum of task vectors, unless the centre weighs as much as another part.
  const middle = parts.indexOf(centre[0] as number)
  const own = typical[middle] as number
  return middle >= 0 && typical.every((value, n) => n === middle || Math.abs(value - own) > EQUAL) ? middle : undefined
}

/** Whole layers of two models by turns; tensors that training left alone look the same and are told by differing inside a layer. */
function byTurns(sample: WeightSample, { parts, tensors, residual }: Composition): Mixture | null {
  if (tensors.length < APART * sample.tensors.length) return null
  const sources = new Map<number, Set<number>>()
  for (const { layer, coefficients } of tensors) {
    if (layer === null) continue
    const known = sources.get(layer) ?? new Set<number>()
    sources.set(layer, known.add(coefficients.indexOf(Math.max(...coefficients))))
  }
  if ([...sources.values()].some((from) => from.size > 1)) return null
  const counts = parts.map((_, n) => [...sources.values()].filter((from) => from.has(n)).length)
  return counts.every((count) => count > 0) ? ranked({ parts, weights: counts, fit: { residual, method: "layers" } }) : null
}

/** Parts by falling share, shares summing to 1. */
export function ranked(found: {
  readonly parts: readonly number[]
  readonly weights: readonly number[]
  readonly fit: MergeFit
  readonly base?: number
}): Mixture {
  const { parts, weights, ...rest } = found
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const order = parts.map((_, n) => n).sort((p, q) => (weights[q] as number) - (weights[p] as number))
  return { kind: "merge", parts: order.map((n) => parts[n] as number), shares: order.map((n) => (weights[n] as number) / total), ...rest }
}
