import type { AtlasEdge, AtlasNode, AtlasReport } from "~src/app/report"
import type { ShownAtlas } from "./shown"

/** What is looked for: words in a name, and one property. Empty strings ask for nothing. */
export interface Filter {
  readonly words: string
  /** `verdict:…`, `relation:…`, `license:…`, `task:…`, `undeclared` or empty. */
  readonly property: string
}

export const NO_FILTER: Filter = { words: "", property: "" }

/** The models that the filter asks for, or null when it asks for nothing. */
export function matching({ nodes, edges }: AtlasReport, { words, property }: Filter): ReadonlySet<string> | null {
  const wanted = words.toLocaleLowerCase("en").split(/\s+/).filter(Boolean)
  if (wanted.length === 0 && property === "") return null
  const [kind, value] = splitOnce(property)
  const entering = byChild(edges)
  const holds = (node: AtlasNode): boolean => {
    if (kind === "verdict") return !node.ghost && node.verdict === value
    if (kind === "relation") return entering.get(node.id)?.some(({ relation }) => relation === value) ?? false
    if (kind === "undeclared") return entering.get(node.id)?.some(({ declared }) => !declared) ?? false
    if (kind === "license" || kind === "task") return node[kind] === value
    return true
  }
  const found = nodes.filter((node) => holds(node) && wanted.every((word) => node.id.toLocaleLowerCase("en").includes(word)))
  return new Set(found.map(({ id }) => id))
}

function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(":")
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)]
}

/** The same for what is drawn: a closed group matches when one of its members does. */
export function matchingShown({ nodes }: ShownAtlas, found: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (found === null) return null
  return new Set(
    nodes.filter(({ id, members }) => (members ? members.some((member) => found.has(member)) : found.has(id))).map(({ id }) => id),
  )
}

/** The properties by which the family can be filtered, in the groups of the choice. */
export function properties({
  nodes,
  edges,
}: AtlasReport): { readonly kind: "verdict" | "relation" | "license" | "task"; readonly values: string[] }[] {
  const sorted = (values: Iterable<string | undefined>) => [...new Set(values)].filter((value) => value !== undefined).sort()
  const real = nodes.filter(({ ghost }) => !ghost)
  return [
    { kind: "verdict" as const, values: sorted(real.map(({ verdict }) => verdict)) },
    { kind: "relation" as const, values: sorted(edges.map(({ relation }) => relation)) },
    { kind: "license" as const, values: sorted(real.map(({ license }) => license)) },
    { kind: "task" as const, values: sorted(real.map(({ task }) => task)) },
  ].filter(({ values }) => values.length > 1)
}

/** The edges by the node that they lead to. */
function byChild(edges: readonly AtlasEdge[]): ReadonlyMap<string, readonly AtlasEdge[]> {
  const entering = new Map<string, AtlasEdge[]>()
  for (const edge of edges) {
    const list = entering.get(edge.child)
    if (list) list.push(edge)
    else entering.set(edge.child, [edge])
  }
  return entering
}

export interface Path {
  readonly nodes: ReadonlySet<string>
  readonly edges: ReadonlySet<AtlasEdge>
}

/** All that leads from the roots to a node; a damaged report's cycles are walked once. */
export function pathToRoot(edges: readonly AtlasEdge[], id: string): Path {
  const entering = byChild(edges)
  const nodes = new Set([id])
  const path = new Set<AtlasEdge>()
  // The set grows while it is walked.
  for (const next of nodes) {
    for (const edge of entering.get(next) ?? []) {
      path.add(edge)
      nodes.add(edge.parent)
    }
  }
  return { nodes, edges: path }
}

/** The main line of descent, root first: at each step the parent that gave most. */
export function lineOf(edges: readonly AtlasEdge[], id: string): string[] {
  const entering = byChild(edges)
  const line = new Set([id])
  for (const next of line) {
    const parents = (entering.get(next) ?? []).filter(({ parent }) => !line.has(parent))
    const main = [...parents].sort((a, b) => b.share - a.share || (a.parent < b.parent ? -1 : 1))[0]
    if (main) line.add(main.parent)
  }
  return [...line].reverse()
}
