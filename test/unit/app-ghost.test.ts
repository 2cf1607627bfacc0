import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, beforeAll, expect, it } from "vitest"
import { inspectModel } from "~src/app/inspect"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { FIXTURES, runner } from "./lineage-models"

/** The fixtures' Llamas with their base behind a gate, as Llama, Gemma and Mistral are. */
const BASE = "lucidfox/raven-lite"
const CHILD = "windmill-ai/willow-24"
const folder = mkdtempSync(join(tmpdir(), "pedigree-gate-"))
let hub: RunningHub
beforeAll(async () => {
  for (const name of readdirSync(FIXTURES)) if (name !== "hub.json") symlinkSync(join(FIXTURES, name), join(folder, name))
  const facts = JSON.parse(readFileSync(join(FIXTURES, "hub.json"), "utf8"))
  const repos = facts.repos.map((repo: { id: string }) => (repo.id === BASE ? { ...repo, gated: "manual" } : repo))
  writeFileSync(join(folder, "hub.json"), JSON.stringify({ ...facts, repos }))
  hub = await startHub({ roots: [folder], rateLimits: { api: 1e6, resolvers: 1e6, pages: 1e6 } })
})
afterAll(async () => {
  await hub.close()
  rmSync(folder, { recursive: true })
})

it("names a gated base that documented children agree on, for a child that does not mention it", async () => {
  const client = createHub({ endpoint: hub.url, fetch: globalThis.fetch, now: Date.now, sleep: (milliseconds) => setTimeout(milliseconds) })
  const engine = { hub: client, store: openMemoryStore(), statistics: runner, now: Date.now }
  const options = { signal: new AbortController().signal, time: true, budget: DEFAULT_BUDGET, refresh: false, onProgress() {} }
  const { report, atlas } = await inspectModel(engine, CHILD, options)
  expect(report.verdict).toBe("unverified")
  expect(report.parents).toMatchObject([{ id: BASE, ghost: true, revision: null, relation: "finetune", share: 1 }])
  expect(report.parents[0]?.namedBy?.length).toBeGreaterThan(1)
  expect(atlas.nodes.find(({ id }) => id === BASE)).toMatchObject({ ghost: true })
  const truth: readonly { id: string; parents: { id: string }[] }[] = JSON.parse(readFileSync(join(FIXTURES, "truth.json"), "utf8")).models
  const children = atlas.edges.filter(({ parent }) => parent === BASE).map(({ child }) => child)
  expect(children).toContain(CHILD)
  for (const child of children) expect(truth.find(({ id }) => id === child)?.parents.map(({ id }) => id)).toContain(BASE)
})
