import { median } from "~src/core/median"
import { perObject } from "~src/core/per-object"
import { slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { dtypeSize } from "~src/formats/dtypes"
import type { TokenSet } from "~src/inference/types"
import { isDataStatistic, isHeadOrEmbedding } from "../roles"
import { deltaSpectrum, energyRank } from "../spectrum"
import type { PairEvidence, TensorEvidence } from "../types"
import { endSpectrum, endTraits } from "./end"

/** Tensors of a pair at most, of which matrices; matrices whose spectra are computed. They are spread over what there is. */
const MOST_MATRICES = 24
const MOST_VECTORS = 12
const MOST_SPECTRA = 10
/** Sides from which a spectrum says something. */
const MIN_SIDE = 8
/** Every number lies between these: features are logarithms and shares, and hostile files must not reach further. */
const LIMIT = 4

/** Numbers about the two ends together, the same whichever comes first. */
export const SHARED = [
  "matrix",
  "outside",
  "statistic",
  "attention-in",
  "attention-out",
  "mlp-in",
  "mlp-out",
  "norm",
  "bias",
  "convolution",
  "depth",
  "cols",
  "matched",
  "logP",
  "cosine",
  "equal",
  "unequal",
  "sign",
  "bits",
  "sameDtype",
  "update",
  "peak",
  "changed",
  "evenness",
  "spectrum",
  "flatness",
  "outliers",
  "leading",
  "top1",
  "top4",
  "top16",
  "rank",
  "tail",
  "end",
  "rows",
  "typical",
] as const
/** Numbers about one end, given for A and then for B. */
export const OWN = [
  "zeros",
  "twoOfFour",
  "levels",
  "distinct",
  "offGrid4",
  "offGrid8",
  "bfloat16",
  "bytes",
  "kurtosis",
  "size",
  "centre",
  "relative",
  "coefficient",
  "strength",
  "effectiveRank",
  "stableRank",
  "alignment",
] as const
export const FEATURES = SHARED.length + 2 * OWN.length

type Shared = Record<(typeof SHARED)[number], number>
type Own = Record<(typeof OWN)[number], number>

/**
 * The evidence of one pair as a set of tokens, one for each of up to 36 tensors, for the scorers: scale-free numbers between -4 and 4.
 * A and B exchange by exchanging the two parts of length OWN at the end.
 * @param pair the evidence of (a, b), in this order
 * @param spectra false leaves the updates' spectra out, the costliest part
 * @returns row-major [tensors, FEATURES]
 */
export function evidenceTokens(a: Fingerprint, b: Fingerprint, pair: PairEvidence, spectra = true): TokenSet {
  const [inA, inB] = [slabsByKey(a), slabsByKey(b)]
  const found = pair.tensors.flatMap((tensor) => {
    const [of, by] = [inA.get(slabKey(tensor)), inB.get(slabKey(tensor))]
    return of && by ? [{ tensor, of, by }] : []
  })
  const { chosen, spectral } = choose(
    found,
    ({ tensor }) => tensor.kind === "matrix",
    ({ tensor }) => Math.min(tensor.head, tensor.cols),
  )
  const matrices = chosen.filter(({ tensor }) => tensor.kind === "matrix")
  const deepest = Math.max(1, ...found.map(({ tensor }) => tensor.layer ?? 0))
  const changes = matrices.filter(({ tensor }) => tensor.squareDelta > 0).map(({ tensor }) => rootMean(tensor.squareDelta, tensor))
  const typical = median(changes) ?? 0
  const body = found.filter(({ tensor }) => tensor.kind === "matrix" && !isHeadOrEmbedding(tensor.role))
  const step = median(body.map(({ tensor }) => Math.sqrt(tensor.squareDelta / Math.sqrt(tensor.squareA * tensor.squareB || 1)))) ?? 0
  const whole = { deepest, change: typical, step }
  const values = new Float32Array(chosen.length * FEATURES)
  let at = 0
  const put = <Name extends string>(names: readonly Name[], numbers: Readonly<Record<Name, number>>) => {
    for (const name of names) {
      const value = numbers[name]
      values[at++] = Number.isFinite(value) ? Math.min(LIMIT, Math.max(-LIMIT, value)) : 0
    }
  }
  for (const entry of chosen) {
    const { tensor, of, by } = entry
    const wanted = spectral.has(entry)
    put(SHARED, sharedNumbers(tensor, of, by, whole, wanted && spectra))
    put(OWN, ownNumbers(tensor, of, tensor.squareA, tensor.zeroA, tensor.sumA, wanted))
    put(OWN, ownNumbers(tensor, by, tensor.squareB, tensor.zeroB, tensor.sumB, wanted))
  }
  return { features: FEATURES, values }
}

/**
 * Computes what the tokens of any pair with this model need of it alone: most of their cost, and nothing of the other model is needed for
 * it, so that it is done while that one is still being read.
 */
export function prepareTokens({ slabs }: Fingerprint): void {
  const { chosen, spectral } = choose(
    slabs,
    ({ shape }) => shape.length > 1,
    ({ rows, cols }) => Math.min(rows, cols),
  )
  for (const slab of chosen) {
    roleNumbers(slab)
    endTraits(slab)
  }
  for (const slab of spectral) endSpectrum(slab)
}

/** The tensors that become tokens, matrices first, and those of them whose spectra are computed. */
function choose<T>(found: readonly T[], isMatrix: (one: T) => boolean, side: (one: T) => number) {
  const matrices = spread(found.filter(isMatrix), MOST_MATRICES)
  const vectors = spread(
    found.filter((one) => !isMatrix(one)),
    MOST_VECTORS,
  )
  const wide = matrices.filter((one) => side(one) >= MIN_SIDE)
  return { chosen: [...matrices, ...vectors], spectral: new Set(spread(wide, MOST_SPECTRA)) }
}

/** The tokens of (b, a) from those of (a, b). */
export function exchanged({ features, values }: TokenSet): TokenSet {
  const turned = values.slice()
  for (let start = SHARED.length; start < values.length; start += features) {
    const middle = start + OWN.length
    turned.set(values.subarray(middle, middle + OWN.length), start)
    turned.set(values.subarray(start, middle), middle)
  }
  return { features, values: turned }
}

/** At most `most` entries, evenly over the list. */
function spread<T>(list: readonly T[], most: number): T[] {
  const count = Math.min(most, list.length)
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)] as T)
}

