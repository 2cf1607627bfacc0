import type { Hub } from "~src/hub/types"
import type { PairStatisticsRunner } from "~src/inference/types"
import type { Store } from "~src/storage/types"
import type { Progress } from "./protocol"
import type { AtlasReport, LineageReport } from "./report"

/** What differs between worker, Node and tests, passed in. */
export interface Engine {
  readonly hub: Hub
  readonly store: Store
  readonly statistics: PairStatisticsRunner
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface InspectOptions {
  readonly signal: AbortSignal
  /** False ignores every date. */
  readonly time: boolean
  /** Weight bytes read per model at most. */
  readonly budget: number
  /** Compare with these alone. */
  readonly candidates?: readonly string[]
  /** Ignore stored conclusions. */
  readonly refresh: boolean
  readonly onProgress: (progress: Progress) => void
}

/** `src/app/inspect.ts` exports `inspectModel(engine, modelId, options): Promise<Inspection>`. */
export interface Inspection {
  readonly report: LineageReport
  /** The family as charted around this model. */
  readonly atlas: AtlasReport
  /** True when it came from the store without reading weights. */
  readonly stored: boolean
}
