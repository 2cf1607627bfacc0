// Stands in for src/lineage/pair.ts in the evaluation's bundle: the same, but a pair is compared once for all the models it occurs with.
import type { Fingerprint } from "~src/fingerprint/types"
import * as real from "~src/lineage/pair"
import type { PairEvidence } from "~src/lineage/types"

export * from "~src/lineage/pair"

const known = new Map<string, PairEvidence>()
/** Fingerprints are a function of commit and budget, and the budget is always the same here. */
const keyOf = ([a, b]: readonly [Fingerprint, Fingerprint]) => `${a.repo}@${a.revision} ${b.repo}@${b.revision}`

export const comparePairs: typeof real.comparePairs = async (pairs, runner, signal) => {
  const fresh = pairs.filter((pair) => !known.has(keyOf(pair)))
  const answers = await real.comparePairs(fresh, runner, signal)
  for (const [i, pair] of fresh.entries()) known.set(keyOf(pair), answers[i] as PairEvidence)
  return pairs.map((pair) => known.get(keyOf(pair)) as PairEvidence)
}
