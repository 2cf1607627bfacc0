import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { Claim } from "~src/app/claim"
import { inspectModel } from "~src/app/inspect"
import type { Engine } from "~src/app/inspect-types"
import { answerPanel, type PanelParts, type PanelReply, parsePanelRequest } from "~src/app/panel-requests"
import type { LineageReport } from "~src/app/report"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub"
import { FIXTURES, runner } from "./lineage-models"

/** A fine-tune whose card names nothing, one whose card names another model, and a right one. */
const SILENT = "windmill-ai/willow-24"
const WRONG = "rkaplan/merlin-one"
const RIGHT = "bluewharf/bramble-mini"
const PARENT = "lucidfox/raven-lite"

let server: Awaited<ReturnType<typeof startHub>>
let engine: Engine
const reports = new Map<string, LineageReport>()
const asked = (token?: string): Engine & PanelParts => ({
  ...engine,
  budget: DEFAULT_BUDGET,
  fetch: globalThis.fetch,
  token,
  keepLogin: async () => {},
})

beforeAll(async () => {
  server = await startHub({ roots: [FIXTURES], rateLimits: { api: 100_000, resolvers: 100_000, pages: 100_000 } })
  const hub = createHub({ endpoint: server.url, fetch: globalThis.fetch, now: Date.now, sleep: async () => {}, random: () => 0 })
  engine = { hub, store: openMemoryStore(), statistics: runner, now: Date.now }
  const options = { signal: new AbortController().signal, time: true, budget: DEFAULT_BUDGET, refresh: false, onProgress: () => {} }
  for (const model of [SILENT, WRONG, RIGHT]) reports.set(model, (await inspectModel(engine, model, options)).report)
}, 120_000)
afterAll(() => server?.close())

async function repair(model: string, token?: string): Promise<PanelReply & { type: "repair" }> {
  const reply = await answerPanel(asked(token), { type: "repair", model })
  if (reply.type !== "repair") throw new Error(reply.type)
  return reply
}
const cardOf = (model: string) => readFileSync(`${FIXTURES}${model}/README.md`, "utf8")
const frontOf = (card: string) => parse(card.split("---\n")[1] ?? "") as Record<string, unknown>

describe("the repair of a card", () => {
  it("names the parent that the card leaves out, and leaves everything else", async () => {
    const { repair: draft, sends } = await repair(SILENT)
    expect(sends).toBe(false)
    expect(frontOf(draft.card)).toEqual({ ...frontOf(cardOf(SILENT)), base_model: PARENT, base_model_relation: "finetune" })
    expect(draft.card.replace(/^base_model.*\n/gm, "")).toBe(cardOf(SILENT))
    expect(draft.diff.filter(({ kind }) => kind === "new").map(({ text }) => text)).toEqual([
      `base_model: ${PARENT}`,
      "base_model_relation: finetune",
    ])
    expect(draft.description).toContain(PARENT)
    expect(draft.description).toContain("sampled rows")
    expect(draft.description).not.toMatch(/stolen|fake|plagiar|theft|fraud/i)
  })

  it("replaces a name that the weights speak against, and leaves a right card alone", async () => {
    const { repair: draft } = await repair(WRONG)
    expect(draft.diff.some(({ kind, text }) => kind === "old" && text.includes("pebble-v2"))).toBe(true)
    expect(frontOf(draft.card).base_model).toBe(PARENT)
    await expect(repair(RIGHT)).rejects.toThrow(/nothing to repair/)
    await expect(repair("acme/unread")).rejects.toThrow(/Nothing is stored/)
  })

  it("is sent only with a token, and only as it was shown", async () => {
    const shown = await repair(SILENT, "hf_test_plain")
    expect(shown.sends).toBe(true)
    const propose = (digest: string, token?: string) => answerPanel(asked(token), { type: "propose", model: SILENT, digest })
    await expect(propose(shown.repair.digest)).rejects.toThrow(/no token/)
    await expect(propose("0".repeat(64), "hf_test_plain")).rejects.toThrow(/changed since it was shown/)
    await expect(propose(shown.repair.digest, "hf_unknown")).rejects.toThrow(/did not take the change from this token/)
    expect(server.proposals).toEqual([])
    const reply = await propose(shown.repair.digest, "hf_test_plain")
    expect(reply).toEqual({ type: "proposed", url: `${server.url}/${SILENT}/discussions/1` })
    const { title, description, revision, card } = shown.repair
    expect(server.proposals).toEqual([
      { id: SILENT, summary: title, description, parentCommit: revision, files: [{ path: "README.md", text: card }] },
    ])
  })

  it.each([
    null,
    "claim",
    {},
    { type: "claim" },
    { type: "claim", model: "../x" },
    { type: "propose", model: SILENT },
    { type: "propose", model: SILENT, digest: "x" },
  ])("takes no request like %j", (message) => expect(parsePanelRequest(message)).toBeNull())
})

