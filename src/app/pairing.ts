import type { Fingerprint } from "~src/fingerprint/types"
import type { PairStatisticsRunner } from "~src/inference/types"
import { comparePairs, flipped } from "~src/lineage/pair"
import type { PairEvidence } from "~src/lineage/types"

/** Compares models while others are still being read. */
export interface Pairing {
  /** Takes a model in: compared with the target at once, and if it is a relative, with the relatives met before. */
  meet(id: string, fingerprint: Fingerprint): void
  /** Resolves when everything met so far is compared; rejects with the first failure. */
  settled(): Promise<void>
  /** Evidence of the target (A) and a model (B). */
  withTarget(id: string): PairEvidence | undefined
  /** Evidence of two relatives, the first as A, whichever was met first. */
  between(a: string, b: string): PairEvidence | undefined
}

/** The work of comparing hides behind the wait for the network. Order of arrival changes no result. */
export function pairAsTheyCome(runner: PairStatisticsRunner, signal: AbortSignal, target: Promise<Fingerprint>): Pairing {
  const own = new Map<string, PairEvidence>()
  const among = new Map<string, Map<string, PairEvidence>>()
  const relatives: { readonly id: string; readonly fingerprint: Fingerprint }[] = []
  let queue: Promise<void> = Promise.resolve()
  const compare = async (id: string, fingerprint: Fingerprint) => {
    const [pair] = await comparePairs([[await target, fingerprint]], runner, signal)
    if (!pair) return
    own.set(id, pair)
    if (pair.related < 0.5) return
    const before = [...relatives]
    relatives.push({ id, fingerprint })
    const answers = await comparePairs(
      before.map((other) => [other.fingerprint, fingerprint] as const),
      runner,
      signal,
    )
    among.set(id, new Map(before.map((other, n) => [other.id, answers[n] as PairEvidence])))
  }
  return {
    meet(id, fingerprint) {
      queue = queue.then(() => compare(id, fingerprint))
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
