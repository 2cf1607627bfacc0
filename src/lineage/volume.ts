import { median } from "~src/core/median"
import { perObject } from "~src/core/per-object"
import { slabKey } from "~src/fingerprint/slabs"
import { type Distances, isCompared } from "./distance"
import type { PairEvidence, TensorEvidence } from "./types"

/** Rows of a matrix looked at: twice as many tell hardly more. */
const ROWS = 32
/** Share of an update's mean square that lies in every direction: less is rounding. */
const NOISE = 1e-4
/** A tensor's volume counts as this far from the family's typical one at most, in natural logarithms: one that was left as it is has none. */
const MOST = 12

/**
 * Squared distances by the room that an update takes in all directions of a tensor together: the generalised variance (the determinant of its
 * rows' covariance, Wilks 1932) in place of their sum of squares, as the geometric mean over rows and tensors, in units of the family's typical
 * one. A sum of squares lies nearly all in the few directions into which training writes most, which siblings on similar data share and in
 * which a long step drowns a small one. The many others hold the noise of each training, which only heirs carry: there they are near. Noise
 * adds up along the tree, so that these distances are nearly additive too.
 * @param distances what stands for the volume where it was not measured, in the same proportion as elsewhere
 * @param pairs related pairs as [i, j, evidence], i < j, of the first members that the distances are of
 */
export function volumeDistances(distances: Distances, pairs: readonly (readonly [number, number, PairEvidence])[]): Distances {
  const typical = typicalVolumes(pairs)
  const { size } = distances
  const measured = new Map<number, number>()
  for (const [i, j, { tensors }] of pairs) {
    let [sum, elements] = [0, 0]
    for (const tensor of tensors) {
      const usual = typical.get(slabKey(tensor))
      if (!isMeasured(tensor) || usual === undefined) continue
      const weight = Math.min(ROWS, tensor.head) * tensor.cols
      sum += weight * Math.max(-MOST, Math.min(MOST, logVolume(tensor) - usual))
      elements += weight
    }
    if (elements > 0) measured.set(i * size + j, Math.exp(sum / elements))
  }
  if (measured.size === 0) return distances
  const ratios = [...measured].map(([at, volume]) => volume / (distances.squared[at] as number)).filter(Number.isFinite)
  const proportion = median(ratios) ?? 1
  const squared = distances.squared.map((distance) => distance * proportion)
  for (const [at, volume] of measured) squared[at] = squared[(at % size) * size + Math.floor(at / size)] = volume
  return { size, squared }
}

/** The median volume of every tensor's updates, as a logarithm. */
function typicalVolumes(pairs: readonly (readonly [number, number, PairEvidence])[]): ReadonlyMap<string, number> {
  const all = new Map<string, number[]>()
  for (const [, , { tensors }] of pairs)
    for (const tensor of tensors) {
      const own = isMeasured(tensor) ? logVolume(tensor) : Number.NEGATIVE_INFINITY
      if (!Number.isFinite(own)) continue
      const known = all.get(slabKey(tensor))
      if (known) known.push(own)
      else all.set(slabKey(tensor), [own])
    }
  return new Map([...all].map(([key, own]) => [key, median(own) as number]))
}

const isMeasured = (tensor: TensorEvidence) => tensor.kind === "matrix" && tensor.head > 1 && isCompared(tensor)

/** Per row; -Infinity where nothing changed. */
const logVolume = perObject(({ deltaGram, head, cols }: TensorEvidence): number => {
  const rows = Math.min(ROWS, head)
  const covariance = new Float64Array(rows * rows)
  let trace = 0
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) covariance[i * rows + j] = (deltaGram[i * head + j] as number) / cols
    trace += covariance[i * (rows + 1)] as number
  }
  if (!(trace > 0)) return Number.NEGATIVE_INFINITY
  for (let i = 0; i < rows; i++) covariance[i * (rows + 1)] = (covariance[i * (rows + 1)] as number) + (NOISE * trace) / rows
  return logDeterminant(covariance, rows) / rows
})

/** Of a positive definite matrix, row-major [size, size], by Cholesky's factors in its place. */
function logDeterminant(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j] as number
      for (let k = 0; k < j; k++) rest -= (matrix[i * size + k] as number) * (matrix[j * size + k] as number)
      if (i === j) {
        if (!(rest > 0)) return Number.NEGATIVE_INFINITY
        sum += Math.log(rest)
        matrix[i * size + i] = Math.sqrt(rest)
      } else matrix[i * size + j] = rest / (matrix[j * size + j] as number)
    }
  }
  return sum
}
