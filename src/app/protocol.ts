import type { Failure } from "~src/core/errors"
import type { AtlasReport, LineageReport } from "./report"

/** Steps of an inspection, in order; the panel words them. */
export const STEPS = ["record", "weights", "candidates", "compare", "conclude"] as const
export type Step = (typeof STEPS)[number]

export interface Progress {
  readonly step: Step
  /** Units done and known so far within the step (models for `compare`), 0 of 0 when not countable. */
  readonly done: number
  readonly total: number
  readonly requests: number
  readonly bytes: number
}

/** Name of the Port of one inspection; disconnecting it cancels when nobody else watches. */
export const INSPECT_PORT = "inspect"

/** Panel to worker. `refresh` ignores stored conclusions (never stored facts); without `reads` the store alone is asked. */
export type ToWorker =
  | { readonly type: "start"; readonly model: string; readonly refresh: boolean; readonly reads: boolean }
  | { readonly type: "cancel" }

/** Worker to panel. A report may come twice: a stored one at once, then the one that ends the inspection (`final`). */
export type FromWorker =
  | { readonly type: "progress"; readonly progress: Progress }
  | {
      readonly type: "report"
      readonly report: LineageReport
      /** The family that it was charted in. */
      readonly family?: AtlasReport
      readonly stored: boolean
      readonly final: boolean
    }
  /** Nothing is stored, and nothing was to be read. */
  | { readonly type: "unread" }
  | { readonly type: "failed"; readonly failure: Failure }

/** Request and reply messages (`chrome.runtime.sendMessage`). */
export type Request =
  /** Without a model: all families that are known. */
  { readonly type: "family"; readonly model: string | null } | { readonly type: "self-test" }
export type Reply =
  /** The report is the one that the family was drawn from: about the model asked for or, failing that, a relative of it. */
  | { readonly type: "family"; readonly atlas: AtlasReport | null; readonly report: LineageReport | null }
  | { readonly type: "self-test"; readonly provider: "webgpu" | "wasm"; readonly milliseconds: number }
  | { readonly type: "failed"; readonly failure: Failure }
