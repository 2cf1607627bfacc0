import type { PedigreeError } from "~src/core/errors"
import { cancelled, unlessAborted } from "./abort"
import { readBody } from "./body"
import { malformed, offline, refusalError } from "./errors"
import type { Answer, Ask } from "./exchange"
import { createQueue } from "./queue"
import { bodyLimit, isShort } from "./range"
import { askedWait, type Bucket, bucketOf, createBudgets, LONGEST_WAIT, rateLimited } from "./ratelimit"
import type { Call } from "./types"

/** What the Hub client is given by the world around it. */
export interface HubOptions {
  /** The Hub's origin, with a path if it lives under one, e.g. `https://huggingface.co`. */
  readonly endpoint: string
  /** Sent to the endpoint alone, never to a redirect's target. */
  readonly token?: string | undefined
  /**
   * Whether the browser's own login to the endpoint goes along, for repositories that refuse to be read without. Only a browser that lets
   * the caller read the endpoint has one.
   */
  readonly login?: boolean
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Resolves after so many milliseconds; may leave off early when the signal fires. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Uniform in [0, 1), for the retries' jitter. */
  readonly random?: () => number
  /** Requests under way at once; six by default, as many as a browser has connections to one host. */
  readonly atOnce?: number
  /** An attempt without headers or a further chunk for so long is given up. Milliseconds, 20 s by default. */
  readonly stallAfter?: number
}

/** Sends GETs: only so many at once, within the Hub's request budgets, tried again where that makes sense. */
export interface Transport {
  /**
   * The answer, whatever its status, except for 429 and 5xx.
   *
   * @throws PedigreeError "aborted", "offline", "rate-limited", "bad-response" (5xx) or "malformed" (broken off twice)
   */
  send(ask: Ask, call: Call): Promise<Answer>
}

/** Why an attempt should be repeated. */
interface Again {
  readonly error: PedigreeError
  /** Attempts after which `error` is final; Infinity for a wait in which nothing was sent. */
  readonly tries: number
  /** Milliseconds to wait, where the server named them. */
  readonly wait?: number
}

const TRIES = 3
const FIRST_PAUSE = 400
/** An attempt that trickles is given up after so many times the stall limit. */
const PATIENCE = 15
const ERROR_BODY = 64 * 1024

