import { type MergeCounts, mergeParts } from "~src/atlas/merge"
import type { AtlasReport } from "./report"

export interface Merged {
  readonly atlas: AtlasReport
  readonly counts: MergeCounts
}

/** One's own atlas with those of others added one after the other (atlas/merge.ts says how). */
export function mergeAtlas(own: AtlasReport, others: readonly AtlasReport[]): Merged {
  let atlas = own
  const sum = { models: 0, claims: 0, otherCommit: 0 }
  for (const other of others) {
    const { nodes, edges, counts } = mergeParts(atlas, other)
    atlas = { ...atlas, nodes, edges }
    sum.models += counts.models
    sum.claims += counts.claims
    sum.otherCommit += counts.otherCommit
  }
  return { atlas, counts: sum }
}