describe("a claim that others can check", () => {
  it("names commit, files, tensors and bytes, and the bytes give the numbers", async () => {
    const reply = await answerPanel(asked(), { type: "claim", model: SILENT })
    if (reply.type !== "claim") throw new Error(reply.type)
    const claim = JSON.parse(reply.json) as Claim
    expect(claim).toMatchObject({
      schema: "pedigree/claim@1",
      verdict: "undocumented",
      model: { id: SILENT, commit: reports.get(SILENT)?.revision },
    })
    const [parent] = claim.parents
    expect(parent).toMatchObject({ id: PARENT, relation: "finetune" })
    expect(claim.model.files[0]?.oid).toMatch(/^[0-9a-f]{64}$/)
    expect(parent?.tensors.length).toBeGreaterThan(10)
    expect(parent?.rowMatch?.logP).toBeLessThan(Math.log(1e-8))
    // Read those bytes by hand: the models store float32.
    for (const tensor of parent?.tensors.slice(0, 8) ?? []) {
      const values = (model: string, spans: Claim["parents"][number]["tensors"][number]["bytes"]["model"]) => {
        const bytes = Buffer.concat(
          (spans ?? []).map(({ file, begin, end }) => readFileSync(`${FIXTURES}${model}/${file}`).subarray(begin, end)),
        )
        return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
      }
      const [own, other] = [values(SILENT, tensor.bytes.model), values(PARENT, tensor.bytes.parent)]
      expect(own.length).toBe((tensor.rows[1] - tensor.rows[0]) * (tensor.columns[1] - tensor.columns[0]))
      const [delta, norm] = [own.reduce((sum, x, i) => sum + (x - (other[i] ?? 0)) ** 2, 0), other.reduce((sum, x) => sum + x * x, 0)]
      expect(tensor.relativeUpdate).toBeCloseTo(Math.sqrt(delta / norm), 4)
    }
  })
})

describe("models known here", () => {
  const near = async (model: string) => {
    const reply = await answerPanel(asked(), { type: "known", model })
    if (reply.type !== "known") throw new Error(reply.type)
    return reply.near
  }

  it("are found near by their fingerprints, whether or not anybody looked at them, and strangers are not", async () => {
    const found = await near(PARENT)
    const { models } = JSON.parse(readFileSync(`${FIXTURES}truth.json`, "utf8")) as { models: { id: string; family: string }[] }
    const familyOf = (id: string) => models.find((model) => model.id === id)?.family
    const read = new Set((await engine.store.keys("fingerprints")).map((key) => key.slice(0, key.indexOf("@"))))
    const kin = new Set([...read].filter((id) => id !== PARENT && familyOf(id) === familyOf(PARENT)))
    expect(read.size).toBeGreaterThan(kin.size + 1)
    expect(found.filter(({ id }) => !kin.has(id))).toEqual([])
    expect(found).toHaveLength(Math.min(12, kin.size))
    expect(kin.size).toBeGreaterThan(3)
    expect(found.map(({ update }) => update)).toEqual(found.map(({ update }) => update).sort((a, b) => a - b))
    // As a second visitor sees it, whom nobody compared.
    expect((await near(found[0]?.id ?? "")).map(({ id }) => id)).toContain(PARENT)
  })

  it("are those whose analysis met this one, where fingerprints are gone", async () => {
    for (const key of await engine.store.keys("fingerprints")) await engine.store.delete("fingerprints", key)
    // Three of its children were visited; the nearest comes first.
    expect((await near(PARENT)).map(({ id }) => id).sort()).toEqual([RIGHT, WRONG, SILENT].sort())
    expect(await answerPanel(asked(), { type: "known", model: "acme/unread" })).toEqual({ type: "known", near: [] })
  })
})

describe("what the report keeps for the panel", () => {
  it("has pictures, files and near relatives", () => {
    const report = reports.get(SILENT)
    expect(report?.files?.[0]?.path).toBe("model.safetensors")
    expect(report?.parents[0]?.files?.[0]?.oid).toMatch(/^[0-9a-f]{64}$/)
    expect(report?.parents[0]?.portrait?.rows?.size).toBe(16)
    expect(report?.near?.map(({ id }) => id)).toContain(PARENT)
    expect(JSON.stringify(report?.parents[0]?.portrait).length).toBeLessThan(6_000)
  })
})
