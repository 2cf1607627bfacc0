import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { compareModels } from "~src/app/compare"
import { inspectModel } from "~src/app/inspect"
import type { Engine } from "~src/app/inspect-types"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { startHub } from "~test/hub"
import { FIXTURES, runner } from "./lineage-models"

/** The fixture families published again in other containers, inspected over HTTP as the worker does it. */
const CONTAINERS = fileURLToPath(new URL("../fixtures/hub-containers/", import.meta.url))
interface Truth {
  readonly id: string
  readonly parents: readonly { readonly id: string; readonly relation: string }[]
  readonly container: { readonly format: string; readonly scheme: string; readonly bits: number | null }
}
const truth: readonly Truth[] = JSON.parse(readFileSync(`${CONTAINERS}truth.json`, "utf8")).models
const FORMATS: Readonly<Record<string, string>> = { peft: "adapter" }

let server: Awaited<ReturnType<typeof startHub>>
let engine: Engine
beforeAll(async () => {
  server = await startHub({ roots: [FIXTURES, CONTAINERS], rateLimits: { api: 100_000, resolvers: 100_000, pages: 100_000 } })
  const hub = createHub({ endpoint: server.url, fetch: globalThis.fetch, now: Date.now, sleep: async () => {}, random: () => 0 })
  engine = { hub, store: openMemoryStore(), statistics: runner, now: Date.now }
})
afterAll(() => server.close())

const ask = async (id: string) => {
  const signal = new AbortController().signal
  const { report } = await inspectModel(engine, id, { signal, time: true, budget: DEFAULT_BUDGET, refresh: false, onProgress: () => {} })
  return report
}

describe("a model published in another container", () => {
  it.each(truth.map((model) => [`${model.container.format} ${model.container.scheme}`, model] as const))(
    "%s names what it was made from",
    async (_, model) => {
      const report = await ask(model.id)
      expect(report.weights.format).toBe(FORMATS[model.container.format] ?? model.container.format)
      expect(report.parents.map(({ id, relation }) => [id, relation])).toEqual(model.parents.map(({ id, relation }) => [id, relation]))
      expect(report.parents[0]?.evidence.length).toBeGreaterThan(0)
    },
  )
})

describe("an adapter beside one model", () => {
  const adapter = truth.find(({ container }) => container.format === "peft") as Truth
  const compare = (other: string) => {
    const signal = new AbortController().signal
    return compareModels(engine, adapter.id, other, { signal, time: true, budget: DEFAULT_BUDGET, refresh: false, onProgress: () => {} })
  }

  it("is compared by how it fits, since it has no rows to match", async () => {
    const base = adapter.parents[0]?.id as string
    const report = await compare(base)
    expect(report).toMatchObject({ relation: "adapter", direction: { parent: base } })
    expect(report.related).toBeGreaterThan(0.9)
    expect(report.relationProbability).toBe(report.related)
  })

  it("is not related to one that it does not fit", async () => {
    expect(await compare("fennel/nimbus-v1")).toMatchObject({ relation: null, direction: { parent: null } })
  })
})
