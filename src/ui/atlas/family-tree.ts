import { ascending } from "d3"
import type { AtlasEdge, AtlasNode, AtlasReport } from "~src/app/report"

/** One row of the list twin: the DAG as a tree, each model once, under the parent that gave it most. */
export interface TreeRow {
  readonly node: AtlasNode
  readonly level: number
  /** The edge to the row's parent in the list; null for a root. */
  readonly edge: AtlasEdge | null
  /** Further parents of a merge. */
  readonly others: readonly string[]
  readonly position: number
  readonly siblings: number
}

/** Rows in reading order: roots, each followed by its descendants. The report's edges form a DAG, so every node appears once. */
export function familyTree(report: AtlasReport): TreeRow[] {
  const nodes = new Map(report.nodes.map((node) => [node.id, node]))
  const parents = new Map<string, AtlasEdge[]>()
  for (const edge of report.edges) {
    if (nodes.has(edge.parent) && nodes.has(edge.child)) parents.set(edge.child, [...(parents.get(edge.child) ?? []), edge])
  }
  for (const edges of parents.values()) edges.sort((a, b) => b.share - a.share || ascending(a.parent, b.parent))

  const children = new Map<string | null, AtlasNode[]>()
  for (const node of [...nodes.values()].sort((a, b) => ascending(a.family, b.family) || ascending(a.id, b.id))) {
    const parent = parents.get(node.id)?.[0]?.parent ?? null
    children.set(parent, [...(children.get(parent) ?? []), node])
  }
  const rows: TreeRow[] = []
  const seen = new Set<string>()
  const visit = (parent: string | null, level: number) => {
    const list = (children.get(parent) ?? []).filter((node) => !seen.has(node.id))
    list.forEach((node, index) => {
      seen.add(node.id)
      const [edge = null, ...others] = parents.get(node.id) ?? []
      rows.push({ node, level, edge, others: others.map((other) => other.parent), position: index + 1, siblings: list.length })
      visit(node.id, level + 1)
    })
  }
  visit(null, 1)
  return rows
}
