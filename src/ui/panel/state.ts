import type { FromWorker, Progress } from "~src/app/protocol"
import type { AtlasReport, LineageReport } from "~src/app/report"
import type { Failure } from "~src/core/errors"

/** Everything the panel can be in; what is drawn follows from this alone. */
export interface PanelState {
  /** `asleep`: nothing is stored, and nothing was asked to be read. */
  readonly phase: "asleep" | "running" | "done" | "failed" | "cancelled" | "lost"
  readonly progress: Progress | null
  readonly report: LineageReport | null
  /** The family that the report was charted in, as far as it is known. */
  readonly family: AtlasReport | null
  /** True when the report shown came from the store. */
  readonly stored: boolean
  readonly failure: Failure | null
  /** The port dropped and is being opened again. */
  readonly reconnecting: boolean
}

/** What the worker says, what happens to the port, and what the person does. */
export type PanelEvent = FromWorker | { readonly type: "started" | "cancelled" | "dropped" | "lost" }

export const INITIAL: PanelState = {
  phase: "running",
  progress: null,
  report: null,
  family: null,
  stored: false,
  failure: null,
  reconnecting: false,
}

/** The last report stays in sight whatever happens after it: a failed refresh takes nothing away. */
export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.type) {
    case "started":
      return { ...INITIAL, report: state.report, family: state.family, stored: state.stored }
    case "progress":
      return { ...state, phase: "running", progress: event.progress, reconnecting: false }
    case "report":
      return {
        ...state,
        phase: event.final ? "done" : "running",
        report: event.report,
        family: event.family ?? null,
        stored: event.stored,
        failure: null,
        reconnecting: false,
      }
    case "failed":
      return event.failure.code === "aborted"
        ? { ...state, phase: "cancelled", reconnecting: false }
        : { ...state, phase: "failed", failure: event.failure, reconnecting: false }
    case "unread":
      return { ...state, phase: "asleep", reconnecting: false }
    case "cancelled":
      return { ...state, phase: "cancelled", reconnecting: false }
    case "dropped":
      return { ...state, reconnecting: true }
    case "lost":
      return { ...state, phase: "lost", reconnecting: false }
  }
}
