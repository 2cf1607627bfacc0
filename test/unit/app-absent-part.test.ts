import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterEach, expect, it } from "vitest"
import { inspectModel } from "~src/app/inspect"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub/index"
import { FIXTURES, runner } from "./lineage-models"

/** The fixtures' merge, whose card names both parents. */
const MERGE = "juniper-data/comet-lite"
const PARENTS = ["windmill-ai/grove-2", "windmill-ai/willow-24"] as const

const opened: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** What is said of the merge where this model is behind a gate. */
async function inspectWithout(closed: string | null) {
  const folder = mkdtempSync(join(tmpdir(), "pedigree-part-"))
  for (const name of readdirSync(FIXTURES)) if (name !== "hub.json") symlinkSync(join(FIXTURES, name), join(folder, name))
  const facts = JSON.parse(readFileSync(join(FIXTURES, "hub.json"), "utf8"))
  const repos = facts.repos.map((repo: { id: string }) => (repo.id === closed ? { ...repo, gated: "manual" } : repo))
  writeFileSync(join(folder, "hub.json"), JSON.stringify({ ...facts, repos }))
  const hub = await startHub({ roots: [folder], rateLimits: { api: 1e6, resolvers: 1e6, pages: 1e6 } })
  opened.push(async () => {
    await hub.close()
    rmSync(folder, { recursive: true })
  })
  const client = createHub({ endpoint: hub.url, fetch: globalThis.fetch, now: Date.now, sleep: (milliseconds) => setTimeout(milliseconds) })
  const engine = { hub: client, store: openMemoryStore(), statistics: runner, now: Date.now }
  const options = { signal: new AbortController().signal, time: true, budget: DEFAULT_BUDGET, refresh: false, onProgress() {} }
  return inspectModel(engine, MERGE, options)
}

it.each(PARENTS)("says that a merge's other parent is closed: %s", async (closed) => {
  const { report, atlas } = await inspectWithout(closed)
  const open = PARENTS.find((id) => id !== closed)
  expect(report.verdict).toBe("documented")
  expect(report.reason).toBe(`The weights match a merge of ${open} with ${closed}, which is not readable here.`)
  const parents = [...report.parents].sort((a, b) => Number(a.ghost) - Number(b.ghost))
  expect(parents).toMatchObject([
    { id: open, ghost: false, relation: "merge" },
    { id: closed, ghost: true, revision: null, relation: "merge", hubRelation: "merge", namedBy: [MERGE] },
  ])
  expect(parents.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6)
  expect(atlas.nodes.find(({ id }) => id === closed)).toMatchObject({ ghost: true, access: "gated" })
  expect(
    atlas.edges
      .filter(({ child }) => child === MERGE)
      .map(({ parent }) => parent)
      .sort(),
  ).toEqual([...PARENTS])
})

it("names no ghost where both can be read", async () => {
  const { report } = await inspectWithout(null)
  expect(report.parents.map(({ id, ghost }) => [id, ghost])).toEqual(PARENTS.map((id) => [id, false]))
})
