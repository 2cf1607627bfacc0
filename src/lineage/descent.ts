import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import { symmetricEigen } from "./spectrum"
import type { PairEvidence, TensorEvidence } from "./types"

/** Rows per tensor: enough directions to leave the signal aside, few enough to be quick. */
const ROWS = 24
/** Fewer directions than this have no bulk to speak of. */
const MINIMUM_DIRECTIONS = 6
/** Directions below this share of the energy are rounding. */
const NEGLIGIBLE = 1e-5

/**
 * Does b descend from a, seen from p? Training writes a signal, which siblings on similar data share, and noise, which only
 * heirs share. With u = a - p and v = b - p the answer is the median over tensors of <u, v> / <u, u> in the weaker half of u's
 * row-space directions, where noise lives: about 1 for descent, well below (or, for a longer run of the same training, above)
 * for siblings. Everything comes from the three pairs' delta Grams: u v' + v u' = uu' + vv' - (v - u)(v - u)'.
 * @param own evidence of (p, a), @param whole of (p, b), @param step of (a, b)
 * @returns null when no tensor has enough rows
 */
export function bulkInheritance(own: PairEvidence, whole: PairEvidence, step: PairEvidence): number | null {
  const others = [whole, step].map((pair) => new Map(pair.tensors.map((tensor) => [key(tensor), tensor])))
  const values: number[] = []
  for (const tensor of own.tensors) {
    if (tensor.kind !== "matrix" || isHeadOrEmbedding(tensor.role) || isDataStatistic(tensor.role)) continue
    const [v, w] = others.map((map) => map.get(key(tensor)))
    const value = v && w ? inTensor(tensor, v, w) : null
    if (value !== null) values.push(value)
  }
  values.sort((a, b) => a - b)
  return values[values.length >> 1] ?? null
}

const key = (tensor: TensorEvidence) => `${tensor.role}|${tensor.layer ?? ""}`

function inTensor(u: TensorEvidence, v: TensorEvidence, w: TensorEvidence): number | null {
  const n = Math.min(ROWS, u.head, v.head, w.head)
  const { values, vectors } = symmetricEigen(u.deltaGram, u.head, n)
  const total = values.reduce((sum, value) => sum + value, 0)
  const live = values.filter((value) => value > NEGLIGIBLE * total).length
  if (live < MINIMUM_DIRECTIONS) return null
  let energy = 0
  let shared = 0
  for (let i = live >> 1; i < live; i++) {
    const e = vectors[i] as Float64Array
    energy += values[i] as number
    for (let r = 0; r < n; r++)
      for (let c = 0; c < n; c++) {
        const cross =
          ((u.deltaGram[r * u.head + c] as number) + (v.deltaGram[r * v.head + c] as number) - (w.deltaGram[r * w.head + c] as number)) / 2
        shared += (e[r] as number) * cross * (e[c] as number)
      }
  }
  return energy > 0 ? shared / energy : null
}