const rootMean = (square: number, { rows, cols }: TensorEvidence) => Math.sqrt(square / (rows * cols))
const log10 = (value: number, floor = 1e-8) => Math.log10(Math.max(value, floor))

/** What a tensor's numbers are held against: the last layer, and root mean square and relative size of the typical matrix's update. */
interface Whole {
  readonly deepest: number
  readonly change: number
  readonly step: number
}

/** What kind of tensor it is; once per slab. */
const roleNumbers = perObject(({ role, shape }: Slab) => {
  const is = (pattern: RegExp) => Number(pattern.test(role))
  return {
    outside: Number(isHeadOrEmbedding(role)),
    statistic: Number(isDataStatistic(role)),
    "attention-in": is(/attn.*\.(q|k|v|qkv|to_q|to_k|to_v)$/),
    "attention-out": is(/attn.*\.(o|to_out(\.0)?)$/),
    "mlp-in": is(/mlp.*\.(up|gate)$|ff\.net\.0\.proj$/),
    "mlp-out": is(/mlp.*\.down$|ff\.net\.2$/),
    norm: is(/norm/),
    bias: is(/bias$/),
    convolution: Number(shape.length > 2),
  }
})

function sharedNumbers(tensor: TensorEvidence, of: Slab, by: Slab, whole: Whole, spectral: boolean): Shared {
  const { rows, cols, squareA, squareB, squareDelta } = tensor
  const count = rows * cols
  const vector = tensor.kind === "vector"
  const change = rootMean(squareDelta, tensor)
  const centred = tensor.dot - (tensor.sumA * tensor.sumB) / count
  const scale = Math.sqrt(Math.max(0, squareA - tensor.sumA ** 2 / count) * Math.max(0, squareB - tensor.sumB ** 2 / count))
  return {
    matrix: Number(!vector),
    ...roleNumbers(of),
    depth: tensor.layer === null ? -1 : tensor.layer / whole.deepest,
    cols: Math.log2(cols) / 4,
    matched: tensor.tested > 0 ? (2 * tensor.matched) / tensor.tested : -1,
    logP: -tensor.logP / 10,
    cosine: scale > 0 ? -log10(1 - Math.min(1, centred / scale)) / 2 : 0,
    equal: (3 * tensor.equal) / count,
    unequal: log10(1 - tensor.equal / count, 1e-5) + 1,
    sign: -log10(1 - tensor.sameSign / count, 1e-5) - 2,
    bits: bitDistance(of, by) / 4,
    sameDtype: Number(of.dtype === by.dtype),
    update: squareA > 0 && squareB > 0 ? log10(change / Math.sqrt(rootMean(squareA, tensor) * rootMean(squareB, tensor)), 1e-5) + 2 : 0,
    peak: change > 0 ? 2 * Math.log(tensor.maxAbsDelta / change / Math.sqrt(2 * Math.log(Math.max(3, count)))) : 0,
    changed: Number(squareDelta > 1e-14 * Math.max(squareA, squareB)),
    evenness: change > 0 && whole.change > 0 && !vector ? 2 * Math.log(change / whole.change) : 0,
    rows: Math.log2(tensor.head) / 2 - 1,
    // Fine around the third of the weights' size, where training goes over into continued pretraining.
    typical: 8 * log10(whole.step / 0.3),
    ...deltaNumbers(tensor, spectral && change > 0),
  }
}

const NO_SPECTRUM = { spectrum: 0, flatness: 0, outliers: 0, leading: 0, top1: 0, top4: 0, top16: 0, rank: 0, tail: 0, end: 0 }

