import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import type { Gathered } from "~src/app/gather"
import type { Engine } from "~src/app/inspect-types"
import { findListed, findOrigin, lookUp, namedByRelatives } from "~src/app/search"
import { createHub } from "~src/hub/client"
import type { Call, ModelRecord } from "~src/hub/types"
import type { ConfigHints } from "~src/lineage/hints"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { createCall } from "./hub-client-server"
import { FIXTURES, fixture, memberOf, runner } from "./lineage-models"

const CHILD = "windmill-ai/willow-24"
const ROOT = "lucidfox/raven-lite"
const OTHER_KIND = "thirdshelf/vireo-lite"

let server: RunningHub
let engine: Engine
let call: Call
let target: ModelRecord
let own: Promise<Gathered>
beforeAll(async () => {
  server = await startHub({ roots: [FIXTURES], rateLimits: { api: 100_000, resolvers: 100_000, pages: 100_000 } })
  const hub = createHub({ endpoint: server.url, fetch: globalThis.fetch, now: Date.now, sleep: async () => {}, random: () => 0 })
  engine = { hub, store: openMemoryStore(), statistics: runner, now: Date.now }
  call = createCall().call
  target = await hub.model(CHILD, null, call)
  own = fixture(CHILD).then((fingerprint) => ({ record: target, member: memberOf(CHILD, fingerprint) }))
})
afterAll(() => server.close())
beforeEach(() => server.resetLog())

const hints = async (namedOrigin: string | null): Promise<ConfigHints> => ({ namedOrigin, libraryVersion: null })
const ids = (records: readonly ModelRecord[]) => records.map(({ id }) => id)
const originNamed = (name: string | null) => findOrigin(engine, target, () => hints(name), own, findListed(engine, target, own, call), call)

it("looks up models asked for by name, at their revision, and tells which are not there", async () => {
  const sha = (await engine.hub.model(ROOT, null, call)).revision as string
  const { candidates, unreachable } = await lookUp(engine, [`${ROOT}@${sha}`, "nobody/nothing"], call)
  expect(candidates).toMatchObject([{ id: ROOT, revision: sha }])
  expect(unreachable).toMatchObject([{ id: "nobody/nothing", failure: { code: "not-found" } }])
})

it("adds the model that config.json names, even of another kind, unless it was found already or is the model itself", async () => {
  expect(ids((await findListed(engine, target, own, call)).candidates)).not.toContain(OTHER_KIND)
  expect(ids((await originNamed(OTHER_KIND)).candidates)).toEqual([OTHER_KIND])
  for (const known of [ROOT, CHILD, null]) expect((await originNamed(known)).candidates).toEqual([])
})

it("goes on without an origin that is not there", async () => {
  expect(await originNamed("gone/away")).toMatchObject({ candidates: [], unreachable: [{ id: "gone/away" }] })
  expect(ids((await findListed(engine, target, own, call)).candidates)).toContain(ROOT)
})

it("looks up parents that cards of same-sized relatives name and that were not met yet, once", async () => {
  const gathered = (record: ModelRecord, ...declared: string[]) =>
    fixture(record.id).then((fingerprint): Gathered => ({ record, member: memberOf(record.id, fingerprint, { declared }) }))
  const own = await gathered(target)
  const sibling = await engine.hub.model("windmill-ai/grove-2", null, call)
  const stranger = await engine.hub.model(OTHER_KIND, null, call)
  const read = [await gathered(sibling, ROOT, "nobody/nothing"), await gathered(stranger, "quietriver/onyx-24")]
  const found = await namedByRelatives(engine, own, read, new Map(), call)
  expect(ids(found.candidates)).toEqual([ROOT])
  // One that is gone may be the parent all the same: cards that agree on it name a ghost.
  expect(found.unreachable).toMatchObject([{ id: "nobody/nothing", failure: { code: "not-found" } }])
  const failure = { code: "gated", message: "It is gated.", advice: "Ask." } as const
  const nothing = { candidates: [], unreachable: [] }
  expect((await namedByRelatives(engine, own, read, new Map([[ROOT, failure]]), call)).candidates).toEqual([])
  expect(await namedByRelatives(engine, own, [await gathered(sibling, CHILD, sibling.id)], new Map(), call)).toEqual(nothing)
})
