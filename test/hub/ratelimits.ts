import type { RateLimits } from "./types"

export type Bucket = "api" | "resolvers" | "pages"

export interface Standing {
  readonly exceeded: boolean
  readonly headers: Record<string, string>
  /** Until a fresh window begins. */
  readonly seconds: number
}

const ANONYMOUS = { api: 500, resolvers: 3000, pages: 100 }
const LOGGED_IN = { api: 1000, resolvers: 5000, pages: 200 }
const WINDOW_SECONDS = 300

/** Fixed windows, three buckets for each client: an address, or the person behind a token. */
export function createRateLimiter(limits: RateLimits, now: () => number) {
  const seconds = limits.windowSeconds ?? WINDOW_SECONDS
  const used = new Map<string, { window: number; count: number }>()
  /** Counts one request. */
  return (client: string, isLoggedIn: boolean, bucket: Bucket): Standing => {
    const most = limits[bucket] ?? (isLoggedIn ? LOGGED_IN : ANONYMOUS)[bucket]
    const window = Math.floor(now() / 1000 / seconds)
    const key = `${bucket} ${client}`
    const before = used.get(key)
    const count = before?.window === window ? before.count + 1 : 1
    used.set(key, { window, count })
    const left = Math.ceil((window + 1) * seconds - now() / 1000)
    return {
      exceeded: count > most,
      seconds: left,
      headers: {
        ratelimit: `"${bucket}";r=${Math.max(0, most - count)};t=${left}`,
        "ratelimit-policy": `"fixed window";"${bucket}";q=${most};w=${seconds}`,
      },
    }
  }
}
