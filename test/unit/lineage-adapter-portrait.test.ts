import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import type { Fingerprint } from "~src/fingerprint/types"
import { adapterPortraitOf } from "~src/lineage/adapter-portrait"
import { fixture } from "./lineage-models"
import { call, memoryReader, ref } from "./memory-reader"

const FOLDER = fileURLToPath(new URL("../fixtures/hub-containers/", import.meta.url))

function adapter(id: string): Promise<Fingerprint> {
  const files = readdirSync(FOLDER + id).map((name) => [name, new Uint8Array(readFileSync(`${FOLDER}${id}/${name}`))] as const)
  const reader = memoryReader(Object.fromEntries(files))
  return readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
}

describe("what can be seen of an adapter", () => {
  it.each([
    ["kestrel-works/pebble-mini-adapter", "lucidfox/raven-lite", 2, ["attn.q", "attn.v"]],
    ["openquarry/merlin-one-adapter", "rkaplan/merlin-one", 8, ["attn.q", "attn.v"]],
    ["d-okafor/juno-lite-lora", "millrace/juno-lite", 4, ["attn.k", "attn.o", "attn.q", "attn.v", "mlp.down", "mlp.gate", "mlp.up"]],
  ])("%s on %s: as many directions as its rank, and how far each matrix moves", async (id, base, rank, roles) => {
    const picture = adapterPortraitOf(await fixture(base), await adapter(id))
    expect(picture?.strip.roles).toEqual(roles)
    expect(picture?.strip.layers).toEqual([0, 1])
    for (const update of picture?.strip.updates ?? []) expect(update).toBeGreaterThan(0.05)
    const { values = [], edge = 0 } = picture?.spectrum ?? {}
    expect(values.filter((value) => value > edge)).toHaveLength(rank)
  })

  it("gives the size of B A beside the base's rows", async () => {
    const [base, own] = [await fixture("lucidfox/raven-lite"), await adapter("kestrel-works/pebble-mini-adapter")]
    const target = own.facts.adapter?.targets.find(({ role, layer }) => role === "attn.q" && layer === 0)
    const values = (of: Fingerprint, role: string) => {
      const slab = of.slabs.find((one) => one.role === role && one.layer === 0)
      return new Float32Array(slab?.bits.slice().buffer ?? new ArrayBuffer(0))
    }
    const [a, b, w] = [values(own, "attn.q.lora_a"), values(own, "attn.q.lora_b"), values(base, "attn.q")]
    const [rank, cols] = [target?.rank ?? 0, a.length / (target?.rank ?? 1)]
    let step = 0
    for (let i = 0; i < b.length / rank; i++)
      for (let j = 0; j < cols; j++) {
        let sum = 0
        for (let k = 0; k < rank; k++) sum += (b[i * rank + k] ?? 0) * (a[k * cols + j] ?? 0)
        step += sum * sum
      }
    const size = w.reduce((sum, x) => sum + x * x, 0)
    const { strip } = adapterPortraitOf(base, own) ?? { strip: { roles: [], layers: [], updates: [] } }
    expect(strip.updates[0]).toBeCloseTo(((target?.scaling ?? 0) * Math.sqrt(step)) / Math.sqrt(size), 2)
  })

  it("is left out where the factors were not read whole", async () => {
    const own = await adapter("kestrel-works/pebble-mini-adapter")
    const cut = { ...own, slabs: own.slabs.filter(({ role }) => !role.endsWith("lora_a")) }
    expect(adapterPortraitOf(await fixture("lucidfox/raven-lite"), cut)).toBeNull()
  })
})
