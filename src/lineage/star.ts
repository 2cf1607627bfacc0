import { type Distances, squaredDistance } from "./distance"

/** Models that lie around a common centre, each as far from it as its own training carried it. */
export interface Star {
  /** Squared ways from the centre, in the order of the members; a negative one is as good as none. */
  readonly ways: readonly number[]
  /** What of the squared distances the star leaves unexplained, relative root mean square. */
  readonly residual: number
}

/**
 * The star that explains the distances of some models best: independent steps from one centre add up, |i - j|^2 = way_i + way_j, whether or
 * not a model stands at the centre. Least squares in closed form; `null` for fewer than three models or unrelated ones.
 */
export function fitStar(distances: Distances, models: readonly number[]): Star | null {
  const size = models.length
  if (size < 3) return null
  const sums = models.map((i) => models.reduce((sum, j) => sum + squaredDistance(distances, i, j), 0))
  const total = sums.reduce((sum, value) => sum + value, 0) / 2
  if (!Number.isFinite(total) || total === 0) return null
  const ways = sums.map((sum) => (sum - total / (size - 1)) / (size - 2))
  let error = 0
  let scale = 0
  for (const [a, i] of models.entries())
    for (const [b, j] of models.slice(0, a).entries()) {
      const squared = squaredDistance(distances, i, j)
      error += (squared - (ways[a] as number) - (ways[b] as number)) ** 2
      scale += squared ** 2
    }
  return { ways, residual: Math.sqrt(error / scale) }
}

/**
 * How much of `hub`'s way from the common centre a model carries: about 1 for what was made from it, 0 for a sibling.
 * @param others further members of the star, at least two
 */
export function carriedWay(distances: Distances, hub: number, model: number, others: readonly number[]): number | null {
  const star = fitStar(distances, [hub, ...others])
  const own = star?.ways[0] ?? 0
  if (!star || !(own > 0)) return null
  const way = others.reduce((sum, j, n) => sum + squaredDistance(distances, model, j) - (star.ways[n + 1] as number), 0) / others.length
  return (way + own - squaredDistance(distances, hub, model)) / 2 / own
}
