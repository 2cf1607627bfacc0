import { PedigreeError } from "~src/core/errors"
import { unlessAborted } from "./abort"
import { fileRefusal } from "./errors"
import type { Answer, FileAddress, Window } from "./exchange"
import { takeRange } from "./range"
import type { Transport } from "./transport"
import type { Call, RangeAnswer } from "./types"

/**
 * Reads parts of files. The first read of a file goes through the Hub's `resolve`, which redirects to a signed address at the CDN;
 * later reads go there directly until it expires, so that only the first counts against the Hub's request limit.
 */
export interface RangeReader {
  /** @throws PedigreeError */
  read(file: FileAddress, window: Window, weights: boolean, call: Call): Promise<RangeAnswer>
}

interface Target {
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** For a target that does not say when it expires: the Hub signs for about an hour. Milliseconds. */
const USUAL_LIFE = 45 * 60_000
const MINUTE = 60_000
/** Targets kept at once; the oldest goes first. */
const MOST_TARGETS = 4096
/** Statuses by which a remembered target says that it is no longer good. */
const STALE = new Set([401, 403, 404, 410])

export function createRangeReader(transport: Transport, now: () => number): RangeReader {
  const targets = new Map<string, Target>()
  /** First reads under way; settled with what a waiter should do: go on (null) or fail likewise. */
  const resolving = new Map<string, Promise<PedigreeError | null>>()

  function remember(file: FileAddress, answer: Answer): void {
    // Within the Hub's own origin (git files, gated ones) the redirect is for this request alone.
    const url = isElsewhere(answer, file) ? answer.url : file.url
    targets.set(file.url, { url, until: expiry(url, now()) })
    const [oldest] = targets.keys()
    if (targets.size > MOST_TARGETS && oldest !== undefined) targets.delete(oldest)
  }

  async function first(file: FileAddress, window: Window, weights: boolean, call: Call): Promise<Answer> {
    let settle = (_: PedigreeError | null) => {}
    resolving.set(
      file.url,
      new Promise((resolve) => {
        settle = resolve
      }),
    )
    let verdict: PedigreeError | null = null
    try {
      const ask = { url: file.url, window, weights }
      let answer = await transport.send(ask, call)
      // An address may stop being good between its signing and its use: the file server's refusal of a fresh one is asked for twice.
      if (STALE.has(answer.status) && isElsewhere(answer, file)) answer = await transport.send(ask, call)
      if (isRefusal(answer)) throw fileRefusal(answer, file)
      remember(file, answer)
      return answer
    } catch (error) {
      // One caller's cancelling is no reason for the others to fail: the next of them tries.
      if (error instanceof PedigreeError && error.code !== "aborted") verdict = error
      throw error
    } finally {
      resolving.delete(file.url)
      settle(verdict)
    }
  }

  return {
    async read(file, window, weights, call) {
      for (let refusals = 0; ; ) {
        const target = targets.get(file.url)
        if (target !== undefined && target.until > now()) {
          const answer = await transport.send({ url: target.url, window, weights }, call)
          if (!isRefusal(answer)) return takeRange(window, answer, file.path)
          if (targets.get(file.url) === target) targets.delete(file.url)
          refusals += 1
          if (refusals > 1 || !STALE.has(answer.status)) throw fileRefusal(answer, file)
        } else {
          const pending = resolving.get(file.url)
          if (pending === undefined) return takeRange(window, await first(file, window, weights, call), file.path)
          const failed = await unlessAborted(pending, call.signal)
          if (failed !== null) throw failed
        }
      }
    },
  }
}

/** Whether the answer comes from another origin than the file's own address, as signed addresses do. */
function isElsewhere(answer: Answer, file: FileAddress): boolean {
  return new URL(answer.url).origin !== new URL(file.url).origin
}

/** An error status other than "the range lies beyond the file", which says nothing about the address. */
function isRefusal(answer: Answer): boolean {
  return answer.status >= 300 && answer.status !== 416
}

/**
 * When a signed address stops working, in milliseconds since the epoch, with a margin: by `Expires` (CloudFront, GCS),
 * `X-Amz-Date` + `X-Amz-Expires` (S3) or CloudFront's `Policy`; {@link USUAL_LIFE} when none is there or, the clocks being
 * apart, it lies in the past already: then the server's refusal tells.
 */
export function expiry(address: string, now: number): number {
  const query = new URL(address).searchParams
  const end = seconds(query.get("Expires")) ?? amazonExpiry(query) ?? policyExpiry(query.get("Policy"))
  if (end === null || end <= now) return now + USUAL_LIFE
  return end - Math.min(MINUTE, (end - now) / 10)
}

function seconds(text: string | null): number | null {
  return text !== null && /^\d{9,11}$/.test(text) ? Number(text) * 1000 : null
}

function amazonExpiry(query: URLSearchParams): number | null {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get("X-Amz-Date") ?? "")
  const life = query.get("X-Amz-Expires")
  if (date === null || life === null || !/^\d{1,7}$/.test(life)) return null
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = date.slice(1).map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number(life) * 1000
}

/** CloudFront writes base64 with `-_~` for `+=/`; the policy's JSON holds `"AWS:EpochTime":<seconds>`. */
function policyExpiry(policy: string | null): number | null {
  if (policy === null) return null
  try {
    const json = atob(policy.replace(/-/g, "+").replace(/_/g, "=").replace(/~/g, "/"))
    return seconds(/"AWS:EpochTime"\s*:\s*(\d+)/.exec(json)?.[1] ?? null)
  } catch {
    return null
  }
}
