import { addEdges, buildGraph, type LineageEdge, numberFamilies } from "./graph"

/** What merging needs to know of a model; everything else is taken along as it is. */
export interface MergeNode {
  readonly id: string
  readonly family: number
  readonly ghost: boolean
  /** The commit that the claims about it rest on. */
  readonly revision?: string
  readonly imported?: boolean
}

export interface MergeEdge extends LineageEdge {
  readonly imported?: boolean
}

export interface Part<Node extends MergeNode, Edge extends MergeEdge> {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
}

/** What a merge has added, and the models that the two atlases saw at different commits. */
export interface MergeCounts {
  readonly models: number
  readonly claims: number
  readonly otherCommit: number
}

/**
 * Adds somebody else's atlas to one's own. A model is the same when its commit is, whatever it is called now; without a commit on
 * either side, when its name is. Claims about another commit are about other weights and are left out. Own claims are never
 * displaced: a foreign one that contradicts them, by closing a cycle, is left out too. What is added is marked as imported; facts
 * that were missing of a known model are filled in. A ghost is the same where it has a child in common, else it gets a number of its own.
 */
export function mergeParts<Node extends MergeNode, Edge extends MergeEdge>(
  own: Part<Node, Edge>,
  other: Part<Node, Edge>,
): Part<Node, Edge> & { readonly counts: MergeCounts } {
  const nodes = new Map(own.nodes.map((node) => [node.id, node]))
  const { names, otherCommit } = identify(own, other)
  let models = 0
  for (const node of other.nodes) {
    const id = names.get(node.id)
    if (id === undefined) continue
    const known = nodes.get(id)
    if (!known) models += 1
    if (!known) nodes.set(id, { ...node, id, imported: true })
    else if (!known.ghost) nodes.set(id, { ...node, ...known })
  }
  const graph = buildGraph([...nodes.keys()], own.edges)
  const before = graph.size
  const foreign = other.edges.flatMap((edge): Edge[] => {
    const [parent, child] = [names.get(edge.parent), names.get(edge.child)]
    return parent === undefined || child === undefined ? [] : [{ ...edge, parent, child, imported: true }]
  })
  addEdges(graph, foreign)
  const families = numberFamilies(graph)
  return {
    nodes: [...nodes.values()].map((node) => ({ ...node, family: families.get(node.id) ?? node.family })),
    edges: graph.mapEdges((_, edge) => edge as Edge),
    counts: { models, claims: graph.size - before, otherCommit },
  }
}

/** What each model of the other atlas is called in one's own; models at another commit have no name there. */
function identify(own: Part<MergeNode, MergeEdge>, other: Part<MergeNode, MergeEdge>) {
  const byName = new Map(own.nodes.map((node) => [node.id.toLowerCase(), node]))
  const byCommit = new Map(own.nodes.flatMap((node) => (node.revision ? [[node.revision, node] as const] : [])))
  const names = new Map<string, string>()
  let otherCommit = 0
  for (const { id, ghost, revision } of other.nodes) {
    if (ghost) continue
    const known = byName.get(id.toLowerCase())
    const renamed = revision === undefined ? undefined : byCommit.get(revision)
    if (!known || known.ghost) names.set(id, renamed?.id ?? known?.id ?? id)
    else if (known.revision === undefined || revision === undefined || known.revision === revision) names.set(id, known.id)
    else otherCommit += 1
  }
  const taken = new Set(own.nodes.map(({ id }) => id))
  const ghostOf = new Map(
    own.edges.filter(({ parent, share }) => isNumbered(parent) && share === 1).map(({ child, parent }) => [child, parent]),
  )
  for (const { id } of other.nodes.filter(({ ghost }) => ghost)) {
    const children = other.edges.filter(({ parent, share }) => parent === id && share === 1).map(({ child }) => names.get(child) ?? "")
    const same = isNumbered(id) ? children.map((child) => ghostOf.get(child)).find(Boolean) : (byName.get(id.toLowerCase())?.id ?? id)
    const name = same ?? freeNumber(taken)
    taken.add(name)
    names.set(id, name)
  }
  return { names, otherCommit }
}

/** A ghost without a name of its own: its number means nothing outside its atlas. */
const isNumbered = (id: string): boolean => id.startsWith("ghost:")

function freeNumber(taken: ReadonlySet<string>): string {
  let number = 1
  while (taken.has(`ghost:${number}`)) number += 1
  return `ghost:${number}`
}
