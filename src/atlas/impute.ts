/** What cards leave out most often, and relatives can tell. */
export const ATTRIBUTES = ["license", "task", "architecture", "datasets", "languages"] as const
export type Attribute = (typeof ATTRIBUTES)[number]

/** A model of the atlas with what its own card says; absent where it says nothing. */
export interface DescribedNode {
  readonly id: string
  readonly license?: string
  readonly task?: string
  readonly architecture?: string
  readonly datasets?: readonly string[]
  readonly languages?: readonly string[]
}

export interface DescribedGraph {
  readonly nodes: readonly DescribedNode[]
  readonly edges: readonly { readonly parent: string; readonly child: string; readonly probability: number }[]
}

/** A value that a model's card does not give, as its relatives make it likely. */
export interface Imputed {
  readonly value: string
  readonly probability: number
  /** The relatives whose cards give this value, the most telling first. */
  readonly from: readonly string[]
}

/** Steps along the graph over which relatives are asked: siblings and cousins, not the whole family. */
const REACH = 3
/** What a relative's word is worth beside that of one a step nearer. */
const FADING = 0.5
/** Votes that the values' commonness outside the neighbourhood counts for: two relatives agreeing already outweigh it. */
const PRIOR_VOTES = 1
/** Commonness is counted as if one more model had said something else. */
const UNSEEN = 1
/** Below this a guess is not worth showing. */
const LEAST = 0.5
const MOST_NAMED = 5

/**
 * Licence, task, architecture, datasets and languages of a model whose card does not give them, by the vote of its relatives: parents,
 * children and siblings agree far more often than models drawn at random (Horwitz et al., "We Should Chart an Atlas of All the World's
 * Models", 2025). A relative's vote weighs the probability of the edges that lead to it, halved with every step; the values'
 * commonness in the whole graph is one vote more. Attributes that the card gives, and those that stay below one half, are left out.
 * @throws nothing; an id that is not in the graph has no relatives and gets no guesses
 */
export function impute(graph: DescribedGraph, id: string): Partial<Record<Attribute, Imputed>> {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const own = nodes.get(id)
  if (!own) return {}
  const near = neighbourhood(graph, id)
  const guesses: Partial<Record<Attribute, Imputed>> = {}
  for (const attribute of ATTRIBUTES) {
    if (valuesOf(own, attribute).length > 0) continue
    const guess = vote(graph, nodes, near, id, attribute)
    if (guess && guess.probability >= LEAST) guesses[attribute] = guess
  }
  return guesses
}

function valuesOf(node: DescribedNode, attribute: Attribute): readonly string[] {
  const value = node[attribute]
  return value === undefined ? [] : typeof value === "string" ? [value] : value
}

/** Weight of every relative within reach: the best path's product of edge probabilities, fading with its length. */
function neighbourhood({ edges }: DescribedGraph, id: string): ReadonlyMap<string, number> {
  const beside = new Map<string, { readonly id: string; readonly probability: number }[]>()
  const link = (from: string, to: string, probability: number) => {
    const list = beside.get(from)
    if (list) list.push({ id: to, probability })
    else beside.set(from, [{ id: to, probability }])
  }
  for (const { parent, child, probability } of edges) {
    link(parent, child, probability)
    link(child, parent, probability)
  }
  const weights = new Map([[id, 1 / FADING]])
  let frontier = [id]
  for (let hop = 0; hop < REACH; hop++) {
    const reached = new Map<string, number>()
    for (const from of frontier)
      for (const { id: to, probability } of beside.get(from) ?? []) {
        const weight = (weights.get(from) as number) * probability * FADING
        if (!weights.has(to)) reached.set(to, Math.max(reached.get(to) ?? 0, weight))
      }
    for (const [to, weight] of reached) weights.set(to, weight)
    frontier = [...reached.keys()]
  }
  weights.delete(id)
  return weights
}

function vote(
  { nodes: all }: DescribedGraph,
  nodes: ReadonlyMap<string, DescribedNode>,
  near: ReadonlyMap<string, number>,
  id: string,
  attribute: Attribute,
): Imputed | null {
  const votes = new Map<string, { weight: number; from: { id: string; weight: number }[] }>()
  let total = 0
  for (const [relative, weight] of near) {
    const node = nodes.get(relative)
    const values = node ? valuesOf(node, attribute) : []
    if (values.length === 0) continue
    total += weight
    for (const value of new Set(values)) {
      const entry = votes.get(value) ?? { weight: 0, from: [] }
      votes.set(value, { weight: entry.weight + weight, from: [...entry.from, { id: relative, weight }] })
    }
  }
  const [best] = [...votes].sort(([a, { weight: m }], [b, { weight: n }]) => n - m || (a < b ? -1 : 1))
  if (!best) return null
  const [value, { weight, from }] = best
  const elsewhere = all.filter((node) => node.id !== id && !near.has(node.id) && valuesOf(node, attribute).length > 0)
  const common = elsewhere.filter((node) => valuesOf(node, attribute).includes(value)).length / (elsewhere.length + UNSEEN)
  return {
    value,
    probability: (weight + PRIOR_VOTES * common) / (total + PRIOR_VOTES),
    from: from
      .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
      .slice(0, MOST_NAMED)
      .map((entry) => entry.id),
  }
}
