// Stands in for src/lineage/quantized.ts in the evaluation's bundle: the same, but the source of a packed model is sought once among the
// same candidates.
import type { Fingerprint } from "~src/fingerprint/types"
import * as real from "~src/lineage/quantized"

export * from "~src/lineage/quantized"

/** The source by its place in the list of candidates, which come in any order. */
const known = new Map<string, real.QuantisedFrom | null>()
const keyOf = ({ repo, revision }: Fingerprint) => `${repo}@${revision}`

export const quantisedFrom: typeof real.quantisedFrom = (packed, candidates) => {
  const keyed = candidates.map((candidate) => ({ ...candidate, key: keyOf(candidate.fingerprint) }))
  const sorted = keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  const key = [keyOf(packed), ...sorted.map(({ key, named }) => `${key}${named ? "!" : ""}`)].join(" ")
  const places = sorted.map(({ fingerprint, named }, index) => ({ index, fingerprint, named }))
  const answer = known.has(key) ? (known.get(key) ?? null) : real.quantisedFrom(packed, places)
  known.set(key, answer)
  return answer && { ...answer, source: sorted[answer.source]?.index ?? -1 }
}