export function createTransport(options: HubOptions): Transport {
  // Taken out of the object: a browser's fetch refuses to be called as another object's method.
  const { fetch, now, sleep, random = Math.random, atOnce = 6, stallAfter = 20_000 } = options
  const endpoint = new URL(options.endpoint)
  const queue = createQueue(atOnce)
  /** Repositories that were refused without the login, by the beginning of their paths. */
  const refused = new Set<string>()
  const budgets = createBudgets(now)

  async function attempt(ask: Ask, withLogin: boolean, call: Call): Promise<Answer | Again> {
    const url = new URL(ask.url)
    const own = url.origin === endpoint.origin
    const bucket = own ? bucketOf(url.pathname.slice(endpoint.pathname.replace(/\/$/, "").length)) : null
    if (bucket !== null) {
      const wait = budgets.wait(bucket)
      if (wait > LONGEST_WAIT) throw rateLimited(wait, now())
      if (wait > 0) return { error: rateLimited(wait, now()), tries: Number.POSITIVE_INFINITY, wait }
      budgets.spend(bucket)
    }

    const started = now()
    const stall = new AbortController()
    let timer = setTimeout(() => stall.abort(), stallAfter)
    const touch = () => {
      clearTimeout(timer)
      if (now() - started > PATIENCE * stallAfter) stall.abort()
      else timer = setTimeout(() => stall.abort(), stallAfter)
    }
    const signal = AbortSignal.any([call.signal, stall.signal])
    try {
      const response = await unlessAborted(fetch(ask.url, request(ask, own, withLogin, signal)), signal)
      touch()
      const limit = response.ok ? (ask.window ? bodyLimit(ask.window, response) : (ask.maxBytes ?? 0)) : ERROR_BODY
      const { bytes, end } = await unlessAborted(readBody(response, limit, touch), signal)
      call.meter.add(response.redirected ? 2 : 1, bytes.length, ask.weights && response.ok ? bytes.length : 0)
      const answer = { status: response.status, headers: response.headers, url: response.url || ask.url, bytes, whole: end === "whole" }
      const fromEndpoint = new URL(answer.url).origin === endpoint.origin
      if (fromEndpoint) budgets.learn(answer.headers)
      if (end === "broken" || (ask.window !== undefined && isShort(ask.window, answer))) {
        return { error: malformed(`The answer for ${url.pathname} broke off after ${bytes.length} bytes.`), tries: 2 }
      }
      return judge(answer, fromEndpoint ? bucket : null)
    } catch {
      call.meter.add(1, 0, 0)
      if (call.signal.aborted) throw cancelled()
      return { error: offline(url.host), tries: TRIES }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sorts out 429 and 5xx; every other status is the caller's to judge. */
  function judge(answer: Answer, bucket: Bucket | null): Answer | Again {
    if (answer.status !== 429 && answer.status < 500) return answer
    const wait = askedWait(answer.headers, now())
    if (answer.status === 429) {
      const known = wait ?? LONGEST_WAIT
      if (bucket !== null) budgets.exhaust(bucket, known)
      return { error: rateLimited(known, now()), tries: known > LONGEST_WAIT ? 1 : TRIES, wait: known }
    }
    const error = refusalError(answer, { id: null })
    return wait !== null && wait <= LONGEST_WAIT ? { error, tries: TRIES, wait } : { error, tries: TRIES }
  }

  function request(ask: Ask, own: boolean, withLogin: boolean, signal: AbortSignal): RequestInit {
    const headers = new Headers()
    if (ask.window !== undefined) headers.set("Range", `bytes=${ask.window.begin}-${ask.window.end - 1}`)
    // fetch drops this header by itself when a redirect leads to another origin.
    if (own && !withLogin && options.token !== undefined) headers.set("Authorization", `Bearer ${options.token}`)
    // Chrome's HTTP cache lets one request at a time through for one address: parallel ranges need no-store.
    return { headers, signal, cache: "no-store", credentials: withLogin ? "include" : "omit", redirect: "follow" }
  }

  async function persist(ask: Ask, withLogin: boolean, call: Call): Promise<Answer> {
    const patience = call.unneeded ? AbortSignal.any([call.signal, call.unneeded]) : call.signal
    for (let tried = 0; ; ) {
      const outcome = await queue.run(() => attempt(ask, withLogin, call), patience, call.unneeded !== undefined)
      if (!("error" in outcome)) return outcome
      if (Number.isFinite(outcome.tries)) tried += 1
      if (tried >= outcome.tries) throw outcome.error
      // Some jitter on top of a named time, so that waiters do not all come back at once; full jitter otherwise.
      const pause = outcome.wait === undefined ? FIRST_PAUSE * 2 ** tried * (0.5 + random() / 2) : outcome.wait + random() * FIRST_PAUSE
      await unlessAborted(sleep(pause, call.signal), call.signal)
    }
  }

  return {
    async send(ask, call) {
      const url = new URL(ask.url)
      const repository = options.login && url.origin === endpoint.origin ? repositoryOf(url, endpoint) : null
      if (repository === null) return persist(ask, false, call)
      if (!refused.has(repository)) {
        const answer = await persist(ask, false, call)
        if (!wantsLogin(answer) || new URL(answer.url).origin !== endpoint.origin) return answer
        refused.add(repository)
      }
      return persist(ask, true, call)
    },
  }
}

/** `owner/name` of the address, or null for lists and the like. */
function repositoryOf({ pathname }: URL, endpoint: URL): string | null {
  const path = pathname.slice(endpoint.pathname.replace(/\/$/, "").length)
  return /^\/(?:api\/models\/)?([^/]+\/[^/]+)(?:\/|$)/.exec(path)?.[1] ?? null
}

/** Whether the Hub refuses somebody who is not logged in, or not with the right to read: it hides private repositories as missing ones. */
const wantsLogin = ({ status, headers }: Answer): boolean =>
  status === 401 || /^(GatedRepo|RepoNotFound)$/.test(headers.get("x-error-code") ?? "")
