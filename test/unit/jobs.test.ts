import { expect, it } from "vitest"
import { createJobs } from "~src/app/jobs"
import { openMemoryStore } from "~src/storage/memory"

const HOUR = 3_600_000

it("remembers how an interrupted inspection was asked for", async () => {
  const store = openMemoryStore()
  await createJobs(store, () => 0).begin("a/b", true)
  // The worker was stopped: a new one, and a panel that reconnects without asking for a refresh.
  const again = await createJobs(store, () => 5000).begin("a/b", false)
  expect(again).toEqual({ model: "a/b", startedAt: 0, refresh: true })
})

it("forgets a finished one, sweeps those left behind and damaged rows", async () => {
  const store = openMemoryStore()
  let now = 0
  const jobs = createJobs(store, () => now)
  await jobs.begin("a/done", true)
  await jobs.end("a/done")
  await jobs.begin("a/old", true)
  await store.put("jobs", "a/damaged", { model: 7 })
  now = HOUR - 1
  await jobs.begin("a/new", false)
  await jobs.sweep()
  expect((await store.keys("jobs")).sort()).toEqual(["a/new", "a/old"])
  now = HOUR
  await jobs.sweep()
  expect(await store.keys("jobs")).toEqual(["a/new"])
  expect((await jobs.begin("a/old", false)).refresh).toBe(false)
})
