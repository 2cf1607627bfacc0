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
 * that were missing of a known model are filled in. A ghost is the same where it has a child in common, else it gets a number of its own. Parents
 * found later take its place: where either atlas knows all parents of its child, one of them not read in the other, and where either has read
 * the model whose name it bears.
 */
export function mergeParts<Node extends MergeNode, Edge extends MergeEdge>(
  own: Part<Node, Edge>,
  other: Part<Node, Edge>,
): Part<Node, Edge> & { readonly counts: MergeCounts } {
  const nodes = new Map(own.nodes.map((node) => [node.id, node]))
  const { names, otherCommit } = identify(own, other)
  const named = other.edges.flatMap((edge): Edge[] => {
    const [parent, child] = [names.get(edge.parent), names.get(edge.child)]
    return parent === undefined || child === undefined ? [] : [{ ...edge, parent, child, imported: true }]
  })
  const mine = kinds(own.nodes, (id) => id)
  const theirs = kinds(other.nodes, (id) => names.get(id) ?? id)
  const kept = withoutReplaced(own.edges, mine.ghosts, settled(named, theirs.ghosts, mine.read))
  const foreign = withoutReplaced(named, theirs.ghosts, settled(own.edges, mine.ghosts, theirs.read))
  const parents = new Set([...kept, ...foreign].map(({ parent }) => parent))
  let models = 0
  for (const node of other.nodes) {
    const id = names.get(node.id)
    if (id === undefined) continue
    const known = nodes.get(id)
    if (!known && node.ghost && !parents.has(id)) continue
    if (!known || (known.ghost && !node.ghost)) {
      models += 1
      nodes.set(id, { ...node, id, imported: true })
    } else if (!known.ghost) nodes.set(id, { ...node, ...known, ghost: false })
  }
  for (const [id, { ghost }] of nodes) if (ghost && !parents.has(id)) nodes.delete(id)
  const graph = buildGraph([...nodes.keys()], kept)
  const before = graph.size
  addEdges(graph, foreign)
  const families = numberFamilies(graph)
  return {
    nodes: [...nodes.values()].map((node) => ({ ...node, family: families.get(node.id) ?? node.family })),
    edges: graph.mapEdges((_, edge) => edge as Edge),
    counts: { models, claims: graph.size - before, otherCommit },
  }
}

/** Models that were read and ghosts, by their names here. */
function kinds(nodes: readonly MergeNode[], name: (id: string) => string) {
  const of = (kind: boolean): ReadonlySet<string> => new Set(nodes.flatMap(({ id, ghost }) => (ghost === kind ? [name(id)] : [])))
  return { read: of(false), ghosts: of(true) }
}

/** Models whose parents are all known, none of them a ghost, and not all of them read where the ghost was inferred. */
function settled(edges: readonly MergeEdge[], ghosts: ReadonlySet<string>, read: ReadonlySet<string>): ReadonlySet<string> {
  const open = new Set(edges.flatMap(({ parent, child }) => (ghosts.has(parent) ? [child] : [])))
  return new Set(edges.flatMap(({ parent, child }) => (open.has(child) || read.has(parent) ? [] : [child])))
}

/** Edges without those from ghosts to models whose parents are known elsewhere. */
function withoutReplaced<Edge extends MergeEdge>(
  edges: readonly Edge[],
  ghosts: ReadonlySet<string>,
  known: ReadonlySet<string>,
): readonly Edge[] {
  return edges.filter(({ parent, child }) => !ghosts.has(parent) || !known.has(child))
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
  // The absent part of a merge is another ghost than the only parent of its siblings.
  const mark = (child: string, share: number) => `${child} ${share === 1}`
  const ghostOf = new Map(
    own.edges.filter(({ parent }) => isNumbered(parent)).map(({ child, parent, share }) => [mark(child, share), parent]),
  )
  for (const { id } of other.nodes.filter(({ ghost }) => ghost)) {
    const children = other.edges.flatMap(({ parent, child, share }) => (parent === id ? [mark(names.get(child) ?? "", share)] : []))
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
