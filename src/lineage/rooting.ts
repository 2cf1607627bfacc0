import { adjacency, type Link } from "./skeleton"

/** Log-odds that an edge points from u to v, by kind of cue; positive speaks for u -> v. */
export interface DirectionCues {
  readonly information: number
  readonly files: number
  readonly weights: number
}

export interface RootingInput {
  readonly nodes: readonly number[]
  readonly links: readonly Link[]
  /** Upload times in milliseconds, null where unknown. */
  readonly times: readonly (number | null)[]
  readonly cues: (u: number, v: number) => DirectionCues
}

export interface OrientedLink {
  readonly parent: number
  readonly child: number
  /** Posterior probability of this direction. */
  readonly probability: number
  /** The probability that geometry alone would give it. */
  readonly geometry: number
  readonly cues: DirectionCues
}

/** Share of dates that say nothing about descent (uploaded again, made public later). */
const REUPLOADED = 0.03
/** Share of honest pairs in which the child is nevertheless older (private first, see docs/engine.md). */
const REVERSED = 0.015
/** Dates closer than this are one batch of uploads: the order in it means little. */
const SAME_BATCH_MS = 10 * 60 * 1000
/**
 * Weight of the tree-shape prior. Rumour centrality assumes that every member is equally likely to be derived from; hubs are
 * popular, so the truth is steeper, but relatives that were not found make it less certain.
 */
const SHAPE = 1

/**
 * Orients a tree as a whole: every choice of root fixes all arrows, so the posterior over roots gives each edge the
 * probability of its direction. The score of a root adds
 * - rumour centrality, the number of orders in which the tree can have grown from it (Shah and Zaman 2011),
 * - the dates, where each member's date may be void at a price, so that one re-uploaded parent cannot turn a family round,
 * - the log-odds of the other cues on each edge.
 */
export function orientTree(input: RootingInput): OrientedLink[] {
  const { nodes, links } = input
  const neighbours = adjacency(nodes, links)
  const shape: number[] = []
  const total: number[] = []
  for (const root of nodes) {
    const order = depthFirst(root, neighbours)
    const size = new Map<number, number>()
    let centrality = 0
    let cues = 0
    for (const { node, parent } of [...order].reverse()) {
      const own = (size.get(node) ?? 0) + 1
      size.set(node, own)
      centrality -= Math.log(own)
      if (parent !== null) {
        size.set(parent, (size.get(parent) ?? 0) + own)
        const { information, files, weights } = input.cues(parent, node)
        cues += (information + files + weights) / 2
      }
    }
    shape.push(SHAPE * centrality)
    total.push(SHAPE * centrality + cues + timeScore(order, input.times))
  }
  const posterior = softmax(total)
  const geometry = softmax(shape)
  const best = nodes[posterior.indexOf(Math.max(...posterior))] as number
  const answer: OrientedLink[] = []
  for (const { node, parent } of depthFirst(best, neighbours)) {
    if (parent === null) continue
    const below = new Set(depthFirst(node, neighbours, parent).map((entry) => entry.node))
    let probability = 0
    let byShape = 0
    for (const [i, candidate] of nodes.entries()) {
      if (below.has(candidate)) continue
      probability += posterior[i] as number
      byShape += geometry[i] as number
    }
    answer.push({ parent, child: node, probability: Math.min(1, probability), geometry: byShape, cues: input.cues(parent, node) })
  }
  return answer
}

interface Visit {
  readonly node: number
  readonly parent: number | null
}

function depthFirst(root: number, neighbours: ReadonlyMap<number, readonly number[]>, blocked: number | null = null): Visit[] {
  const order: Visit[] = []
  const stack: Visit[] = [{ node: root, parent: blocked }]
  while (stack.length > 0) {
    const visit = stack.pop() as Visit
    order.push(visit)
    for (const next of neighbours.get(visit.node) ?? []) if (next !== visit.parent) stack.push({ node: next, parent: visit.node })
  }
  return order
}

/**
 * Log-likelihood of the dates under a rooted tree, maximised over which members' dates are void (dynamic programme over the
 * tree with two states per member).
 */
function timeScore(order: readonly Visit[], times: readonly (number | null)[]): number {
  const inOrder = Math.log(2 * (1 - REVERSED))
  const reversed = Math.log(2 * REVERSED)
  const voidPrice = Math.log(REUPLOADED / (1 - REUPLOADED))
  const kept = new Map<number, number>()
  const voided = new Map<number, number>()
  for (const { node, parent } of [...order].reverse()) {
    const keep = kept.get(node) ?? 0
    const drop = (voided.get(node) ?? 0) + voidPrice
    if (parent === null) return Math.max(keep, drop)
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
