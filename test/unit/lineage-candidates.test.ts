import { readFileSync } from "node:fs"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { createHub } from "~src/hub/client"
import type { Hub, ModelRecord } from "~src/hub/types"
import { findCandidates, nameTokens, sortCandidates } from "~src/lineage/candidates"
import { readTruth } from "~src/tools/evaluation/truth"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { createCall } from "./hub-client-server"
import { FIXTURES } from "./lineage-models"

const CHILD = "windmill-ai/willow-24"
const SIBLING = "windmill-ai/grove-2"
const ROOT = "lucidfox/raven-lite"

let server: RunningHub
let hub: Hub
beforeAll(async () => {
  server = await startHub({ roots: [FIXTURES], rateLimits: { api: 100_000, resolvers: 100_000, pages: 100_000 } })
})
afterAll(() => server.close())
beforeEach(() => {
  server.setFaults([])
  hub = createHub({ endpoint: server.url, fetch: globalThis.fetch, now: Date.now, sleep: async () => {}, random: () => 0 })
})

const call = () => createCall().call
const find = async (id: string) => findCandidates(hub, await hub.model(id, null, call()), [], call())
const ids = ({ candidates }: { readonly candidates: readonly { readonly record: ModelRecord }[] }) =>
  candidates.map(({ record }) => record.id)

it("finds every true parent of the fixture models, well before the last place that is compared", async () => {
  const truth = readTruth(FIXTURES).filter(({ parents }) => parents.length > 0)
  expect(truth.length).toBeGreaterThan(15)
  for (const { id, parents } of truth) {
    const found = ids(await find(id))
    expect(found).not.toContain(id)
    for (const parent of parents) expect(found.slice(0, 30), `${parent.id} of ${id}`).toContain(parent.id)
  }
})

it("ranks by falling rank, declared parents first, each once", async () => {
  const { candidates } = await find(SIBLING)
  expect(candidates[0]).toMatchObject({ source: "declared", record: { id: ROOT } })
  expect(candidates).toEqual(sortCandidates(candidates))
  expect(sortCandidates([...candidates].reverse())).toEqual(candidates)
  expect(new Set(candidates.map(({ record }) => record.id)).size).toBe(candidates.length)
})

it("finds the dense models that a mixture of experts may have been grown from, though they have another type and size", async () => {
  const target = await hub.model(CHILD, null, call())
  const mixture = {
    ...target,
    modelType: "llama_moe",
    parameters: null,
    totalParameters: 6 * (target.totalParameters as number),
    declared: [],
  }
  expect(ids(await findCandidates(hub, mixture, [], call()))).toContain(ROOT)
  const other = { ...mixture, modelType: "bert_moe" }
  expect(ids(await findCandidates(hub, other, [], call()))).not.toContain(ROOT)
})

it("leaves out other model types and sizes, unless a card names them", async () => {
  const target = await hub.model(CHILD, null, call())
  const { candidates } = await findCandidates(hub, target, [], call())
  for (const { record } of candidates) {
    expect(record.modelType ?? "llama").toBe("llama")
    if (record.totalParameters && target.totalParameters) {
      const ratio = record.totalParameters / target.totalParameters
      expect(Math.max(ratio, 1 / ratio)).toBeLessThanOrEqual(2.5)
    }
  }
  const named = { ...target, declared: [{ id: "thirdshelf/vireo-lite", relation: null }] }
  expect((await findCandidates(hub, named, [], call())).candidates[0]).toMatchObject({
    source: "declared",
    record: { id: "thirdshelf/vireo-lite" },
  })
})

it("takes the base that an adapter's files name", async () => {
  const target = { ...(await hub.model(CHILD, null, call())), adapterBase: ROOT }
  expect((await findCandidates(hub, target, [], call())).candidates.find(({ record }) => record.id === ROOT)?.source).toBe("file")
})

it("never compares a model with itself, even if its card names it", async () => {
  const target = await hub.model(CHILD, null, call())
  const found = await findCandidates(hub, { ...target, declared: [{ id: CHILD, relation: null }] }, [], call())
  expect(ids(found)).not.toContain(CHILD)
  expect(found.unreachable).toEqual([])
})

