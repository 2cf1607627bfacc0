import { commonBlock, slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { copyClean } from "~src/inference/clean"
import { rowCosines } from "~src/inference/reference"
import { eigenvalues } from "./eigen"
import { packingOf, steps } from "./quantized"
import { isHeadOrEmbedding } from "./roles"
import { MATCH_ROWS } from "./row-match"
import type { PairEvidence, TensorEvidence } from "./types"

/** What of a claim can be seen: some numbers of one parent and one child, a few kilobytes in all, drawn by the panel. */
export interface Portrait {
  /** ||child - parent|| / ||parent|| of each tensor compared. */
  readonly strip: UpdateStrip
  /** Every sampled row of one matrix against every other. */
  readonly rows?: RowPicture
  /** Directions of the update. */
  readonly spectrum?: SpectrumPicture
  /** How packed values lie to the parent's. */
  readonly packed?: PackedPicture
}

export interface UpdateStrip {
  readonly roles: readonly string[]
  /** Layer numbers, null for what stands outside the stack. */
  readonly layers: readonly (number | null)[]
  /** Row-major [roles, layers]; null where nothing was compared. */
  readonly updates: readonly (number | null)[]
}

export interface RowPicture {
  readonly tensor: string
  readonly size: number
  /** Row-major [size, size], in hundredths: the parent's row i against the child's row j. */
  readonly cosines: readonly number[]
}

export interface SpectrumPicture {
  readonly tensor: string
  /** Singular values of the sampled rows of the update, falling, in units of their root mean square. */
  readonly values: readonly number[]
  /** Largest value that noise would have which explains the rest of the update (Marchenko and Pastur, 1967), in the same units. */
  readonly edge: number
}

export interface PackedPicture {
  readonly tensor: string
  /** Counts of (parent's value - packed value) / step, in equal bins over [-1, 1]; what lies beyond is in the outermost. */
  readonly offsets: readonly number[]
  /** Counts of the values themselves in equal bins over [from, to], in steps of their group: levels stand at whole numbers where zero is one. */
  readonly from: number
  readonly to: number
  readonly child: readonly number[]
  readonly parent: readonly number[]
}

/** Rows and columns of the strip at most: deep models show layers spread over the stack. */
const MOST_LAYERS = 32
const MOST_ROLES = 16
/** With fewer rows a spectrum says nothing. */
export const MIN_DIRECTIONS = 8
const OFFSET_BINS = 48
/** Four bins a step over the levels of four bits, with the whole numbers in their middles. */
const [FROM_STEP, TO_STEP, VALUE_BINS] = [-8.125, 7.875, 64]

/**
 * The pictures of one claim, from what was read already.
 * @param pair the pair's evidence with the parent as A
 */
export function portraitOf(parent: Fingerprint, child: Fingerprint, pair: PairEvidence): Portrait {
  const strongest = strongestTensor(pair)
  const rows = strongest && rowPicture(parent, child, strongest)
  const spectrum = spectrumPicture(pair, child)
  const packed = packedPicture(parent, child)
  return { strip: updateStrip(pair), ...(rows ? { rows } : {}), ...(spectrum ? { spectrum } : {}), ...(packed ? { packed } : {}) }
}

const round = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(3)))

function updateStrip({ tensors }: PairEvidence): UpdateStrip {
  return stripOf(
    tensors.map(({ role, layer, squareA, squareDelta }) => ({
      role,
      layer,
      update: squareA > 0 ? Math.sqrt(squareDelta / squareA) : null,
    })),
  )
}

/** Lays updates out by role and layer, the body before what stands outside it. */
export function stripOf(
  tensors: readonly { readonly role: string; readonly layer: number | null; readonly update: number | null }[],
): UpdateStrip {
  const counts = new Map<string, number>()
  for (const { role } of tensors) counts.set(role, (counts.get(role) ?? 0) + 1)
  const common = [...counts].sort(([, m], [, n]) => n - m).slice(0, MOST_ROLES)
  const roles = common.map(([role]) => role).sort((a, b) => Number(isHeadOrEmbedding(a)) - Number(isHeadOrEmbedding(b)) || (a < b ? -1 : 1))
  const numbers = [...new Set(tensors.flatMap(({ layer }) => (layer === null ? [] : [layer])))].sort((a, b) => a - b)
  const layers = [...spread(numbers, MOST_LAYERS), ...(tensors.some(({ layer }) => layer === null) ? [null] : [])]
  const known = new Map(tensors.map((tensor) => [slabKey(tensor), tensor.update]))
  const updates = roles.flatMap((role) => layers.map((layer) => known.get(slabKey({ role, layer })) ?? null))
  return { roles, layers, updates: updates.map((update) => update && round(update)) }
}

function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T)
}

/** The matrix whose row match chance explains least; of equal ones the widest, in the body if there is any. */
function strongestTensor({ tensors }: PairEvidence): TensorEvidence | undefined {
  const body = (tensor: TensorEvidence) => Number(isHeadOrEmbedding(tensor.role))
  return tensors.filter(({ tested }) => tested > 0).sort((a, b) => body(a) - body(b) || a.logP - b.logP || b.cols - a.cols)[0]
}

