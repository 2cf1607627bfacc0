import type { DirectionCues } from "./cues"
import { type Distances, squaredDistance } from "./distance"

export interface RootingInput {
  readonly distances: Distances
  readonly nodes: readonly number[]
  /** Members that may be the root. */
  readonly roots: readonly number[]
  /** The tree that each of them implies, as parents by member. */
  readonly trees: readonly ReadonlyMap<number, number>[]
  /** Upload times in milliseconds, null where unknown. */
  readonly times: readonly (number | null)[]
  readonly cues: (u: number, v: number) => DirectionCues
  /** Members whose place follows from their making (merges, prunings): their edge says nothing of the root. */
  readonly placed: ReadonlySet<number>
}

/** How probable each root is, in the order of `roots`, by everything and by the tree's shape alone. */
export interface RootOdds {
  readonly all: readonly number[]
  readonly shape: readonly number[]
}

/** Share of dates that say nothing about descent (uploaded again, made public later). */
const REUPLOADED = 0.03
/** Share of honest pairs in which the child is nevertheless older (private first). */
const REVERSED = 0.01
/** Dates closer than this are one batch of uploads: the order in it means little. */
const SAME_BATCH_MS = 10 * 60 * 1000
/** Weight of the tree's shape: relatives that were not found make it less certain than its formula. */
const SHAPE = 0.85
/** Weight of the tree's length, per member and unit of its logarithm. */
const LENGTH = 0.2

/**
 * Weighs all roots of a family against each other, each with the tree that it implies. The score of a root adds
 * - rumour centrality, the number of orders in which its tree can have grown (Shah and Zaman 2011),
 * - the length of its tree: the true root explains the members by the shortest steps,
 * - the dates, where each member's date may be void at a price, so that one re-uploaded parent cannot turn a family round,
 * - the log-odds of the other cues on each edge.
 */
export function weighRoots(input: RootingInput): RootOdds {
  const { nodes, roots } = input
  const trees = roots.map((root, n) => describe(root, input.trees[n] as ReadonlyMap<number, number>, input))
  const shortest = Math.min(...trees.map(({ length }) => length))
  const shape = trees.map(
    ({ centrality, length }) => SHAPE * centrality - (length > 0 ? LENGTH * nodes.length * Math.log(length / shortest || 1) : 0),
  )
  return { all: softmax(trees.map(({ cues, dates }, n) => (shape[n] as number) + cues + dates)), shape: softmax(shape) }
}

interface Tree {
  readonly centrality: number
  readonly length: number
  readonly cues: number
  readonly dates: number
}

function describe(root: number, parents: ReadonlyMap<number, number>, input: RootingInput): Tree {
  const order = parentsFirst(root, parents)
  const sizes = new Map<number, number>()
  let [centrality, length, cues] = [0, 0, 0]
  for (const node of [...order].reverse()) {
    const size = (sizes.get(node) ?? 0) + 1
    centrality -= Math.log(size)
    const parent = parents.get(node)
    if (parent === undefined) continue
    sizes.set(parent, (sizes.get(parent) ?? 0) + size)
    if (input.placed.has(node)) continue
    const { information, files, weights } = input.cues(parent, node)
    cues += (information + files + weights) / 2
    length += squaredDistance(input.distances, parent, node)
  }
  return { centrality, length, cues, dates: timeScore(order, parents, input.times) }
}

function parentsFirst(root: number, parents: ReadonlyMap<number, number>): number[] {
  const children = new Map<number, number[]>()
  for (const [child, parent] of parents) children.set(parent, [...(children.get(parent) ?? []), child])
  const order = [root]
  for (const node of order) order.push(...(children.get(node) ?? []))
  return order
}

/**
 * Log-likelihood of the dates under a rooted tree, maximised over which members' dates are void (dynamic programme over the
 * tree with two states per member).
 */
function timeScore(order: readonly number[], parents: ReadonlyMap<number, number>, times: readonly (number | null)[]): number {
  const inOrder = Math.log(2 * (1 - REVERSED))
  const reversed = Math.log(2 * REVERSED)
  const voidPrice = Math.log(REUPLOADED / (1 - REUPLOADED))
  const kept = new Map<number, number>()
  const voided = new Map<number, number>()
  for (const node of [...order].reverse()) {
    const keep = kept.get(node) ?? 0
    const drop = (voided.get(node) ?? 0) + voidPrice
    const parent = parents.get(node)
    if (parent === undefined) return Math.max(keep, drop)
    const [before, after] = [times[parent] ?? null, times[node] ?? null]
    let edge = 0
    if (before !== null && after !== null && before !== after) {
      edge = after > before ? inOrder : reversed
      if (Math.abs(after - before) < SAME_BATCH_MS) edge /= 3
    }
    kept.set(parent, (kept.get(parent) ?? 0) + Math.max(keep + edge, drop))
    voided.set(parent, (voided.get(parent) ?? 0) + Math.max(keep, drop))
  }
  return 0
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores)
  const terms = scores.map((score) => Math.exp(score - largest))
  const sum = terms.reduce((total, term) => total + term, 0)
  return terms.map((term) => term / sum)
}
