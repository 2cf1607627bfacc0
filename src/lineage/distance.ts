import { slabKey } from "~src/fingerprint/slabs"
import { isAligned } from "./pair"
import { isDataStatistic } from "./roles"
import type { PairEvidence, TensorEvidence } from "./types"

/** Squared distances between `size` models, row-major; Infinity where two are not related. */
export interface Distances {
  readonly size: number
  readonly squared: Float64Array
}

export function squaredDistance(distances: Distances, i: number, j: number): number {
  return distances.squared[i * distances.size + j] as number
}

/** Data statistics are no training, and misaligned rows are no distance. */
export const isCompared = (tensor: TensorEvidence) => !isDataStatistic(tensor.role) && isAligned(tensor)

/** Updates below this share of a tensor's mean square are rounding, not training: they must not be magnified. */
const ROUNDING = 1e-10

/**
 * Squared distances in the metric of the family: each tensor's squared update is divided by the typical (median) variance
 * of that tensor's updates within the family. It stays linear in the weights, so that independent updates keep squared distances
 * additive along the tree, while one replaced head or one large embedding cannot drown the body.
 * @param pairs related pairs as [i, j, evidence], i < j; pairs not listed are unrelated
 */
export function familyDistances(size: number, pairs: readonly (readonly [number, number, PairEvidence])[]): Distances {
  const variances = new Map<string, number[]>()
  const scales = new Map<string, number>()
  for (const [, , evidence] of pairs) {
    for (const tensor of evidence.tensors) {
      if (!isCompared(tensor)) continue
      const elements = tensor.rows * tensor.cols
      const key = slabKey(tensor)
      scales.set(key, Math.max(scales.get(key) ?? 0, tensor.squareA / elements))
      if (tensor.squareDelta > 0) {
        const list = variances.get(key)
        if (list) list.push(tensor.squareDelta / elements)
        else variances.set(key, [tensor.squareDelta / elements])
      }
    }
  }
  const typical = new Map<string, number>()
  for (const [key, list] of variances) {
    list.sort((x, y) => x - y)
    const median = list[list.length >> 1] as number
    typical.set(key, Math.max(median, (scales.get(key) ?? 0) * ROUNDING))
  }
  const squared = new Float64Array(size * size).fill(Number.POSITIVE_INFINITY)
  for (let i = 0; i < size; i++) squared[i * size + i] = 0
  for (const [i, j, evidence] of pairs) {
    let sum = 0
    let elements = 0
    for (const tensor of evidence.tensors) {
      if (!isCompared(tensor)) continue
      elements += tensor.rows * tensor.cols
      const variance = typical.get(slabKey(tensor))
      if (variance !== undefined) sum += tensor.squareDelta / variance
    }
    const distance = elements > 0 ? sum / elements : Number.POSITIVE_INFINITY
    squared[i * size + j] = distance
    squared[j * size + i] = distance
  }
  return { size, squared }
}

/** What counts for models that are not related: far beyond any step, in the family's own units. */
const FAR = 1e6

/** Places in a list of members, the one nearest to all others first. */
export function byCentrality(distances: Distances, nodes: readonly number[]): number[] {
  const spread = nodes.map((i) => nodes.reduce((sum, j) => sum + Math.sqrt(Math.min(FAR, squaredDistance(distances, i, j))), 0))
  return nodes.map((_, n) => n).sort((a, b) => (spread[a] as number) - (spread[b] as number) || a - b)
}

/** Inner product <i - x, j - x> from squared distances (law of cosines). */
export function innerProduct(distances: Distances, x: number, i: number, j: number): number {
  return (squaredDistance(distances, i, x) + squaredDistance(distances, j, x) - squaredDistance(distances, i, j)) / 2
}

/** The same distances and, as the last member, a point that lies this far (squared) from every other. */
export function withPoint({ size, squared }: Distances, ways: readonly number[]): Distances {
  const wider = new Float64Array((size + 1) ** 2)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) wider[i * (size + 1) + j] = squared[i * size + j] as number
    wider[i * (size + 1) + size] = wider[size * (size + 1) + i] = ways[i] as number
  }
  return { size: size + 1, squared: wider }
}
