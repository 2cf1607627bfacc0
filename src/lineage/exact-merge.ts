import type { SampledTensor, WeightSample } from "./weight-sample"

/**
 * Whether a model is put together from others tensor by tensor: x = sum a_i m_i with coefficients of each tensor's own, and nothing left
 * but rounding. That covers weighted means, task arithmetic (Ilharco et al. 2023), SLERP (Shoemake 1985), model stock (Jang et al. 2024)
 * and layers taken by turns; training leaves far more than rounding.
 */
export interface Composition {
  readonly parts: readonly number[]
  /** The tensors that tell the parts apart. */
  readonly tensors: readonly Mixing[]
  /** Share of the sampled elements of changed tensors that it gives to the last bits. */
  readonly explained: number
  /** Share of those elements that stand in one of the parts alone. */
  readonly taken: number
  /** Squared rest beside the squared distance of the nearest part. */
  readonly residual: number
}

/** How one tensor is put together. */
export interface Mixing {
  readonly layer: number | null
  /** In the order of the parts. */
  readonly coefficients: readonly number[]
}

/** A rest of so many standard deviations of rounding is rounding still; arithmetic in a narrow dtype rounds more than once. */
const ROUNDED = 4
/** Share of a tensor's elements, and of all elements of changed tensors, that must be explained. */
const IN_TENSOR = 0.9
const IN_ALL = 0.97
/** Below this many standard deviations of rounding, two models are the same in a tensor. */
const SAME = 4
/** Each part must explain this share of all elements that the others cannot. */
const NEEDED = 0.15
/** A step must be this large beside rounding, or rounding would explain anything. */
const CLEAR = 8

/** Null as soon as more than the tolerated share of all elements is left unexplained. */
function fitParts(sample: WeightSample, x: number, parts: readonly number[], tolerated: number): Composition | null {
  const tensors: Mixing[] = []
  const limit = tolerated * (sample.tensors.at(-1)?.to ?? 0)
  let [elements, explained, taken, rest, nearest] = [0, 0, 0, 0, 0]
  for (const tensor of sample.tensors) {
    const fit = fitTensor(sample, tensor, x, parts)
    if (fit === null) continue
    const size = tensor.to - tensor.from
    elements += size
    if (fit.within >= IN_TENSOR * size) explained += size
    if (elements - explained > limit) return null
    if (fit.taken) taken += size
    rest += fit.rest
    nearest += fit.nearest
    if (fit.coefficients) tensors.push({ layer: tensor.layer, coefficients: fit.coefficients })
  }
  // Where nothing is left to explain, x is one of the parts.
  const share = (value: number) => (elements > 0 ? value / elements : 1)
  return { parts, tensors, explained: share(explained), taken: share(taken), residual: nearest > 0 ? rest / nearest : 0 }
}

interface TensorFit {
  /** Elements within rounding. */
  readonly within: number
  /** Null where the parts do not differ. */
  readonly coefficients: number[] | null
  /** x is one of the parts here. */
  readonly taken: boolean
  /** Squared, in units of rounding. */
  readonly rest: number
  readonly nearest: number
}

/** Null where the tensor says nothing: x and all parts are the same, or nearly. */
export function fitTensor(sample: WeightSample, tensor: SampledTensor, x: number, parts: readonly number[]): TensorFit | null {
  const size = tensor.to - tensor.from
  const weight = roundingWeights(sample, tensor, x, parts)
  // In units of rounding from here on.
  const scaled = (model: number) => {
    const values = sample.values[model] as Float64Array
    const own = new Float64Array(size)
    for (let e = 0; e < size; e++) own[e] = (values[tensor.from + e] as number) * (weight[e] as number)
    return own
  }
  const own = scaled(x)
  const others = parts.map(scaled)
  const away = others.map((values) => squaredDifference(values, own))
  const near = away.indexOf(Math.min(...away))
  const first = others[near] as Float64Array
  const differ = others.map((values) => squaredDifference(values, first) > SAME ** 2 * size)
  const apart = differ.includes(true)
  const nearest = away[near] as number
  if (nearest <= SAME ** 2 * size) {
    if (!apart) return null
    const coefficients = parts.map((_, n) => (n === near ? 1 : 0))
    return { within: countWithin(difference(own, first)), coefficients, taken: true, rest: 0, nearest: 0 }
  }
  // Rounding as large as the step would explain anything.
  if (nearest < CLEAR ** 2 * size) return null
  // SLERP's coefficients sum to a little more than one, so that the nearest part's own coefficient is free as well.
  const used = parts.map((_, n) => n).filter((n) => n !== near && differ[n])
  const columns = [...used.map((n) => difference(others[n] as Float64Array, first)), first.slice()]
  const { solved, rest } = leastSquares(columns, difference(own, first))
  const coefficients = parts.map(() => 0)
  let elsewhere = 0
  for (const [k, n] of used.entries()) {
    coefficients[n] = solved[k] as number
    elsewhere += solved[k] as number
  }
  coefficients[near] = 1 + (solved[used.length] as number) - elsewhere
  return {
    within: countWithin(rest),
    coefficients: apart ? coefficients : null,
    taken: false,
    rest: dot(rest, rest),
    nearest,
  }
}