it("puts those first that other cards name, and those that were there before", async () => {
  const target = await hub.model(CHILD, null, call())
  const found = await find(CHILD)
  const place = (searched: typeof found, id: string) => ids(searched).indexOf(id)
  // The root is named by its children's cards and older than all of them; this child's own card is silent.
  expect(target.declared).toEqual([])
  expect(place(found, ROOT)).toBeLessThan(5)
  const undated = await findCandidates(hub, { ...target, createdAt: null }, [], call())
  expect(new Set(ids(undated))).toEqual(new Set(ids(found)))
  const early = await findCandidates(hub, { ...target, createdAt: "2000-01-01T00:00:00.000Z" }, [], call())
  expect(ids(early)).toEqual(ids(undated))
  const older = found.candidates.find(({ record }) => record.createdAt !== null && record.createdAt < (target.createdAt ?? ""))
  expect(older?.rank).toBeGreaterThan(undated.candidates.find(({ record }) => record.id === older?.record.id)?.rank ?? 0)
})

it("looks up the roots of the model's type and size that no list had, and bears their absence", async () => {
  const target = { ...(await hub.model(CHILD, null, call())), modelType: "gpt2", parameters: null, totalParameters: 124_439_808 }
  server.resetLog()
  const { unreachable } = await findCandidates(hub, target, [], call())
  const asked = server.requests.map(({ path }) => path).filter((path) => path.startsWith("/api/models/") && path.includes("blobs"))
  expect(asked).toEqual(["/api/models/openai-community/gpt2?blobs=true"])
  expect(unreachable).toEqual([])
})

describe("on trouble", () => {
  it("takes any word for a dtype, and finds what is there all the same", async () => {
    const target = await hub.model(CHILD, null, call())
    const parameters = JSON.parse('{"constructor":5,"__proto__":7,"toString":9,"F32":100}')
    const { candidates } = await findCandidates(hub, { ...target, parameters, totalParameters: 114 }, [], call())
    expect(candidates.length).toBeGreaterThan(0)
  })

  it("reports named parents that do not exist", async () => {
    const target = await hub.model(CHILD, null, call())
    const { unreachable, candidates } = await findCandidates(
      hub,
      { ...target, declared: [{ id: "nobody/nothing", relation: null }] },
      [],
      call(),
    )
    expect(unreachable).toMatchObject([{ id: "nobody/nothing", failure: { code: "not-found" } }])
    expect(candidates.length).toBeGreaterThan(3)
  })

  it("narrows when single list queries fail, and fails only when all do", async () => {
    const all = ids(await find(CHILD))
    for (const match of [/api\/models\?.*search=/, /api\/models\?.*author=/, /api\/models\?.*num_parameters/]) {
      server.setFaults([{ match, action: "403" }])
      server.resetLog()
      const found = ids(await find(CHILD))
      expect(server.requests.filter(({ status }) => status === 403)).toHaveLength(1)
      expect(found.length).toBeGreaterThan(3)
      for (const id of found) expect(all).toContain(id)
    }
    const target = await hub.model(CHILD, null, call())
    server.setFaults([{ match: /api\/models\?/, action: "403" }])
    await expect(findCandidates(hub, target, [], call())).rejects.toMatchObject({ name: "PedigreeError" })
  })

  it("stops when told to", async () => {
    const target = await hub.model(CHILD, null, call())
    const stopped = createCall(AbortSignal.abort())
    await expect(findCandidates(hub, target, [], stopped.call)).rejects.toMatchObject({ name: "AbortError" })
  })
})

it("splits names into the parts that tell families apart", () => {
  expect(nameTokens("Mistral-7B-Instruct-v0.2")).toEqual(["mistral", "instruct"])
  expect(nameTokens("willow-24")).toEqual(["willow"])
  expect(nameTokens("base_model-v2")).toEqual([])
  expect(nameTokens("")).toEqual([])
  const names = readFileSync(`${FIXTURES}hub.json`, "utf8").match(/[\w.-]+\/[\w.-]+/g) ?? []
  for (const name of names) for (const token of nameTokens(name)) expect(token).toMatch(/^[a-z0-9]{3,}$/)
})
