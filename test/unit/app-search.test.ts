import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import type { Gathered } from "~src/app/gather"
import type { Engine, InspectOptions } from "~src/app/inspect-types"
import { namedByRelatives, search } from "~src/app/search"
import { createHub } from "~src/hub/client"
import type { Call, ModelRecord } from "~src/hub/types"
import type { ConfigHints } from "~src/lineage/hints"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { createCall } from "./hub-client-server"
import { FIXTURES, fixture, memberOf, never, runner } from "./lineage-models"

const CHILD = "windmill-ai/willow-24"
const ROOT = "lucidfox/raven-lite"
const OTHER_KIND = "thirdshelf/vireo-lite"

let server: RunningHub
let engine: Engine
let call: Call
let target: ModelRecord
beforeAll(async () => {
  server = await startHub({ roots: [FIXTURES], rateLimits: { api: 100_000, resolvers: 100_000, pages: 100_000 } })
  const hub = createHub({ endpoint: server.url, fetch: globalThis.fetch, now: Date.now, sleep: async () => {}, random: () => 0 })
  engine = { hub, store: openMemoryStore(), statistics: runner, now: Date.now }
  call = createCall().call
  target = await hub.model(CHILD, null, call)
})
afterAll(() => server.close())
beforeEach(() => server.resetLog())

const options: InspectOptions = { signal: never, time: true, budget: 1_000_000, refresh: false, onProgress: () => {} }
const hints = async (namedOrigin: string | null): Promise<ConfigHints> => ({ namedOrigin, libraryVersion: null })
const ids = (records: readonly ModelRecord[]) => records.map(({ id }) => id)

it("compares with those asked for alone", async () => {
  const sha = (await engine.hub.model(ROOT, null, call)).revision as string
  const { candidates, unreachable } = await search(
    engine,
    target,
    hints(null),
    { ...options, candidates: [`${ROOT}@${sha}`, "nobody/nothing"] },
    call,
  )
  expect(candidates).toMatchObject([{ id: ROOT, revision: sha }])
  expect(unreachable).toMatchObject([{ id: "nobody/nothing", failure: { code: "not-found" } }])
  expect(server.requests.some(({ path }) => path.includes("/api/models?"))).toBe(false)
})

it("puts the model that config.json names first, even of another kind, and only once", async () => {
  const found = await search(engine, target, hints(OTHER_KIND), options, call)
  expect(ids(found.candidates)[0]).toBe(OTHER_KIND)
  const known = ids((await search(engine, target, hints(ROOT), options, call)).candidates)
  expect(known.filter((id) => id === ROOT)).toHaveLength(1)
  for (const origin of [null, CHILD])
    expect(ids((await search(engine, target, hints(origin), options, call)).candidates)).not.toContain(CHILD)
})

it("goes on without an origin that is not there", async () => {
  const found = await search(engine, target, hints("gone/away"), options, call)
  expect(found.unreachable).toMatchObject([{ id: "gone/away" }])
  expect(ids(found.candidates)).toContain(ROOT)
})

it("looks up parents that cards of same-sized relatives name and that were not met yet, once", async () => {
  const gathered = (record: ModelRecord, ...declared: string[]) =>
    fixture(record.id).then((fingerprint): Gathered => ({ record, member: memberOf(record.id, fingerprint, { declared }) }))
  const own = await gathered(target)
  const sibling = await engine.hub.model("windmill-ai/grove-2", null, call)
  const stranger = await engine.hub.model(OTHER_KIND, null, call)
  const read = [await gathered(sibling, ROOT, "nobody/nothing"), await gathered(stranger, "quietriver/onyx-24")]
  expect(ids(await namedByRelatives(engine, own, read, new Map(), call))).toEqual([ROOT])
  const failure = { code: "gated", message: "It is gated.", advice: "Ask." } as const
  expect(await namedByRelatives(engine, own, read, new Map([[ROOT, failure]]), call)).toEqual([])
  expect(await namedByRelatives(engine, own, [await gathered(sibling, CHILD, sibling.id)], new Map(), call)).toEqual([])
})
