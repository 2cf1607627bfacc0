import type { Fingerprint } from "~src/fingerprint/types"
import type { Scorers } from "~src/inference/types"
import { evidenceTokens } from "./tokens/tokens"
import type { PairEvidence } from "./types"

/**
 * Adds to every pair of relatives that stand in one order the log-odds that its first model is the parent.
 * @throws PedigreeError when the runtime is lost; AbortError when `signal` fires
 */
export async function withDirections(
  pairs: readonly (readonly [Fingerprint, Fingerprint])[],
  evidence: readonly PairEvidence[],
  scorers: Scorers | undefined,
  signal: AbortSignal,
): Promise<PairEvidence[]> {
  const answers = [...evidence]
  const places = scorers ? answers.flatMap((pair, i) => (pair.related >= 0.5 && !pair.alignment ? [i] : [])) : []
  if (!scorers || places.length === 0) return answers
  const sets = places.map((i) => {
    const [a, b] = pairs[i] as readonly [Fingerprint, Fingerprint]
    return evidenceTokens(a, b, answers[i] as PairEvidence, false)
  })
  const directions = await scorers.directions(sets, signal)
  for (const [n, i] of places.entries()) answers[i] = { ...(answers[i] as PairEvidence), direction: directions[n] as number }
  return answers
}
