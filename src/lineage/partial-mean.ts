import { median } from "~src/core/median"
import { fitTensor } from "./exact-merge"
import type { Mixture } from "./merge"
import { apart, type TensorProducts } from "./part-search"
import type { SampledTensor, WeightSample } from "./weight-sample"

/** Two models of which x is exactly a mean in some tensors. */
interface Trace {
  readonly pair: readonly [number, number]
  /** By tensor: the first one's share, or null where x is something else. */
  readonly shares: readonly (number | null)[]
  /** Tensors that are a mean. */
  readonly exact: number
}

/** Tensors at least that must be a mean to the last bits, share of all telling ones that must be, and that must not be. */
const LEAST = 3
const EXACT = 0.1
const OTHERWISE = 0.1
/** Share of a tensor's elements that must be explained. */
const WITHIN = 0.9
/** Squared rest beside the nearer of the two up to which a tensor may be a mean, and beyond which it is none. */
const NEAR = 0.03
/** A share below this, or above its complement, is no part. */
const SHARE = 0.04
/** Squared cosine of the way between two models with their weights from which on one is the other rescaled: weight decay alone does that. */
const RESCALED = 0.5
/** Squared distance beside that of a part below which two models are the same in a tensor, but for a cast. */
const SAME = 1e-3
/** How much more one of the two must look like the later one's heir than the other. */
const CLEARLY = 0.5

/**
 * Means of a model that was read and one that was not: x = a p + (1 - a) q. Where q left a tensor as a relative r has it (adapters leave norms
 * and whole modules alone, partial training its frozen layers), x is a mean of p and r to the last bits, and in other tensors it is not.
 * Training does not come to lie on the line between two other models.
 * @param centre models by how central they are
 * @param merges models whose parts are all known
 */
export function findPartialMeans(
  sample: WeightSample,
  products: TensorProducts,
  centre: readonly number[],
  merges: ReadonlyMap<number, Mixture>,
): { x: number; mixture: Mixture }[] {
  const all = sample.values.map((_, n) => n)
  // A mean lies nearer to all of them than its parts do, and is the base of nothing.
  const plain = centre.filter((i) => !merges.has(i))
  const found = all.flatMap((x) => {
    if (merges.has(x)) return []
    const others = all.filter((i) => i !== x)
    let best: Trace | null = null
    for (const [n, i] of others.entries())
      for (const j of others.slice(n + 1)) {
        const trace = traceOf(sample, products, x, [i, j])
        if (trace && trace.exact > (best?.exact ?? 0)) best = trace
      }
    if (!best) return []
    const trace: Trace = best
    // Heirs of the mean lie as near to the others as it does.
    const relatives = plain.filter((i) => i !== x && !isSameThere(products, x, i, trace))
    const mixture = partOf(products, relatives, x, trace)
    return mixture ? [{ x, mixture, trace }] : []
  })
  // What was trained on in part after a mean is a mean in the rest of its tensors as well: the mean itself has least besides.
  return found.filter(
    ({ x, trace }) =>
      !all.some(
        (m) =>
          m !== x &&
          isSameThere(products, x, m, trace) &&
          (merges.has(m) || (found.some((other) => other.x === m) && besides(products, m, trace) < besides(products, x, trace))),
      ),
  )
}

/** Whether another model has what x has in most of the tensors that are a mean. */
function isSameThere({ size, grams }: TensorProducts, x: number, m: number, { pair, shares, exact }: Trace): boolean {
  const same = grams.filter((gram, t) => shares[t] !== null && apart(gram, size, x, m) < SAME * apart(gram, size, x, pair[0]))
  return same.length > exact / 2
}

/** How far x is from being a mean everywhere: the squared distance from the line between the two in the tensors that are none. */
function besides({ size, grams }: TensorProducts, x: number, { pair: [p, r], shares }: Trace): number {
  return grams.reduce((sum, gram, t) => {
    const [toP, toR, between] = [apart(gram, size, x, p), apart(gram, size, x, r), apart(gram, size, p, r)]
    return shares[t] === null && between > 0 ? sum + toP - ((toP + between - toR) / 2) ** 2 / between : sum
  }, 0)
}

