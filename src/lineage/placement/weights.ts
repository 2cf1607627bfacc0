import learned from "~assets/placement.json"
import { FEATURES } from "./features"

const { mean, scale, linear, output } = learned
const inputs = FEATURES.length
const units = output.length
// Standardising is linear, so that it goes into the weights.
const first = Float64Array.from(linear, (weight, f) => weight * (scale[f] as number))
const hidden = Float64Array.from(learned.hidden.flatMap((unit) => unit.map((weight, f) => weight * (scale[f] as number))))
const before = (weights: readonly number[]) =>
  weights.reduce((sum, weight, f) => sum - weight * (scale[f] as number) * (mean[f] as number), 0)
const start = before(linear)
const bias = learned.hidden.map((unit, h) => (learned.bias[h] as number) + before(unit))

/**
 * The learned log-weight of every edge (assets/placement.md): a linear part and a small hidden layer.
 * @param values features, row-major [rows, FEATURES]
 * @returns [rows]
 */
export function weighEdges(values: Float64Array): Float64Array {
  const weights = new Float64Array(values.length / inputs)
  for (let row = 0; row < weights.length; row++) {
    let sum = start
    for (let f = 0; f < inputs; f++) sum += (values[row * inputs + f] as number) * (first[f] as number)
    for (let h = 0; h < units; h++) {
      let unit = bias[h] as number
      for (let f = 0; f < inputs; f++) unit += (values[row * inputs + f] as number) * (hidden[h * inputs + f] as number)
      sum += Math.tanh(unit) * (output[h] as number)
    }
    weights[row] = sum
  }
  return weights
}
