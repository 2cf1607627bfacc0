import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { inspectModel } from "~src/app/inspect"
import type { Engine } from "~src/app/inspect-types"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub"
import { FIXTURES, runner } from "./lineage-models"

/** A fine-tune whose card names its parent by a name that the parent no longer has. */
const CHILD = "windmill-ai/willow-24"
const PARENT = "lucidfox/raven-lite"
const FORMER = "oldfox/raven"

const root = mkdtempSync(join(tmpdir(), "renamed-"))
let server: Awaited<ReturnType<typeof startHub>>
let engine: Engine
beforeAll(async () => {
  const { repos } = JSON.parse(readFileSync(`${FIXTURES}hub.json`, "utf8")) as { repos: object[] }
  writeFileSync(join(root, "hub.json"), JSON.stringify({ repos, renames: { [FORMER]: PARENT } }))
  cpSync(`${FIXTURES}${CHILD}`, join(root, CHILD), { recursive: true })
  writeFileSync(join(root, CHILD, "README.md"), `---\nlicense: mit\nbase_model: ${FORMER}\n---\n`)
  // Of equal ids the first folder's counts.
  server = await startHub({ roots: [root, FIXTURES], rateLimits: { api: 100_000, resolvers: 100_000 } })
  const hub = createHub({ endpoint: server.url, fetch: globalThis.fetch, now: Date.now, sleep: async () => {}, random: () => 0 })
  engine = { hub, store: openMemoryStore(), statistics: runner, now: Date.now }
})
afterAll(async () => {
  await server?.close()
  rmSync(root, { recursive: true })
})

it("takes the former name of a renamed parent for the parent", async () => {
  const options = { signal: new AbortController().signal, time: true, budget: DEFAULT_BUDGET, refresh: false, onProgress: () => {} }
  const { report } = await inspectModel(engine, CHILD, options)
  expect(report.verdict).toBe("documented")
  expect(report.parents.map(({ id }) => id)).toEqual([PARENT])
  expect(report.declared).toEqual([{ id: PARENT, relation: "finetune" }])
  expect(report.notCompared).toEqual([])
})
