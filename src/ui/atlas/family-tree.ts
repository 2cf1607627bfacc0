import { ascending } from "d3"
import type { AtlasEdge } from "~src/app/report"
import { ranked } from "./rank"
import type { ShownAtlas, ShownNode } from "./shown"

/** One row of the list twin: the DAG as a tree, each model once, under the parent that gave it most or its open group. */
export interface TreeRow {
  readonly node: ShownNode
  readonly level: number
  /** The edge to the row's parent in the list; null for a root. */
  readonly edge: AtlasEdge | null
  /** Further parents of a merge. */
  readonly others: readonly string[]
  readonly position: number
  readonly siblings: number
}

/** Rows in reading order: roots, each followed by its descendants. */
export function familyTree(shown: Pick<ShownAtlas, "nodes" | "edges">): TreeRow[] {
  const parents = new Map<string, AtlasEdge[]>(shown.nodes.map((node) => [node.id, []]))
  // Without its cycles even a damaged report is a DAG, so that every node appears once.
  for (const edge of ranked(shown.nodes, shown.edges).edges) parents.get(edge.child)?.push(edge)
  for (const edges of parents.values()) edges.sort((a, b) => b.share - a.share || ascending(a.parent, b.parent))

  const groups = new Map(shown.nodes.flatMap(({ id, members, isOpen }) => (isOpen && members ? members.map((member) => [member, id]) : [])))
  const children = new Map<string | null, ShownNode[]>([[null, []]])
  for (const node of shown.nodes) children.set(node.id, [])
  for (const node of [...shown.nodes].sort((a, b) => ascending(a.family, b.family) || ascending(a.id, b.id)))
    children.get(groups.get(node.id) ?? parents.get(node.id)?.[0]?.parent ?? null)?.push(node)
  const rows: TreeRow[] = []
  const rowsOf = (parent: string | null, level: number): TreeRow[] => {
    const list = children.get(parent) ?? []
    return list.map((node, index) => {
      const [edge = null, ...others] = parents.get(node.id) ?? []
      return { node, level, edge, others: others.map((other) => other.parent), position: index + 1, siblings: list.length }
    })
  }
  // No recursion: a damaged or hostile family may be deeper than the stack.
  const open = rowsOf(null, 1).reverse()
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    rows.push(row)
    for (const child of rowsOf(row.node.id, row.level + 1).reverse()) open.push(child)
  }
  return rows
}
