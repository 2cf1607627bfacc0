import type { Store } from "~src/storage/types"
import { mergeAtlas } from "./merge-atlas"
import { recallEvery } from "./recall"
import type { AtlasReport } from "./report"

/** All families that are known here as one atlas, merged by commit, the largest first; null when there are none. */
export async function knownAtlas(store: Store): Promise<AtlasReport | null> {
  const known = await recallEvery(store)
  const [first, ...others] = known.map(({ atlas }) => atlas).sort((a, b) => b.nodes.length - a.nodes.length)
  if (!first) return null
  const { atlas } = mergeAtlas(first, others)
  // A model's own inspection looked at it more closely than those that met it as a relative.
  const own = new Map(known.map(({ report }) => [report.model, report]))
  return {
    ...atlas,
    nodes: atlas.nodes.map(({ imported: _, ...node }) => {
      const report = own.get(node.id)
      return report && report.revision === node.revision ? { ...node, verdict: report.verdict } : node
    }),
    edges: atlas.edges.map(({ imported: _, ...edge }) => edge),
  }
}
