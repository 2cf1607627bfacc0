import { invert } from "./linear"

/** Weight of an edge that nothing speaks for, beside the child's best: every member has some parent. */
const FLOOR = 1e-12

/**
 * The probability of every edge a -> c over all trees (arborescences) with one root, where a tree's weight is the product of its edges': exact, by Tutte's matrix-tree theorem (Koo, Globerson, Carreras and Collins, EMNLP 2007).
 * @param scores log-weights of the edges a -> c, row-major [size, size]; -Infinity where a cannot be c's parent
 * @returns row-major [size, size]
 */
export function treeProbabilities(scores: Float64Array, size: number, root: number): Float64Array {
  const places = Array.from({ length: size }, (_, i) => i).filter((i) => i !== root)
  const order = size - 1
  const weights = new Float64Array(size * size)
  const laplacian = new Float64Array(order * order)
  for (const [col, child] of places.entries()) {
    let most = Number.NEGATIVE_INFINITY
    for (let a = 0; a < size; a++) if (a !== child) most = Math.max(most, scores[a * size + child] as number)
    if (!Number.isFinite(most)) most = 0
    let sum = 0
    for (let a = 0; a < size; a++) {
      if (a === child) continue
      const weight = Math.exp((scores[a * size + child] as number) - most) + FLOOR
      weights[a * size + child] = weight
      sum += weight
    }
    for (const [row, a] of places.entries()) laplacian[row * order + col] = a === child ? sum : -(weights[a * size + child] as number)
  }
  const inverse = invert(laplacian, order)
  const edges = new Float64Array(size * size)
  if (!inverse) return edges
  for (const [col, child] of places.entries()) {
    const own = inverse[col * order + col] as number
    edges[root * size + child] = (weights[root * size + child] as number) * own
    for (const [row, a] of places.entries())
      if (a !== child) edges[a * size + child] = (weights[a * size + child] as number) * (own - (inverse[col * order + row] as number))
  }
  return edges
}

/**
 * A tree of probable edges: taken in the order of their probability, each that gives a member its only parent and closes no circle.
 * @param edges probabilities of a -> c, row-major [size, size]
 * @returns the parent of every member but the root
 */
export function probableTree(edges: Float64Array, size: number, root: number): Map<number, number> {
  const order = [...edges.keys()].filter((at) => Math.floor(at / size) !== at % size && at % size !== root)
  order.sort((x, y) => (edges[y] as number) - (edges[x] as number) || x - y)
  const parents = new Map<number, number>()
  const isBelow = (node: number, above: number) => {
    for (let up: number | undefined = node; up !== undefined; up = parents.get(up)) if (up === above) return true
    return false
  }
  for (const at of order) {
    const [parent, child] = [Math.floor(at / size), at % size]
    if (!parents.has(child) && !isBelow(parent, child)) parents.set(child, parent)
  }
  return parents
}
