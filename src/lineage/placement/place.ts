import type { DirectionCues } from "../cues"
import { byCentrality } from "../distance"
import { weighRoots } from "../rooting"
import { probableTree, treeProbabilities } from "./arborescence"
import { AT, type EdgeRows, edgeFeatures, FEATURES } from "./features"
import type { PlacementInput } from "./input"
import { weighEdges } from "./weights"

/**
 * Roots that are tried in a large family: the members nearest to its middle, and the earliest. On development families the true root was
 * always among the five nearest to the middle.
 */
const TRIED = { central: 12, earliest: 4 }
/** Roots less probable than this change no edge that could be seen. */
const NEGLIGIBLE = 1e-4

export interface PlacedEdge {
  readonly parent: number
  readonly child: number
  /** Probability that the two are parent and child, whichever way round. */
  readonly attachment: number
  /** Given that they are, probability that the parent is above the child. */
  readonly direction: number
  /** The direction that the shape of the trees alone would give. */
  readonly geometry: number
  readonly cues: DirectionCues
}

/**
 * Places a family as a whole. Seen from each possible root, all trees are weighed by the product of their edges' learned weights
 * (assets/placement.md), and an edge's probability is the share of the trees that have it; the roots are weighed against each other by the
 * probable tree of each (`rooting.ts`). Members made in one visible step hang below their largest part.
 * @param roots places among the nodes that may be the root
 */
export function placeFamily(input: PlacementInput, roots = possibleRoots(input)): PlacedEdge[] {
  const { nodes, mixtures, cues } = input
  const size = nodes.length
  if (roots.length === 0) return []
  const rowsFrom = edgeFeatures(input)
  const rows = roots.map(rowsFrom)
  const probabilities = (of: EdgeRows, root: number) => treeProbabilities(scoresFrom(input, root, of), size, root)
  // Roots are weighed by their dates too: on trees that were made to suit the dates, these would always agree.
  const trees = roots.map((root, n) => {
    const tree = probableTree(probabilities(undated(rows[n] as EdgeRows), root), size, root)
    return new Map([...tree].map(([c, a]) => [nodes[c] as number, nodes[a] as number]))
  })
  const odds = weighRoots({
    ...input,
    roots: roots.map((root) => nodes[root] as number),
    trees,
    placed: new Set(mixtures.keys()),
  })
  const counts = (n: number) => (odds.all[n] as number) > NEGLIGIBLE || (odds.shape[n] as number) > NEGLIGIBLE
  const edges = roots.map((root, n) => (counts(n) ? probabilities(rows[n] as EdgeRows, root) : null))
  const all = together(edges, odds.all)
  const shape = together(edges, odds.shape)
  const root = roots[odds.all.indexOf(Math.max(...odds.all))] as number
  return [...probableTree(all, size, root)].map(([child, parent]) => {
    const [forth, back] = [parent * size + child, child * size + parent]
    const along = (of: Float64Array) => Math.min(1, (of[forth] as number) / Math.max((of[forth] as number) + (of[back] as number), 1e-12))
    return {
      parent: nodes[parent] as number,
      child: nodes[child] as number,
      attachment: Math.min(1, (all[forth] as number) + (all[back] as number)),
      direction: along(all),
      geometry: along(shape),
      cues: cues(nodes[parent] as number, nodes[child] as number),
    }
  })
}

/** Places of the members that may be the root. */
function possibleRoots({ nodes, mixtures, distances, times }: PlacementInput): readonly number[] {
  const possible = nodes.flatMap((node, i) => (mixtures.has(node) ? [] : [i]))
  if (possible.length <= TRIED.central + TRIED.earliest) return possible
  const member = (i: number) => nodes[i] as number
  const central = byCentrality(distances, possible.map(member)).map((place) => possible[place] as number)
  const time = (i: number) => times[member(i)] ?? Number.MAX_VALUE
  const earliest = [...possible].sort((i, j) => time(i) - time(j) || i - j)
  const tried = new Set([...central.slice(0, TRIED.central), ...earliest.slice(0, TRIED.earliest)])
  return possible.filter((i) => tried.has(i))
}

/** The mean of each root's edge probabilities, weighed by how probable the root is. */
function together(edges: readonly (Float64Array | null)[], odds: readonly number[]): Float64Array {
  const mean = new Float64Array(edges.find((own) => own)?.length ?? 0)
  for (const [n, own] of edges.entries())
    if (own) for (let at = 0; at < mean.length; at++) mean[at] = (mean[at] as number) + (odds[n] as number) * (own[at] as number)
  return mean
}

/** The same edges, of members whose dates are not known. */
function undated(rows: EdgeRows): EdgeRows {
  const values = rows.values.slice()
  for (let row = 0; row < values.length; row += FEATURES.length) values[row + AT.earlier] = values[row + AT.later] = 0
  return { ...rows, values }
}

/** The scores of one root's edges, [size, size]. */
function scoresFrom({ nodes, mixtures }: PlacementInput, root: number, rows: EdgeRows): Float64Array {
  const size = nodes.length
  const scores = new Float64Array(size * size).fill(Number.NEGATIVE_INFINITY)
  const weights = weighEdges(rows.values)
  for (let row = 0; row < weights.length; row++)
    scores[(rows.parents[row] as number) * size + (rows.children[row] as number)] = weights[row] as number
  for (const [child, node] of nodes.entries()) {
    const top = mixtures.get(node)?.parts[0]
    if (top === undefined) continue
    const part = nodes.indexOf(top)
    scores[(part < 0 || part === child ? root : part) * size + child] = 0
  }
  return scores
}
