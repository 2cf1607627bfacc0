import { keptValues, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"
import type { Dtype } from "~src/formats/types"
import { isDataStatistic } from "./roles"

/** The same few thousand weights of several models of one shape, tensor by tensor. */
export interface WeightSample {
  /** Values by model, all tensors joined. */
  readonly values: readonly Float64Array[]
  readonly tensors: readonly SampledTensor[]
}

export interface SampledTensor {
  readonly layer: number | null
  /** Its elements are [from, to) of the values. */
  readonly from: number
  readonly to: number
  /** Largest relative rounding error of a stored number, by model. */
  readonly rounding: readonly number[]
}

/** Elements of all tensors together, and of one. */
const ELEMENTS = 12_288
const MOST = 256
/** Neighbours read together. */
const RUN = 8
/** A tensor with fewer says nothing about how it was mixed. */
const FEWEST = 16

/** Half the distance of neighbouring numbers, relative to the number; integers are no weights. */
const ROUNDING: Readonly<Partial<Record<Dtype, number>>> = {
  F64: 2 ** -24,
  F32: 2 ** -24,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  F8_E4M3: 2 ** -4,
  F8_E5M2: 2 ** -3,
}

/** Samples the tensors that all these models have, at places that are the same in all of them. */
export function sampleWeights(models: readonly Fingerprint[]): WeightSample {
  const [first, ...others] = models.map(slabsByKey)
  const shared = [...(first ?? new Map<string, Slab>())].flatMap(([key, slab]) => {
    const slabs = [slab, ...others.map((other) => other.get(key))]
    return slabs.every((each) => each !== undefined && ROUNDING[each.dtype] !== undefined) && !isDataStatistic(slab.role)
      ? [slabs as Slab[]]
      : []
  })
  const each = Math.min(MOST, Math.floor(ELEMENTS / Math.max(1, shared.length)))
  const parts: Float64Array[][] = models.map(() => [])
  const tensors: SampledTensor[] = []
  let from = 0
  for (const slabs of shared) {
    const places = commonPlaces(slabs, each)
    if (places.length * RUN < FEWEST) continue
    const read = slabs.map((slab) => valuesAt(slab, places))
    if (read.some((values) => !values.every(Number.isFinite))) continue
    for (const [n, values] of read.entries()) parts[n]?.push(values)
    const rounding = slabs.map((slab, n) => roundingOf(slab.dtype, read[n] as Float64Array))
    const to = from + places.length * RUN
    tensors.push({ layer: (slabs[0] as Slab).layer, from, to, rounding })
    from = to
  }
  return { values: parts.map((own) => joined(own, from)), tensors }
}

function joined(parts: readonly Float64Array[], length: number): Float64Array {
  const all = new Float64Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Every so many elements of a sample, so that about `wanted` are left. */
export function thinned({ values, tensors }: WeightSample, wanted: number): WeightSample {
  const step = Math.max(1, Math.ceil((values[0]?.length ?? 0) / wanted))
  let at = 0
  const fewer = tensors.map((tensor) => {
    const from = at
    at += Math.ceil((tensor.to - tensor.from) / step)
    return { ...tensor, from, to: at }
  })
  const thin = (own: Float64Array) => {
    const kept = new Float64Array(at)
    for (const [t, { from, to }] of tensors.entries())
      for (let e = from, k = fewer[t]?.from ?? 0; e < to; e += step, k++) kept[k] = own[e] as number
    return kept
  }
  return { values: values.map(thin), tensors: fewer }
}

/** Starts [row, column] of runs inside the block that all slabs hold, spread over it. */
function commonPlaces(slabs: readonly Slab[], wanted: number): [number, number][] {
  const [{ shape }] = slabs as [Slab]
  if (slabs.some((slab) => matrixShape(slab.shape).cols !== matrixShape(shape).cols)) return []
  const row0 = Math.max(...slabs.map((slab) => slab.row0))
  const rows = Math.min(...slabs.map((slab) => slab.row0 + slab.rows)) - row0
  const col0 = Math.max(...slabs.map((slab) => slab.col0))
  const runs = Math.floor((Math.min(...slabs.map((slab) => slab.col0 + slab.cols)) - col0) / RUN)
  if (rows < 1 || runs < 1) return []
  const count = Math.min(rows * runs, Math.ceil(wanted / RUN))
  return Array.from({ length: count }, (_, n) => {
    // Steps of the golden section keep clear of a width that the stride divides.
    const at = Math.floor(((n + ((n * 0.618034) % 1)) * rows * runs) / count)
    return [row0 + Math.floor(at / runs), col0 + (at % runs) * RUN]
  })
}

function valuesAt(slab: Slab, places: readonly (readonly [number, number])[]): Float64Array {
  const values = keptValues(slab)
  const read = new Float64Array(places.length * RUN)
  for (let n = 0; n < places.length; n++) {
    const [row, col] = places[n] as readonly [number, number]
    const at = (row - slab.row0) * slab.cols + col - slab.col0
    for (let i = 0; i < RUN; i++) read[n * RUN + i] = values[at + i] as number
  }
  return read
}

/** A model may have been rounded before it was stored in a wider dtype. */
function roundingOf(dtype: Dtype, values: Float64Array): number {
  const stored = ROUNDING[dtype] ?? 1
  if (stored > 2 ** -24) return stored
  if (isOnGrid(values, 2 ** 8)) return 2 ** -8
  return isOnGrid(values, 2 ** 11) ? 2 ** -11 : stored
}

/** Whether all values have no more significant binary digits than `steps` has. */
function isOnGrid(values: Float64Array, steps: number): boolean {
  return values.every((value) => {
    if (value === 0) return true
    const scaled = (Math.abs(value) / 2 ** (Math.floor(Math.log2(Math.abs(value))) + 1)) * steps
    return Number.isInteger(scaled)
  })
}
