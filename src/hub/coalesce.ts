import { cancelled, unlessAborted } from "./abort"
import type { Call } from "./types"

interface Shared {
  readonly work: Promise<unknown>
  readonly stop: AbortController
  waiters: number
}

/** Joins equal reads that are in flight at the same time. */
export interface Coalescer {
  /**
   * The result of `read`, shared by all who ask for the same key until it is there; so the result must not be written to.
   * The read is booked on the first caller's meter. One caller's abort ends that caller's wait alone; the read itself is stopped
   * when nobody waits for it any more.
   */
  share<T>(key: string, call: Call, read: (call: Call) => Promise<T>): Promise<T>
}

export function createCoalescer(): Coalescer {
  const reads = new Map<string, Shared>()

  function start(key: string, call: Call, read: (call: Call) => Promise<unknown>): Shared {
    const stop = new AbortController()
    const work = read({ ...call, signal: stop.signal }).finally(() => {
      if (reads.get(key) === shared) reads.delete(key)
    })
    const shared: Shared = { work, stop, waiters: 0 }
    reads.set(key, shared)
    return shared
  }

  return {
    async share<T>(key: string, call: Call, read: (call: Call) => Promise<T>): Promise<T> {
      if (call.signal.aborted) throw cancelled()
      const shared = reads.get(key) ?? start(key, call, read)
      shared.waiters += 1
      try {
        // The key says what is read, so equal keys yield equal types.
        return (await unlessAborted(shared.work, call.signal)) as T
      } finally {
        shared.waiters -= 1
        if (shared.waiters === 0) {
          if (reads.get(key) === shared) reads.delete(key)
          shared.stop.abort()
        }
      }
    },
  }
}
