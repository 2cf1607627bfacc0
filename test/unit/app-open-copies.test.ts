import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, beforeAll, expect, it } from "vitest"
import { claimOf } from "~src/app/claim"
import { inspectModel } from "~src/app/inspect"
import type { Engine } from "~src/app/inspect-types"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { createCall } from "./hub-client-server"
import { FIXTURES, runner } from "./lineage-models"

/** A fixture's family under the names of real ones: a gated base, its known open copy, and children of it. */
const GATED = "meta-llama/Llama-2-7b-hf"
const COPY = "unsloth/llama-2-7b"
const CHILD = "acme/child"
const SILENT = "acme/silent"
const ACTUAL = {
  [GATED]: "lucidfox/raven-lite",
  [COPY]: "lucidfox/raven-lite",
  [CHILD]: "windmill-ai/grove-2",
  [SILENT]: "windmill-ai/willow-24",
}

const folder = mkdtempSync(join(tmpdir(), "pedigree-copies-"))
let hub: RunningHub
let engine: Engine
beforeAll(async () => {
  const repos = JSON.parse(readFileSync(join(FIXTURES, "hub.json"), "utf8")).repos as { id: string }[]
  const entries = Object.entries(ACTUAL).map(([id, actual]) => {
    mkdirSync(join(folder, id), { recursive: true })
    cpSync(join(FIXTURES, actual), join(folder, id), { recursive: true })
    const base = id === CHILD ? `base_model: ${GATED}\n` : id === COPY ? "license: llama2\n" : ""
    writeFileSync(join(folder, id, "README.md"), base === "" ? "# Nothing said\n" : `---\n${base}---\n`)
    return { ...repos.find((repo) => repo.id === actual), id, gated: id === GATED ? "manual" : false }
  })
  writeFileSync(join(folder, "hub.json"), JSON.stringify({ repos: entries }))
  hub = await startHub({ roots: [folder], rateLimits: { api: 1e6, resolvers: 1e6, pages: 1e6 } })
})
afterAll(async () => {
  await hub.close()
  rmSync(folder, { recursive: true })
})

const inspect = (model: string) => {
  const client = createHub({ endpoint: hub.url, fetch: globalThis.fetch, now: Date.now, sleep: (milliseconds) => setTimeout(milliseconds) })
  engine = { hub: client, store: openMemoryStore(), statistics: runner, now: Date.now }
  return inspectModel(engine, model, {
    signal: new AbortController().signal,
    time: true,
    budget: DEFAULT_BUDGET,
    refresh: false,
    onProgress() {},
  })
}

it("reads a gated declared parent through its open copy, says so, and counts the card as right", async () => {
  const { report, atlas } = await inspect(CHILD)
  expect(report.verdict).toBe("documented")
  expect(report.reason).toContain(`read through its open copy ${COPY}`)
  expect(report.parents).toMatchObject([{ id: GATED, ghost: false, revision: null, readThrough: { id: COPY } }])
  const said = report.parents[0]?.evidence.find(({ kind }) => kind === "open-copy")
  expect(said?.says).toBe("neutral")
  expect(said?.text).toContain(report.parents[0]?.readThrough?.source)
  // One repository, one member: the copy does not stand beside what it was read for.
  expect(report.compared.map(({ id }) => id)).not.toContain(COPY)
  expect(report.notCompared.map(({ id }) => id)).not.toContain(GATED)
  expect(atlas.nodes.find(({ id }) => id === GATED)).toMatchObject({ ghost: false, access: "gated" })
  const claim = await claimOf(engine, report, { call: createCall().call, budget: DEFAULT_BUDGET })
  expect(claim.parents[0]).toMatchObject({ id: GATED, commit: null, readThrough: { id: COPY } })
  expect(claim.parents[0]?.tensors.length).toBeGreaterThan(0)
})

it("names the gated original of an undocumented child", async () => {
  const { report } = await inspect(SILENT)
  expect(report.verdict).toBe("undocumented")
  expect(report.parents.map(({ id }) => id)).toEqual([GATED])
})

it("never reads a gated model through the very copy that is asked about", async () => {
  const { report } = await inspect(COPY)
  expect(report.parents.filter(({ readThrough }) => readThrough?.id === COPY)).toEqual([])
  expect(report.parents.map(({ id }) => id)).not.toContain(GATED)
  expect(report.notCompared).toMatchObject([{ id: GATED, code: "gated" }])
})
