import * as v from "valibot"
import type { Store } from "~src/storage/types"

/**
 * The memory of inspections under way. A worker that the browser stops in the middle leaves its row behind; the next start of
 * that model finds it and goes on as it was asked at first. What was read is kept as facts elsewhere; the row only says that,
 * and how, the inspection was wanted.
 */
export interface Job {
  readonly model: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Whether stored conclusions were to be ignored. */
  readonly refresh: boolean
}

export interface Jobs {
  /** Notes the job, and answers what is to be done: a job left behind by a stopped worker keeps its own wish to refresh. */
  begin(model: string, refresh: boolean): Promise<Job>
  /** Forgets the job, whether finished, failed or cancelled. */
  end(model: string): Promise<void>
  /** Removes rows that nobody came back for. */
  sweep(): Promise<void>
}

/** Older rows are of no use: the person has gone. */
const STALE_AFTER = 60 * 60 * 1000

const Row = v.object({ model: v.string(), startedAt: v.number(), refresh: v.boolean() })

export function createJobs(store: Store, now: () => number): Jobs {
  const read = async (model: string): Promise<Job | null> => {
    const parsed = v.safeParse(Row, await store.get("jobs", model))
    return parsed.success && now() - parsed.output.startedAt < STALE_AFTER ? parsed.output : null
  }
  return {
    async begin(model, refresh) {
      const left = await read(model)
      const job = { model, startedAt: left?.startedAt ?? now(), refresh: refresh || (left?.refresh ?? false) }
      await store.put("jobs", model, job)
      return job
    },
    end: (model) => store.delete("jobs", model),
    async sweep() {
      for (const model of await store.keys("jobs")) if ((await read(model)) === null) await store.delete("jobs", model)
    },
  }
}
