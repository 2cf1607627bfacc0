import { perObject } from "~src/core/per-object"
import { commonBlock, slabKey, slabsByKey, slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"
import { isHeadOrEmbedding } from "./roles"

/** What an adapter's numbers say of one candidate; null where there is nothing to compare. */
export interface AdapterWeights {
  /** Mean squared relative distance of the whole tensors that it carries from the base's own. */
  readonly whole: number | null
  /** The same of DoRA's magnitudes from the norms of the base's rows, where training begins. */
  readonly magnitude: number | null
  /** Mean ln of the share of the base's rows that lies in the span of A, over the share that chance gives. */
  readonly span: number | null
  /** Variance that chance alone gives {@link span}: few directions of few rows say little. */
  readonly spanNoise: number
}

const PART = /\.(lora_(?:embedding_)?[ab]|dora_magnitude)(\.bias)?$/

/** Compares an adapter's numbers with one base: equal coordinates only. */
export function weighAdapter(adapter: Fingerprint, base: Fingerprint): AdapterWeights {
  const inBase = slabsByKey(base)
  const [whole, magnitude, span, noise]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (const slab of adapter.slabs) {
    const part = PART.exec(slab.role)
    const role = part ? slab.role.slice(0, part.index) : slab.role
    // A base with one matrix for both has its head in the embedding.
    const other =
      inBase.get(slabKey({ ...slab, role })) ?? (role === "lm_head" ? inBase.get(slabKey({ ...slab, role: "embed" })) : undefined)
    if (!other) continue
    if (part === null) push(whole, wholeDistance(slab, other))
    else if (part[1] === "dora_magnitude") push(magnitude, magnitudeDistance(slab, other))
    else if (part[1] === "lora_a" && part[2] === undefined) {
      const share = spanShare(slab, other)
      if (share === null || !Number.isFinite(share.log)) continue
      span.push(share.log)
      noise.push(share.variance)
    }
  }
  return { whole: mean(whole), magnitude: mean(magnitude), span: mean(span), spanNoise: (mean(noise) ?? 0) / Math.max(1, span.length) }
}

function push(list: number[], value: number | null): void {
  if (value !== null && Number.isFinite(value)) list.push(value)
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

function wholeDistance(slab: Slab, other: Slab): number | null {
  const block = commonBlock(slab, other)
  if (!block) return null
  let [distance, size] = [0, 0]
  for (const [i, value] of block.a.entries()) {
    distance += (value - (block.b[i] as number)) ** 2
    size += value * value
  }
  return distance / size
}

/** PEFT's DoRA keeps one magnitude per output, begun as the norm of that row of the base (Liu et al., "DoRA", 2024). */
function magnitudeDistance(slab: Slab, other: Slab): number | null {
  const { rows, cols } = matrixShape(other.shape)
  if (slab.cols !== rows || slab.rows !== 1 || other.cols !== cols) return null
  const [magnitudes, values] = [slabValues(slab), slabValues(other)]
  let [distance, size] = [0, 0]
  for (let row = 0; row < other.rows; row++) {
    let square = 0
    for (let col = 0; col < cols; col++) square += (values[row * cols + col] as number) ** 2
    const magnitude = magnitudes[other.row0 + row] as number
    distance += (magnitude - Math.sqrt(square)) ** 2
    size += magnitude * magnitude
  }
  return distance / size
}

/** Rows compared of one matrix. */
const SPAN_ROWS = 16
/** One adapter is held against many bases. */
const basisOf = perObject((slab: Slab) => orthonormal(slabValues(slab), slab.rows, slab.cols))

/**
 * Training turns A towards the inputs that the base's layer gets, and these are what the base's own rows listen to: the rows lie
 * more in the span of A than the rows of a stranger do.
 */
function spanShare(slab: Slab, other: Slab): { readonly log: number; readonly variance: number } | null {
  const { cols } = matrixShape(other.shape)
  if (slab.cols !== cols || slab.col0 !== 0 || other.cols !== cols || slab.rows >= cols) return null
  const basis = basisOf(slab)
  const values = slabValues(firstRows(other, SPAN_ROWS))
  const rows = Array.from({ length: Math.min(other.rows, SPAN_ROWS) }, (_, row) => values.subarray(row * cols, (row + 1) * cols))
  const all = rows.reduce((sum, row) => sum + dot(row, row), 0)
  const inside = rows.reduce((sum, row) => sum + basis.reduce((part, direction) => part + dot(row, direction) ** 2, 0), 0)
  // A random direction meets 1 / cols of the rows' energy, with the variance of a mean over as many directions as the rows fill.
  const crossed = rows.reduce((sum, a, i) => sum + rows.slice(0, i).reduce((part, b) => part + 2 * dot(a, b) ** 2, dot(a, a) ** 2), 0)
  return basis.length === 0
    ? null
    : { log: Math.log(inside / all / (basis.length / cols)), variance: (2 * crossed) / all ** 2 / basis.length }
}

/** Rows of A shorter than this share of the longest, once the others are taken out, span nothing of their own. */
const DEPENDENT = 1e-4

/** Gram-Schmidt, twice over, which makes up for float32's rounding. */
function orthonormal(values: Float32Array, rows: number, cols: number): Float32Array[] {
  const basis: Float32Array[] = []
  let longest = 0
  for (let row = 0; row < rows; row++) {
    const direction = values.slice(row * cols, (row + 1) * cols)
    longest = Math.max(longest, Math.sqrt(dot(direction, direction)))
    for (const known of [...basis, ...basis]) {
      const along = dot(direction, known)
      for (let col = 0; col < cols; col++) direction[col] = (direction[col] as number) - along * (known[col] as number)
    }
    const length = Math.sqrt(dot(direction, direction))
    if (length > DEPENDENT * longest) basis.push(direction.map((value) => value / length))
  }
  return basis
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

/** Matrices looked at, and the cosine from which two models count as one family: fine-tunes lie above 0.9, strangers at 0. */
const FAMILY_MATRICES = 2
const FAMILY_ROWS = 8
const FAMILY_COSINE = 0.3

/** Which models are of one family, as the number of each one's family in the order of their first member. */
export function families(models: readonly (Fingerprint | null)[]): number[] {
  const heads: (readonly Slab[])[] = []
  return models.map((model) => {
    if (model === null) return -1
    const matrices = model.slabs.filter(({ shape, role }) => shape.length > 1 && !isHeadOrEmbedding(role))
    const known = heads.findIndex((head) => cosine(head, matrices) > FAMILY_COSINE)
    return known >= 0 ? known : heads.push(matrices) - 1
  })
}

function cosine(a: readonly Slab[], b: readonly Slab[]): number {
  const inB = new Map(b.map((slab) => [slabKey(slab), slab]))
  let [along, squareA, squareB, seen] = [0, 0, 0, 0]
  for (const slab of a) {
    const other = inB.get(slabKey(slab))
    const block = other && commonBlock(firstRows(slab, FAMILY_ROWS), firstRows(other, FAMILY_ROWS))
    if (!block) continue
    along += dot(block.a, block.b)
    squareA += dot(block.a, block.a)
    squareB += dot(block.b, block.b)
    if (++seen === FAMILY_MATRICES) break
  }
  return squareA * squareB === 0 ? 0 : along / Math.sqrt(squareA * squareB)
}

function firstRows(slab: Slab, rows: number): Slab {
  const kept = Math.min(rows, slab.rows)
  return { ...slab, rows: kept, bits: slab.bits.subarray(0, (slab.bits.length / Math.max(1, slab.rows)) * kept) }
}
