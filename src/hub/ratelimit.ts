import { PedigreeError } from "~src/core/errors"

/** The Hub counts requests in three fixed windows of five minutes. */
export const BUCKETS = ["api", "resolvers", "pages"] as const
export type Bucket = (typeof BUCKETS)[number]

/** What one answer says about a window: requests left and seconds until it starts anew. */
export interface Allowance {
  readonly bucket: Bucket
  readonly remaining: number
  readonly seconds: number
}

/** A wait up to this long is sat out; a longer one is told to the person. Milliseconds. */
export const LONGEST_WAIT = 10_000

/** No window is longer than an hour, whatever a header claims. Seconds. */
const LONGEST_WINDOW = 3600

/** The bucket that a request to the endpoint counts against: any address with `/resolve/` is a resolver request. */
export function bucketOf(path: string): Bucket {
  if (path.includes("/resolve/")) return "resolvers"
  return path.startsWith("/api/") ? "api" : "pages"
}

/** Parses `RateLimit: "api";r=0;t=55`, a comma-separated list of windows. Unknown and unreadable items are left out. */
export function parseRateLimit(header: string | null): Allowance[] {
  return (header ?? "").split(",").flatMap((item) => {
    const name = /^\s*"?(\w+)"?\s*;/.exec(item)?.[1]
    const bucket = BUCKETS.find((one) => one === name)
    const remaining = parameter(item, "r")
    const seconds = parameter(item, "t")
    return bucket === undefined || remaining === null || seconds === null ? [] : [{ bucket, remaining, seconds }]
  })
}

/**
 * Milliseconds that an answer asks to wait, by its `Retry-After` (seconds or a date), else `RateLimit`, else the whole window of
 * `RateLimit-Policy`; null when it says nothing.
 */
export function askedWait(headers: Headers, now: number): number | null {
  const retryAfter = headers.get("retry-after")
  const date = Date.parse(retryAfter ?? "")
  const seconds =
    retryAfter !== null && /^\s*\d+\s*$/.test(retryAfter)
      ? Number(retryAfter)
      : Number.isFinite(date)
        ? (date - now) / 1000
        : (usedUp(headers)?.seconds ?? parameter(headers.get("ratelimit-policy") ?? "", "w"))
  return seconds === null ? null : Math.min(Math.max(seconds, 0), LONGEST_WINDOW) * 1000
}

function usedUp(headers: Headers): Allowance | undefined {
  const windows = parseRateLimit(headers.get("ratelimit"))
  return windows.find((window) => window.remaining === 0) ?? windows[0]
}

function parameter(item: string, name: string): number | null {
  const digits = new RegExp(`;\\s*${name}=(\\d{1,9})(?=\\s*(?:[;,]|$))`).exec(item)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** The error for a window that is used up for longer than {@link LONGEST_WAIT}. */
export function rateLimited(wait: number, now: number): PedigreeError {
  const minutes = Math.max(1, Math.ceil(wait / 60_000))
  return new PedigreeError(
    "rate-limited",
    "The Hub's request limit for this address is used up for the moment.",
    `Try again in ${minutes} minute${minutes === 1 ? "" : "s"}; a Hugging Face token raises the limit.`,
    { retryAt: now + wait, worded: { as: "limit", values: {} } },
  )
}

/** Two answers that put a window's end this close together (milliseconds) speak of the same window: `t` is in whole seconds. */
const SAME_WINDOW = 2000

/** Keeps each bucket's allowance as the answers tell it. */
export interface Budgets {
  /** Books one request. */
  spend(bucket: Bucket): void
  /** Milliseconds until the bucket has something left; 0 when it has now, or is not known. */
  wait(bucket: Bucket): number
  /** Takes in what an answer of the endpoint says. */
  learn(headers: Headers): void
  /** The bucket is used up for so many milliseconds (429). */
  exhaust(bucket: Bucket, wait: number): void
}

export function createBudgets(now: () => number): Budgets {
  const windows = new Map<Bucket, { left: number; resetAt: number }>()

  return {
    spend(bucket) {
      const window = windows.get(bucket)
      if (window !== undefined) window.left -= 1
    },
    wait(bucket) {
      const window = windows.get(bucket)
      if (window === undefined || window.left > 0) return 0
      if (window.resetAt > now()) return window.resetAt - now()
      windows.delete(bucket)
      return 0
    },
    learn(headers) {
      for (const { bucket, remaining, seconds } of parseRateLimit(headers.get("ratelimit"))) {
        const resetAt = now() + Math.min(seconds, LONGEST_WINDOW) * 1000
        const window = windows.get(bucket)
        // Answers overtake each other: within one window the lowest count is the newest, and ours knows of what is on its way.
        const same = window !== undefined && Math.abs(window.resetAt - resetAt) <= SAME_WINDOW
        windows.set(bucket, { left: same ? Math.min(window.left, remaining) : remaining, resetAt })
      }
    },
    exhaust(bucket, wait) {
      windows.set(bucket, { left: 0, resetAt: now() + wait })
    },
  }
}