const slabOf = (fingerprint: Fingerprint, key: string): Slab | undefined => fingerprint.slabs.find((slab) => slabKey(slab) === key)

function rowPicture(parent: Fingerprint, child: Fingerprint, tensor: TensorEvidence): RowPicture | null {
  const [a, b] = [slabOf(parent, slabKey(tensor)), slabOf(child, slabKey(tensor))]
  const common = a && b && commonBlock(a, b)
  if (!common) return null
  const { rows, cols } = common
  const size = Math.min(rows, MATCH_ROWS)
  const cosines = rowCosines(clean(common.a), clean(common.b), rows, cols, size)
  return { tensor: b.name, size, cosines: Array.from(cosines, (value) => Math.round(100 * value)) }
}

function clean(values: Float32Array): Float32Array {
  const copy = new Float32Array(values.length)
  copyClean(values, 0, copy, 0, values.length)
  return copy
}

/** Of the matrix that moved most, relative to its size. */
function spectrumPicture({ tensors }: PairEvidence, child: Fingerprint): SpectrumPicture | null {
  const moved = tensors.filter(
    (tensor) => tensor.kind === "matrix" && tensor.squareA > 0 && Math.min(tensor.head, tensor.cols) >= MIN_DIRECTIONS,
  )
  const [most] = moved.sort((a, b) => b.squareDelta / b.squareA - a.squareDelta / a.squareA)
  if (!most || most.squareDelta <= 0) return null
  return spectrumOf(slabOf(child, slabKey(most))?.name ?? most.role, most.deltaGram, most.head, most.cols)
}

/**
 * @param gram of the update's rows, row-major [rows, rows]
 * @param cols length of a row of the update
 */
export function spectrumOf(tensor: string, gram: ArrayLike<number>, rows: number, cols: number): SpectrumPicture | null {
  const values = eigenvalues(gram, rows)
  const mean = values.reduce((sum, value) => sum + value, 0) / rows
  if (!(mean > 0)) return null
  return {
    tensor,
    values: values.map((value) => round(Math.sqrt(value / mean))),
    edge: round(Math.sqrt(noiseEdge(values, cols) / mean)),
  }
}

/** Eigenvalues of a float32 Gram below this share of the largest are rounding. */
const GRAM_ROUNDING = 1e-6

/**
 * The largest eigenvalue (1 + sqrt(rows / cols))^2 times the noise's variance that noise alone would give, the variance taken from what
 * is left once everything over the edge is set aside, until nothing more is.
 * @param values eigenvalues of a Gram of that many rows, falling
 */
function noiseEdge(values: readonly number[], cols: number): number {
  const factor = (1 + Math.sqrt(values.length / cols)) ** 2
  const floor = GRAM_ROUNDING * (values[0] as number)
  let edge = Number.POSITIVE_INFINITY
  for (;;) {
    const rest = values.filter((value) => value <= edge)
    const next = factor * Math.max(floor, rest.reduce((sum, value) => sum + value, 0) / Math.max(1, rest.length))
    if (next >= edge) return edge
    edge = next
  }
}

/** Of the packed matrix of which most was read, in the body if there is any. */
function packedPicture(parent: Fingerprint, child: Fingerprint): PackedPicture | null {
  if (!packingOf(child).packing) return null
  const rank = ({ role, rows, cols }: Slab) => (isHeadOrEmbedding(role) ? 0 : rows * cols)
  for (const slab of child.slabs.filter(({ packing }) => packing).sort((a, b) => rank(b) - rank(a))) {
    const other = slabOf(parent, slabKey(slab))
    const common = other && commonBlock(slab, other)
    if (common) return { tensor: slab.name, ...histograms(slab, common.a, common.b, common.rows, common.cols) }
  }
  return null
}

function histograms(slab: Slab, packed: Float32Array, source: Float32Array, rows: number, cols: number): Omit<PackedPicture, "tensor"> {
  const width = steps(slab, packed, rows, cols)
  const zeros = (bins: number) => new Array<number>(bins).fill(0)
  const [child, parent, offsets] = [zeros(VALUE_BINS), zeros(VALUE_BINS), zeros(OFFSET_BINS)]
  const count = (bins: number[], place: number) => {
    const bin = Math.floor(place * bins.length)
    if (bin >= 0 && bin < bins.length) bins[bin] = (bins[bin] ?? 0) + 1
  }
  for (let i = 0; i < packed.length; i++) {
    const step = width(i)
    const [value, was] = [(packed[i] as number) / step, (source[i] as number) / step]
    if (!(step > 0 && Number.isFinite(value) && Number.isFinite(was))) continue
    count(child, (value - FROM_STEP) / (TO_STEP - FROM_STEP))
    count(parent, (was - FROM_STEP) / (TO_STEP - FROM_STEP))
    count(offsets, Math.min(1 - Number.EPSILON, Math.max(0, (was - value + 1) / 2)))
  }
  return { offsets, from: FROM_STEP, to: TO_STEP, child, parent }
}