/** The update's spectrum against that of noise: Marchenko and Pastur's law for [head, cols]. */
function deltaNumbers(tensor: TensorEvidence, wanted: boolean) {
  const { head, cols } = tensor
  if (!wanted) return NO_SPECTRUM
  const values = deltaSpectrum(tensor)
  const directions = Math.min(head, cols)
  const total = values.reduce((sum, value) => sum + value, 0)
  const squares = values.reduce((sum, value) => sum + value * value, 0)
  const edge = ((1 + Math.sqrt(head / cols)) ** 2 * total) / head
  const share = (count: number) => values.slice(0, count).reduce((sum, value) => sum + value, 0) / (total || 1)
  return {
    spectrum: 1,
    // The participation ratio, over what noise has.
    flatness: squares > 0 ? 2 * Math.log((total * total) / squares / ((head * cols) / (head + cols))) : 0,
    outliers: (4 * values.filter((value) => value > 1.1 * edge).length) / directions,
    leading: edge > 0 ? Math.log((values[0] as number) / edge) : 0,
    top1: 4 * share(1),
    top4: 4 * share(4),
    top16: 4 * share(16),
    rank: (4 * energyRank(values, 0.99)) / directions,
    // What lies beyond a quarter and a half of the directions: of an update of low rank, rounding alone.
    tail: log10(1 - share(directions >> 2), 1e-6) / 2 + 2,
    end: log10(1 - share(directions >> 1), 1e-6) / 2 + 2,
  }
}

function ownNumbers(tensor: TensorEvidence, slab: Slab, square: number, zeros: number, sum: number, spectral: boolean): Own {
  const traits = endTraits(slab)
  const count = tensor.rows * tensor.cols
  const vector = tensor.kind === "vector"
  // Vectors vary about their mean; matrices about zero.
  const mine = vector ? Math.max(0, square - sum ** 2 / count) : square
  const both = vector ? tensor.dot - (tensor.sumA * tensor.sumB) / count : tensor.dot
  return {
    zeros: (4 * zeros) / count,
    twoOfFour: 4 * traits.twoOfFour,
    levels: 4 * traits.levels,
    distinct: 4 * traits.distinct,
    offGrid4: 2 * traits.offGrid4,
    offGrid8: 2 * traits.offGrid8,
    bfloat16: 2 * traits.bfloat16,
    bytes: dtypeSize(slab.dtype) / 2,
    kurtosis: 2 * Math.log(Math.max(0.1, traits.kurtosis / 3)),
    size: log10(traits.size, 1e-4),
    centre: 2 * traits.centre,
    relative: mine > 0 ? log10(Math.sqrt(tensor.squareDelta / mine), 1e-5) + 2 : 0,
    coefficient: mine > 0 ? 8 * (both / mine - 1) : 0,
    ...spectralNumbers(tensor, slab, spectral),
  }
}

/** How far the tensor is from noise, and how much of the update lies along its own leading directions (against a random one's). */
function spectralNumbers({ deltaGram, head }: TensorEvidence, slab: Slab, wanted: boolean) {
  if (!wanted) return { strength: 0, effectiveRank: 0, stableRank: 0, alignment: 0 }
  const { rows, cols, leading, values, vectors } = endSpectrum(slab)
  const total = values.reduce((sum, value) => sum + value, 0)
  if (total <= 0 || rows > head) return { strength: 0, effectiveRank: 0, stableRank: 0, alignment: 0 }
  const entropy = values.reduce((sum, value) => (value > 0 ? sum - (value / total) * Math.log(value / total) : sum), 0)
  let [along, all] = [0, 0]
  for (let i = 0; i < rows; i++) all += deltaGram[i * head + i] as number
  for (let n = 0; n < leading; n++)
    for (let i = 0; i < rows; i++) {
      let sum = 0
      for (let j = 0; j < rows; j++) sum += (deltaGram[i * head + j] as number) * (vectors[n * rows + j] as number)
      along += (vectors[n * rows + i] as number) * sum
    }
  return {
    strength: Math.log((values[0] as number) / (((1 + Math.sqrt(rows / cols)) ** 2 * total) / rows)),
    effectiveRank: (4 * Math.exp(entropy)) / Math.min(rows, cols) - 2,
    stableRank: (4 * (total / (values[0] as number))) / Math.min(rows, cols),
    alignment: all > 0 ? 2 * Math.log(Math.max(1e-2, along / all / (leading / rows))) : 0,
  }
}

/** Bits compared per tensor at most. */
const COMPARED_BYTES = 1_024
const BITS_SET = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length)

/** Mean number of differing bits per 16 stored ones where both are stored alike from the same place on, else -4. */
function bitDistance(of: Slab, by: Slab): number {
  if (of.dtype !== by.dtype || of.cols !== by.cols || of.row0 !== by.row0 || of.col0 !== by.col0) return -4
  const bytes = Math.min(of.bits.length, by.bits.length, COMPARED_BYTES)
  let differing = 0
  for (let i = 0; i < bytes; i++) differing += BITS_SET[(of.bits[i] as number) ^ (by.bits[i] as number)] as number
  return bytes > 0 ? (16 * differing) / (8 * bytes) : -4
}
