import type { Worded } from "./words"

/** Why something could not be done. The word is stable: panel, command line and tests branch on it. */
export type ErrorCode =
  | "aborted"
  | "bad-arguments"
  | "bad-response"
  | "disabled"
  | "gated"
  | "malformed"
  | "no-such-file"
  | "no-weights"
  | "not-a-range"
  | "not-found"
  | "offline"
  | "quota"
  | "rate-limited"
  | "unsupported"

/** An error as plain data, so that it crosses ports and storage unchanged. */
export interface Failure {
  readonly code: ErrorCode
  /** What happened, one plain sentence. */
  readonly message: string
  /** What the person can do about it, one plain sentence. */
  readonly advice: string
  /** Milliseconds since the epoch after which trying again makes sense (rate limits). */
  readonly retryAt?: number
  /** The message as data, for interfaces in other languages; absent where only its own English says it. */
  readonly worded?: Worded
}

/** What not every failure has. */
export type FailureMore = Pick<Failure, "retryAt" | "worded">

/** The one error type that Pedigree throws on purpose; anything else is a bug. */
export class PedigreeError extends Error implements Failure {
  override readonly name = "PedigreeError"
  readonly code: ErrorCode
  readonly advice: string
  readonly retryAt?: number
  readonly worded?: Worded

  constructor(code: ErrorCode, message: string, advice: string, { retryAt, worded }: FailureMore = {}) {
    super(message)
    this.code = code
    this.advice = advice
    if (retryAt !== undefined) this.retryAt = retryAt
    if (worded !== undefined) this.worded = worded
  }
}

/** Any thrown value as a {@link Failure}; unknown ones are reported as bad responses with their own words. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof PedigreeError) {
    const { code, message, advice, retryAt, worded } = thrown
    return { code, message, advice, ...(retryAt === undefined ? {} : { retryAt }), ...(worded === undefined ? {} : { worded }) }
  }
  if (thrown instanceof Error && thrown.name === "AbortError") {
    const worded = { as: "cancelled", values: {} }
    return { code: "aborted", message: "The inspection was cancelled.", advice: "Start it again when you like.", worded }
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  const worded = { as: "unexpected", values: { detail } }
  return { code: "bad-response", message: `Something unexpected happened: ${detail}`, advice: "Try again; if it stays, report it.", worded }
}
