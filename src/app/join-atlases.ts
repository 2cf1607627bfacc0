import { buildGraph, numberFamilies } from "~src/atlas/graph"
import type { AtlasNode, AtlasReport, Cost } from "./report"

/**
 * Atlases of separate families as one: nodes in the order of `ids`, families numbered anew.
 * @param ids all nodes' ids
 */
export function joinAtlases(atlases: readonly AtlasReport[], ids: readonly string[], cost: Cost): AtlasReport {
  const edges = atlases.flatMap((atlas) => atlas.edges)
  const known = new Map(atlases.flatMap(({ nodes }) => nodes.map((node) => [node.id, node] as const)))
  const numbers = numberFamilies(buildGraph(ids, edges))
  const nodes = ids.flatMap((id): AtlasNode[] => {
    const node = known.get(id)
    return node ? [{ ...node, family: numbers.get(id) ?? 0 }] : []
  })
  return { schema: "pedigree/atlas@1", nodes, edges, cost }
}
