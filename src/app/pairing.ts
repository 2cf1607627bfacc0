import type { Fingerprint } from "~src/fingerprint/types"
import type { PairStatisticsRunner } from "~src/inference/types"
import { formOf } from "~src/lineage/forms"
import { comparePairs, flipped } from "~src/lineage/pair"
import { prepareTokens } from "~src/lineage/tokens/tokens"
import type { PairEvidence } from "~src/lineage/types"

/** Compares models while others are still being read. */
export interface Pairing {
  /** Takes a model in: it is compared with the target and, if it is a relative, with the relatives met before. */
  meet(id: string, fingerprint: Fingerprint): void
  /** Resolves when everything met so far is compared; rejects with the first failure. */
  settled(): Promise<void>
  /** Evidence of the target (A) and a model (B). */
  withTarget(id: string): PairEvidence | undefined
  /** Evidence of two relatives, the first as A, whichever was met first. */
  between(a: string, b: string): PairEvidence | undefined
}

interface Met {
  readonly id: string
  readonly fingerprint: Fingerprint
}

/** Pairs whose values are unpacked at once: some megabytes each. */
const MOST_AT_ONCE = 32

/**
 * The work of comparing hides behind the wait for the network. What arrives while others are compared is taken together, as the runtime
 * answers many pairs faster than one after another. Order of arrival changes no result.
 * @param onCompared told whether a model shares weights with the target; of an adapter, whose weights say nothing of that, nothing is told
 */
export function pairAsTheyCome(
  runner: PairStatisticsRunner,
  signal: AbortSignal,
  target: Promise<Fingerprint>,
  onCompared: (id: string, isRelative: boolean) => void,
): Pairing {
  /** What is needed of one model alone is computed while others are still being read. */
  const prepare = (fingerprint: Fingerprint) => {
    formOf(fingerprint)
    if (runner.scorers) prepareTokens(fingerprint)
  }
  target.then(prepare, () => {}) // That it cannot be read is told to who waits for it.
  const own = new Map<string, PairEvidence>()
  const among = new Map<string, Map<string, PairEvidence>>()
  const relatives: Met[] = []
  const arrived: Met[] = []
  let queue: Promise<void> = Promise.resolve()

  const compareAll = async (pairs: readonly (readonly [Fingerprint, Fingerprint])[]) => {
    const answers: PairEvidence[] = []
    for (let from = 0; from < pairs.length; from += MOST_AT_ONCE)
      answers.push(...(await comparePairs(pairs.slice(from, from + MOST_AT_ONCE), runner, signal)))
    return answers
  }
  const compareArrived = async () => {
    const fingerprint = await target
    const met = arrived.splice(0)
    const answers = await compareAll(met.map((other) => [fingerprint, other.fingerprint]))
    const pairs: (readonly [Met, Met])[] = []
    for (const [n, pair] of answers.entries()) {
      const other = met[n] as Met
      own.set(other.id, pair)
      if (fingerprint.facts.adapter === null) onCompared(other.id, pair.related >= 0.5)
      if (pair.related < 0.5) continue
      pairs.push(...relatives.map((before) => [before, other] as const))
      relatives.push(other)
      among.set(other.id, new Map())
    }
    const kin = await compareAll(pairs.map(([a, b]) => [a.fingerprint, b.fingerprint]))
    for (const [n, [a, b]] of pairs.entries()) among.get(b.id)?.set(a.id, kin[n] as PairEvidence)
  }
  return {
    meet(id, fingerprint) {
      prepare(fingerprint)
      arrived.push({ id, fingerprint })
      queue = queue.then(compareArrived)
      queue.catch(() => {}) // Told by settled().
    },
    settled: () => queue,
    withTarget: (id) => own.get(id),
    between(a, b) {
      const direct = among.get(b)?.get(a)
      if (direct) return direct
      const turned = among.get(a)?.get(b)
      return turned && flipped(turned)
    },
  }
}