/**
 * One over the standard deviation of an element's rounding when x is made of these parts: x's own, that of parts which were published
 * rounded, never less than a tenth of the tensor's typical one.
 */
function roundingWeights(
  { values }: WeightSample,
  { from, to, rounding }: SampledTensor,
  x: number,
  parts: readonly number[],
): Float64Array {
  const weight = new Float64Array(to - from)
  let sum = 0
  for (const model of [x, ...parts]) {
    const unit = (rounding[model] as number) ** 2 / 3 / (model === x ? 1 : parts.length)
    const own = values[model] as Float64Array
    for (let e = 0; e < weight.length; e++) {
      const value = own[from + e] as number
      weight[e] = (weight[e] as number) + unit * value * value
    }
  }
  for (let e = 0; e < weight.length; e++) sum += weight[e] as number
  const floor = 0.01 * (sum / weight.length) + 1e-60
  for (let e = 0; e < weight.length; e++) weight[e] = 1 / Math.sqrt((weight[e] as number) + floor)
  return weight
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const found = new Float64Array(a.length)
  for (let e = 0; e < a.length; e++) found[e] = (a[e] as number) - (b[e] as number)
  return found
}

function squaredDifference(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let e = 0; e < a.length; e++) {
    const apart = (a[e] as number) - (b[e] as number)
    sum += apart * apart
  }
  return sum
}

function countWithin(rest: Float64Array): number {
  let count = 0
  for (let e = 0; e < rest.length; e++) if (Math.abs(rest[e] as number) <= ROUNDED) count++
  return count
}

/** Four sums side by side need not wait for each other. */
function dot(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  const whole = a.length - (a.length % 4)
  for (let e = 0; e < whole; e += 4) {
    s0 += (a[e] as number) * (b[e] as number)
    s1 += (a[e + 1] as number) * (b[e + 1] as number)
    s2 += (a[e + 2] as number) * (b[e + 2] as number)
    s3 += (a[e + 3] as number) * (b[e + 3] as number)
  }
  for (let e = whole; e < a.length; e++) s0 += (a[e] as number) * (b[e] as number)
  return s0 + s1 + (s2 + s3)
}

function subtract(from: Float64Array, share: number, what: Float64Array): void {
  for (let e = 0; e < from.length; e++) from[e] = (from[e] as number) - share * (what[e] as number)
}

/**
 * Linear least squares by Gram-Schmidt: stable for columns that nearly agree, which get a coefficient of zero. Uses up its arguments.
 * @returns the coefficients and what they leave of the target
 */
function leastSquares(columns: readonly Float64Array[], target: Float64Array): { solved: number[]; rest: Float64Array } {
  const upper: number[][] = []
  const along: number[] = []
  for (const [k, column] of columns.entries()) {
    const before = dot(column, column)
    const row: number[] = []
    for (const unit of columns.slice(0, k)) {
      const size = dot(unit, column)
      row.push(size)
      subtract(column, size, unit)
    }
    const square = dot(column, column)
    const length = square > 1e-12 * before ? Math.sqrt(square) : 0
    for (let e = 0; e < column.length; e++) column[e] = length > 0 ? (column[e] as number) / length : 0
    upper.push([...row, length])
    along.push(dot(column, target))
    subtract(target, along[k] as number, column)
  }
  const solved = columns.map(() => 0)
  for (let k = columns.length - 1; k >= 0; k--) {
    let sum = along[k] as number
    for (let m = k + 1; m < columns.length; m++) sum -= ((upper[m] as number[])[k] as number) * (solved[m] as number)
    const length = (upper[k] as number[])[k] as number
    solved[k] = length > 0 ? sum / length : 0
  }
  return { solved, rest: target }
}

/**
 * The smallest set within `parts` that explains x, each of them needed for a good share of the elements; null where one or none is left,
 * or not all are explained.
 * @param parts those to be dropped first, first
 */
export function explainBy(sample: WeightSample, x: number, parts: readonly number[]): Composition | null {
  let best = fitParts(sample, x, parts, 1 - IN_ALL)
  if (!best || best.explained < IN_ALL) return null
  for (const part of parts) {
    const others = best.parts.filter((other) => other !== part)
    if (others.length === 0) return null
    const without = fitParts(sample, x, others, NEEDED + 1 - IN_ALL)
    if (!without) continue
    if (without.explained < IN_ALL) return null
    best = without
  }
  return best.parts.length > 1 ? best : null
}
