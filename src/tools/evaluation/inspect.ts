import { inspectModel } from "~src/app/inspect"
import { createEngine } from "~src/cli/engine"
import { toFailure } from "~src/core/errors"
import type { Verdict } from "~src/core/words"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import type { StoredWeights } from "~src/lineage/weights"

/** The engine's answer about one model. */
export interface Outcome {
  readonly id: string
  readonly time: boolean
  /** Null when the model could not be inspected; `reason` then says why. */
  readonly verdict: Verdict | null
  readonly reason: string
  readonly parents: readonly { id: string; ghost: boolean; relation: string; probability: number; share: number }[]
  readonly compared: readonly { id: string; related: number }[]
  /** Candidates that could not be read or held against the model, and why. */
  readonly notCompared: readonly { id: string; reason: string }[]
  readonly weights: Pick<StoredWeights, "format" | "scheme" | "bits" | "text"> | null
  readonly requests: number
  readonly bytes: number
  readonly weightBytes: number
  readonly milliseconds: number
}

/**
 * Inspects every model twice, with dates and without, as the command line would with its standard options; what was read is kept
 * from model to model, so that each is read once.
 */
export async function inspectAll(endpoint: string, ids: readonly string[], tell: () => void): Promise<Outcome[]> {
  const engine = createEngine({ endpoint, token: null, time: true, budget: DEFAULT_BUDGET, cache: null, out: null }, {})
  const { signal } = new AbortController()
  const outcomes: Outcome[] = []
  for (const id of ids)
    for (const time of [true, false]) {
      const options = { signal, time, budget: DEFAULT_BUDGET, refresh: false, onProgress() {} }
      const outcome = await inspectModel(engine, id, options).then(
        ({ report }): Outcome => ({
          ...{ id, time, verdict: report.verdict, reason: report.reason },
          parents: report.parents.map(({ id, ghost, relation, probability, share }) => ({ id, ghost, relation, probability, share })),
          ...{ compared: report.compared, notCompared: report.notCompared, weights: report.weights },
          ...{ requests: report.cost.requests, bytes: report.cost.bytes, weightBytes: report.cost.weightBytes },
          milliseconds: report.cost.milliseconds,
        }),
        (thrown): Outcome => ({
          ...{ id, time, verdict: null, reason: toFailure(thrown).message },
          ...{ parents: [], compared: [], notCompared: [], weights: null, requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0 },
        }),
      )
      outcomes.push(outcome)
      tell()
    }
  return outcomes
}
