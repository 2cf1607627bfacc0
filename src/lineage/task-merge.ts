import { type Distances, innerProduct, squaredDistance } from "./distance"
import { type Mixture, solveShares } from "./merge"

/** Candidates for the base: the most central members. */
const BASES = 2
/** Task vectors tried together. */
const TASKS = 8
const MIN_CORRELATION = 0.15
const MIN_SHARE = 0.08
const MAX_SHARE = 1.05
const BASE_SHARE = [-1.1, 0.9] as const
/** Task arithmetic leaves rounding alone. */
const MAX_RESIDUAL = 0.02
/** A merge by selection keeps this share of the base's elements to the bit, and its relatives hardly any. */
const SELECTED = 0.1
const SELECTED_ELSEWHERE = 0.3
/** Part of the step that the parts' task vectors must explain in a merge by selection, and each one's coefficient. */
const EXPLAINED = 0.3
const MIN_COEFFICIENT = 0.12
/** Mean cosine below which the base and the parts lie in unrelated directions. */
const AT_RIGHT_ANGLES = 0.15

/**
 * Merges along task vectors from a common base: x = base + sum b_i (m_i - base). Exactly so for task arithmetic (Ilharco et al.
 * 2023); in the mean for merges that select elements (TIES, Yadav et al. 2023; DARE, Yu et al. 2024), which betray themselves by
 * the elements they leave exactly as in the base. Everything comes from squared distances and counts of equal elements.
 * @param plain members that are no merges or edits themselves
 * @param equal share of exactly equal elements of a pair's changed body matrices
 */
export function findTaskMerge(
  distances: Distances,
  x: number,
  plain: readonly number[],
  equal: (i: number, j: number) => number,
): Mixture | null {
  const related = plain.filter((i) => i !== x && Number.isFinite(squaredDistance(distances, x, i)))
  for (const base of central(distances, related)) {
    const own = squaredDistance(distances, base, x)
    if (!(own > 0)) continue
    const tasks = related
      .filter((i) => i !== base && squaredDistance(distances, base, i) > 0)
      .map((i) => ({ i, correlation: innerProduct(distances, base, x, i) / Math.sqrt(own * squaredDistance(distances, base, i)) }))
      .filter(({ correlation }) => correlation > MIN_CORRELATION)
      .sort((a, b) => b.correlation - a.correlation)
      .slice(0, TASKS)
      .map(({ i }) => i)
    const found = exact(distances, x, base, tasks) ?? (isSelection(x, base, tasks, equal) ? selected(distances, x, base, tasks) : null)
    if (found) return found
  }
  return null
}

function central(distances: Distances, nodes: readonly number[]): number[] {
  const spread = (i: number) => nodes.reduce((sum, j) => sum + Math.sqrt(Math.min(1e6, squaredDistance(distances, i, j))), 0)
  return [...nodes].sort((a, b) => spread(a) - spread(b) || a - b).slice(0, BASES)
}

function exact(distances: Distances, x: number, base: number, tasks: readonly number[]): Mixture | null {
  let best: Mixture | null = null
  const consider = (parts: readonly number[]) => {
    const fit = solveShares(distances, x, [...parts, base])
    if (!fit) return
    const own = fit.shares.slice(0, -1)
    const rest = fit.shares.at(-1) as number
    if (rest < BASE_SHARE[0] || rest > BASE_SHARE[1] || own.some((share) => share < MIN_SHARE || share > MAX_SHARE)) return
    const residual = fit.squared / Math.min(...[base, ...parts].map((i) => squaredDistance(distances, x, i)))
    if (residual > MAX_RESIDUAL || (best && best.residual <= residual)) return
    best = toMixture(parts, own, residual)
  }
  for (const [n, i] of tasks.entries())
    for (const [m, j] of tasks.slice(n + 1).entries()) {
      consider([i, j])
      for (const k of tasks.slice(n + m + 2)) consider([i, j, k])
    }
  return best
}

function isSelection(x: number, base: number, tasks: readonly number[], equal: (i: number, j: number) => number): boolean {
  const own = equal(x, base)
  if (own < SELECTED) return false
  const others = tasks.map((i) => equal(i, base)).sort((a, b) => a - b)
  return (others[others.length >> 1] ?? 0) < SELECTED_ELSEWHERE * own
}

/** Non-negative least squares of x - base on the task vectors by coordinate descent. */
function selected(distances: Distances, x: number, base: number, tasks: readonly number[]): Mixture | null {
  const b = tasks.map(() => 0)
  const own = squaredDistance(distances, base, x)
  for (let sweep = 0; sweep < 60; sweep++)
    for (const [n, i] of tasks.entries()) {
      let gradient = innerProduct(distances, base, x, i)
      for (const [m, j] of tasks.entries()) if (m !== n) gradient -= (b[m] as number) * innerProduct(distances, base, i, j)
      b[n] = Math.max(0, gradient / squaredDistance(distances, base, i))
    }
  const explained = tasks.reduce((sum, i, n) => sum + (b[n] as number) * innerProduct(distances, base, x, i), 0) / own
  const parts = tasks.filter((_, n) => (b[n] as number) >= MIN_COEFFICIENT)
  if (parts.length < 2 || explained < EXPLAINED || isOnTheWay(distances, x, base, parts)) return null
  return toMixture(
    parts,
    parts.map((i) => b[tasks.indexOf(i)] as number),
    Math.max(0, 1 - explained),
  )
}

/**
 * An ancestor explains itself by its descendants: seen from a child that kept its elements (the base), all others carry the step back
 * to it. But it stands where their ways part, at right angles, and a merge does not.
 */
function isOnTheWay(distances: Distances, x: number, base: number, parts: readonly number[]): boolean {
  const cosines = parts.map(
    (i) => innerProduct(distances, x, base, i) / Math.sqrt(squaredDistance(distances, x, base) * squaredDistance(distances, x, i) || 1),
  )
  return cosines.reduce((sum, cosine) => sum + cosine, 0) / parts.length < AT_RIGHT_ANGLES
}

/** Parts by falling share, shares summing to 1. */
function toMixture(parts: readonly number[], weights: readonly number[], residual: number): Mixture {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const order = parts.map((_, n) => n).sort((p, q) => (weights[q] as number) - (weights[p] as number))
  return { kind: "merge", parts: order.map((n) => parts[n] as number), shares: order.map((n) => (weights[n] as number) / total), residual }
}
