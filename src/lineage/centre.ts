import { median } from "~src/core/median"
import { type Distances, innerProduct, squaredDistance } from "./distance"

/** From here on what a member shares with another beyond the centre makes it the other's heir. */
const CARRIED = 0.5

/** A place that models were trained from in different ways, whether or not one of them stands there. */
export interface Centre {
  /** Squared way from it to every member of the distances. */
  readonly ways: readonly number[]
  /** What of the squared distances of its children it leaves unexplained, relative root mean square. */
  readonly residual: number
}

/**
 * Where some models were trained from. Independent steps add up, |i - j|^2 = way_i + way_j, so that seen from a child any two members that do not
 * descend from it lie the same way off: <m - n, k - n> = way_n. The median over all such pairs holds as long as most are no closer relatives.
 * @param children places of at least two of the models in question
 * @returns null where too little is known
 */
export function centreOf(distances: Distances, children: readonly number[]): Centre | null {
  const everyone = Array.from({ length: distances.size }, (_, n) => n)
  const far = (n: number, m: number) => squaredDistance(distances, n, m)
  const ways = Array<number>(distances.size).fill(Number.NaN)
  for (const n of children) {
    const others = everyone.filter((k) => k !== n && Number.isFinite(far(n, k)))
    const seen = others.flatMap((k, at) =>
      others.slice(at + 1).flatMap((m) => (children.includes(m) || children.includes(k) ? [innerProduct(distances, n, m, k)] : [])),
    )
    ways[n] = median(seen.filter(Number.isFinite)) ?? Number.NaN
  }
  for (const n of everyone)
    if (!children.includes(n)) ways[n] = median(children.map((m) => far(n, m) - (ways[m] as number)).filter(Number.isFinite)) ?? Number.NaN
  if (children.length < 2 || ways.some(Number.isNaN)) return null
  let [error, scale] = [0, 0]
  // Two children tell nothing of how well a centre fits.
  const tested = children.length > 2 ? children : everyone
  for (const m of children)
    for (const n of tested) {
      if (n === m || (n < m && children.includes(n)) || !Number.isFinite(far(n, m))) continue
      error += (far(n, m) - (ways[m] as number) - (ways[n] as number)) ** 2
      scale += far(n, m) ** 2
    }
  return { ways: ways.map((way) => Math.max(0, way)), residual: scale > 0 ? Math.sqrt(error / scale) : 0 }
}

/** The members that carry no other's way from the centre: what was trained from one of them is no child of the centre. */
export function withoutHeirs(distances: Distances, { ways }: Centre): number[] {
  const way = (n: number) => ways[n] as number
  const carries = (n: number, m: number) => way(m) < way(n) && way(n) + way(m) - squaredDistance(distances, n, m) > 2 * CARRIED * way(m)
  return [...ways.keys()].filter((n) => !ways.some((_, m) => m !== n && carries(n, m)))
}