function traceOf(sample: WeightSample, { size, grams }: TensorProducts, x: number, pair: readonly [number, number]): Trace | null {
  const [p, r] = pair
  const likely: number[] = []
  let elsewhere = 0
  for (const [t, gram] of grams.entries()) {
    const [toP, toR, between] = [apart(gram, size, x, p), apart(gram, size, x, r), apart(gram, size, p, r)]
    const nearer = Math.min(toP, toR)
    if (!(between > 0) || !(nearer > 0)) continue
    const along = (toP + between - toR) / 2
    const rest = toP - along ** 2 / between
    const share = 1 - along / between
    if (rest > NEAR * nearer) elsewhere += 1
    else if (share > SHARE && share < 1 - SHARE) likely.push(t)
  }
  const enough = Math.max(LEAST, EXACT * (likely.length + elsewhere))
  if (likely.length < enough || elsewhere < OTHERWISE * (likely.length + elsewhere)) return null
  const shares: (number | null)[] = sample.tensors.map(() => null)
  for (const t of likely) {
    const tensor = sample.tensors[t] as SampledTensor
    const fit = isRescaled(sample, tensor, p, r) ? null : fitTensor(sample, tensor, x, pair)
    if (fit?.coefficients && !fit.taken && fit.within >= WITHIN * (tensor.to - tensor.from)) shares[t] = fit.coefficients[0] as number
  }
  const exact = shares.filter((share) => share !== null).length
  return exact >= enough ? { pair, shares, exact } : null
}

function isRescaled({ values }: WeightSample, { from, to }: SampledTensor, i: number, j: number): boolean {
  const [a, b] = [values[i] as Float64Array, values[j] as Float64Array]
  let [aa, bb, ab] = [0, 0, 0]
  for (let e = from; e < to; e++) {
    aa += (a[e] as number) ** 2
    bb += (b[e] as number) ** 2
    ab += (a[e] as number) * (b[e] as number)
  }
  const apart = aa + bb - 2 * ab
  return (aa - ab) ** 2 > RESCALED * aa * apart || (bb - ab) ** 2 > RESCALED * bb * apart
}

/**
 * Which of the two is the part itself and which stands in for the absent one, by the tensors that are no mean of them. An heir of the
 * absent part carries it whole, so that the way from it back to the part it implies undoes as much of its own. Where neither does that, the
 * more central one stands in: the absent part was made from it as the other was.
 */
function partOf({ size, grams }: TensorProducts, centre: readonly number[], x: number, { pair, shares }: Trace): Mixture | null {
  const [p, r] = pair
  const known = shares.filter((share) => share !== null)
  const share = known.reduce((sum, value) => sum + value, 0) / known.length
  const open = grams.filter((_, t) => shares[t] === null)
  /** Product of x - share p - (1 - share) r with the way from `from` to `to`. */
  const product = (from: number, to: number) =>
    open.reduce((sum, gram) => {
      const at = (i: number) =>
        (gram[x * size + i] as number) - share * (gram[p * size + i] as number) - (1 - share) * (gram[r * size + i] as number)
      return sum + at(to) - at(from)
    }, 0)
  const rest = product(r, x) - share * product(r, p)
  // Any other relative serves as the place to look from: what it has of its own is in neither.
  const others = centre.filter((i) => i !== x && !pair.includes(i))
  const carries = (part: number, own: number) => -(median(others.map((from) => product(from, part) * own)) ?? 0) / rest
  const middle = centre[0]
  const clearly = carries(r, 1 - share) - carries(p, share)
  const first = Math.abs(clearly) > CLEARLY ? clearly > 0 : middle === r ? true : middle === p ? false : null
  if (first === null) return null
  const [part, own] = first ? [p, share] : [r, 1 - share]
  const residual = 1 - known.length / shares.length
  return { kind: "merge", parts: [part], shares: [own], fit: { method: "mean", residual, absent: 1 - own } }
}
