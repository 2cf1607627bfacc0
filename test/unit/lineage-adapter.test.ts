import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { decodeFingerprint, encodeFingerprint } from "~src/fingerprint/codec"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import { type BaseCandidate, type RankedBase, rankBases } from "~src/lineage/adapter"
import { baseEvidence, standing } from "~src/lineage/adapter-evidence"
import { isLocalPath, lookFor, matchOrigin } from "~src/lineage/adapter-origin"
import { CONFIDENCE_BAR } from "~src/lineage/verdict"
import { FUZZ_RUNS } from "./fuzz-runs"
import { call, memoryReader, ref } from "./memory-reader"
import { type Entry, writeSafetensors } from "./safetensors-writer"

const FIXTURES = join(import.meta.dirname, "../fixtures")

function read(files: Readonly<Record<string, Uint8Array>>): Promise<Fingerprint> {
  const reader = memoryReader(files)
  return readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
}

function folder(path: string): Record<string, Uint8Array> {
  const full = join(FIXTURES, path)
  return Object.fromEntries(readdirSync(full).map((name) => [name, new Uint8Array(readFileSync(join(full, name)))]))
}

interface Truth {
  readonly id: string
  readonly family: string
  readonly architecture: string
}
const truth = (JSON.parse(readFileSync(join(FIXTURES, "hub/truth.json"), "utf8")) as { readonly models: readonly Truth[] }).models
const bases: (BaseCandidate & { readonly fingerprint: Fingerprint })[] = []
beforeAll(async () => {
  const weighted = truth.filter(({ id }) => Object.keys(folder(`hub/${id}`)).some((name) => name.endsWith(".safetensors")))
  for (const { id } of weighted) bases.push({ id, createdAt: null, fingerprint: await read(folder(`hub/${id}`)) })
})

const idOf = ({ index }: RankedBase) => (bases[index] as BaseCandidate).id
const nameless = (adapter: Fingerprint): Fingerprint => ({ ...adapter, facts: { ...adapter.facts, origins: [] } })
const find = (ranked: readonly RankedBase[], id: string) => ranked.find((entry) => idOf(entry) === id) as RankedBase

/** Adapters trained with peft on models of the fixtures; what their configuration names is right, a path, or a name alone. */
const TRAINED = [
  { adapter: "kestrel-works/pebble-mini-adapter", base: "lucidfox/raven-lite", named: "none" },
  { adapter: "openquarry/merlin-one-adapter", base: "rkaplan/merlin-one", named: "id" },
  { adapter: "d-okafor/juno-lite-lora", base: "millrace/juno-lite", named: "name" },
] as const

describe("adapters trained with peft", () => {
  it.each(TRAINED)("$adapter: names and shapes", async ({ adapter, base, named }) => {
    const own = await read(folder(`hub-containers/${adapter}`))
    const ranked = rankBases(own, null, bases)
    const match = find(ranked, base)
    expect(match.named?.how).toBe(named)
    expect(match.fit).toMatchObject({ misfit: null, sameDepth: true })
    expect(match.fit?.fitting).toBe(own.facts.adapter?.targets.length)
    if (named === "none") expect(ranked.every(({ probability }) => probability < CONFIDENCE_BAR)).toBe(true)
    else {
      expect(ranked[0]).toBe(match)
      expect(match.probability).toBeGreaterThan(0.95)
      expect(match.how).toContain("named")
      expect(standing(match, CONFIDENCE_BAR)).toBe("parent")
    }
    const total = ranked.reduce((sum, { probability }) => sum + probability, 0)
    expect(total).toBeLessThan(1)
    // Other architectures lack what the adapter changes, or call it otherwise.
    const alike = ranked.filter(({ fit }) => fit?.misfit === null && fit.sameNames).map(idOf)
    expect(alike.every((id) => /llama|qwen2/.test(truth.find((entry) => entry.id === id)?.architecture ?? ""))).toBe(true)
    expect(ranked.filter(({ fit }) => fit?.misfit !== null).every(({ probability }) => probability === 0)).toBe(true)
  })

  it.each(TRAINED)("$adapter: without a name its numbers tell its family, not which member", async ({ adapter, base }) => {
    const ranked = rankBases(nameless(await read(folder(`hub-containers/${adapter}`))), null, bases)
    const family = truth.find(({ id }) => id === base)?.family
    const members = new Set(truth.filter((model) => model.family === family).map(({ id }) => id))
    const share = ranked.reduce((sum, entry) => sum + (members.has(idOf(entry)) ? entry.probability : 0), 0)
    expect(share).toBeGreaterThan(0.75)
    expect(find(ranked, base).how.every((reason) => reason !== "named")).toBe(true)
  })

  it("keep what they say through storage", async () => {
    const own = await read(folder("hub-containers/d-okafor/juno-lite-lora"))
    const again = decodeFingerprint(encodeFingerprint(own))
    expect(again.facts).toEqual(own.facts)
    expect(rankBases(again, null, bases)).toEqual(rankBases(own, null, bases))
  })
})

/** An adapter of rank 2 on the queries of a model, with further tensors. */
function adapterOn(base: Fingerprint, tensors: Readonly<Record<string, Entry>>, config: object = {}): Promise<Fingerprint> {
  const queries = base.tensors.filter(({ role }) => role === "attn.q")
  const factors = queries.flatMap(({ name, shape }) => {
    const module = `base_model.model.${name.replace(/\.weight$/, "")}`
    const [rows, cols] = shape as [number, number]
    return [
      [`${module}.lora_A.weight`, noise([2, cols])],
      [`${module}.lora_B.weight`, noise([rows, 2])],
    ] as const
  })
  return read({
    "adapter_model.safetensors": writeSafetensors({ ...Object.fromEntries(factors), ...tensors }),
    "adapter_config.json": new TextEncoder().encode(JSON.stringify({ peft_type: "LORA", r: 2, ...config })),
  })
}

let seed = 1
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647 - 0.5
}

function entry(shape: readonly number[], values: Float32Array): Entry {
  return { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) }
}

function noise(shape: readonly number[]): Entry {
  return entry(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, random))
}

const LLAMA = ["lucidfox/raven-lite", "windmill-ai/grove-2", "windmill-ai/willow-24"] as const
const model = (id: string) => bases.find((base) => base.id === id)?.fingerprint as Fingerprint

describe("numbers that an adapter carries", () => {
  it.each(LLAMA)("a saved head near that of %s names it among its relatives", async (id) => {
    const head = model(id).slabs.find(({ role }) => role === "lm_head")
    if (!head) throw new Error("no head")
    const values = slabValues(head).map((value) => value * (1 + 0.01 * random()))
    const own = await adapterOn(model(id), { "base_model.model.lm_head.weight": entry(head.shape, values) })
    const ranked = rankBases(own, null, bases)
    const best = ranked[0] as RankedBase
    expect(best.how[0]).toBe("whole")
    // Models with the very same head share the probability.
    const same = ranked.filter(({ weights }) => weights.whole !== null && weights.whole < 1e-3)
    expect(same.map(idOf)).toContain(id)
    expect(same.reduce((sum, { probability }) => sum + probability, 0)).toBeGreaterThan(0.9)
  })

  it.each(LLAMA)("DoRA's magnitudes near the row norms of %s name it", async (id) => {
    const vectors = model(id)
      .slabs.filter(({ role, rows, shape }) => role === "attn.q" && rows === shape[0])
      .map((slab) => {
        const [values, [rows, cols]] = [slabValues(slab), slab.shape as [number, number]]
        const norms = Float32Array.from(
          { length: rows },
          (_, row) => Math.hypot(...values.subarray(row * cols, (row + 1) * cols)) * (1 + 1e-3 * random()),
        )
        return [`base_model.model.${slab.name.replace(/\.weight$/, "")}.lora_magnitude_vector`, entry([rows], norms)] as const
      })
    expect(vectors.length).toBeGreaterThan(0)
    const ranked = rankBases(await adapterOn(model(id), Object.fromEntries(vectors), { use_dora: true }), null, bases)
    const near = ranked.filter(({ weights }) => weights.magnitude !== null && weights.magnitude < 1e-5)
    expect(near.map(idOf)).toContain(id)
    expect(near.reduce((sum, { probability }) => sum + probability, 0)).toBeGreaterThan(0.9)
  })

  it("that are nothing but noise leave all that fit alike", async () => {
    const ranked = rankBases(await adapterOn(model(LLAMA[0]), {}), null, bases).filter(({ probability }) => probability > 0)
    expect(ranked.length).toBeGreaterThan(5)
    expect((ranked[0] as RankedBase).probability).toBeLessThan(CONFIDENCE_BAR)
  })
})

describe("ruling out", () => {
  it("another width, a missing layer, and adapters themselves", async () => {
    const own = await adapterOn(model(LLAMA[0]), {}, { base_model_name_or_path: "other/wide" })
    const cut = (shape: readonly number[], keep: (layer: number | null) => boolean): Fingerprint => {
      const base = model(LLAMA[0])
      return {
        ...base,
        slabs: [],
        tensors: base.tensors
          .filter(({ layer }) => keep(layer))
          .map((tensor) => (tensor.role === "attn.q" ? { ...tensor, shape } : tensor)),
      }
    }
    const shape = model(LLAMA[0]).tensors.find(({ role }) => role === "attn.q")?.shape as number[]
    const ranked = rankBases(own, 0, [
      { id: "other/wide", createdAt: null, fingerprint: cut([1, 2], () => true) },
      { id: "other/shallow", createdAt: null, fingerprint: cut(shape, (layer) => layer !== 1) },
      { id: "other/adapter", createdAt: null, fingerprint: own },
      { id: "other/right", createdAt: null, fingerprint: cut(shape, () => true) },
      { id: "other/late", createdAt: 1e12, fingerprint: cut(shape, () => true) },
    ])
    const at = (index: number) => ranked.find((entry) => entry.index === index) as RankedBase
    expect([0, 1, 2].map((index) => at(index).probability)).toEqual([0, 0, 0])
    expect(at(0).fit?.misfit).toMatch(/is 1 by 2 there/)
    expect(at(1).fit?.misfit).toMatch(/layer 1, which the adapter changes, is not there/)
    expect(standing(at(0), CONFIDENCE_BAR)).toBe("unrelated")
    expect(at(3).probability).toBeGreaterThan(4 * at(4).probability)
    expect(at(3).how).toEqual(["date"])
    expect(baseEvidence(own, at(0), "other/wide", 2).map(({ says, text }) => `${says}: ${text}`)).toEqual([
      expect.stringMatching(/^against: 0 of \d+ adapted matrices fit other\/wide: attn\.q of layer 0 is 1 by 2 there/),
      "for: The adapter's files name other/wide as their base.",
    ])
  })

  it("nothing where the base could not be read: its name alone speaks", async () => {
    const own = await adapterOn(model(LLAMA[0]), {}, { base_model_name_or_path: "gated/base" })
    const [best, ...rest] = rankBases(own, null, [...bases, { id: "gated/base", createdAt: null, fingerprint: null }])
    expect(best).toMatchObject({ index: bases.length, fit: null, named: { how: "id" } })
    expect(best?.probability).toBeGreaterThan(0.95)
    expect(standing({ ...(best as RankedBase), probability: 0 }, CONFIDENCE_BAR)).toBe("unread")
    expect(rest[0]?.probability).toBeLessThan(0.05)
  })
})

describe("what the files name", () => {
  it.each([
    ["acme/Base-7B", "acme/Base-7B", "id"],
    ["acme/base-7b", "acme/Base-7B", "spelling"],
    ["https://huggingface.co/acme/Base-7B", "acme/Base-7B", "id"],
    ["/data/hf-cache/hub/models--acme--Base-7B/snapshots/0123abc", "acme/Base-7B", "id"],
    ["./models/base-7b/", "acme/Base-7B", "name"],
    ["C:\\models\\Base-7B", "acme/Base-7B", "name"],
    ["/workspace/runs/base-7b/checkpoint-500", "acme/Base-7B", "name"],
    ["formerly/Base-7B", "acme/Base-7B", "name"],
    ["packers/Base-7B-bnb-4bit", "acme/Base-7B", "unquantised"],
    ["/workspace/acme-base-7b-sft", "acme/Base-7B", "similar"],
    ["/content/drive/model", "acme/model", "none"],
    ["acme/Base-70B", "other/thing", "none"],
    ["", "acme/Base-7B", "none"],
  ])("%s and %s: %s", (origin, id, how) => expect(matchOrigin(origin, id).how).toBe(how))

  it("says what to ask the Hub for", () => {
    expect(lookFor("acme/Base-7B-GPTQ")).toEqual({ id: "acme/Base-7B-GPTQ", search: "base-7b" })
    expect(lookFor("/data/hf-cache/hub/models--acme--Base-7B/snapshots/0123abc").id).toBe("acme/Base-7B")
    expect(lookFor("/data/models/Base-7B/checkpoint-20")).toEqual({ id: null, search: "base-7b" })
    expect(lookFor("./model")).toEqual({ id: null, search: null })
    expect(lookFor("gpt2")).toEqual({ id: "gpt2", search: "gpt2" })
  })

  it("tells paths from ids", () => {
    expect(["./a/b", "/data/llm", "~/x", "D:\\m", "a/b/c"].every(isLocalPath)).toBe(true)
    expect(["acme/base", "gpt2", "https://huggingface.co/acme/base"].some(isLocalPath)).toBe(false)
  })

  it("bears any text", () => {
    const text = fc.oneof(fc.string({ maxLength: 500 }), fc.stringMatching(/^[./\\a-z:-]{0,500}$/))
    fc.assert(
      fc.property(text, text, (origin, id) => {
        const { odds } = matchOrigin(origin, id)
        expect(odds).toBeGreaterThanOrEqual(1)
        expect(isLocalPath(origin)).toBeTypeOf("boolean")
        expect(lookFor(origin).search).not.toBe("")
      }),
      { numRuns: FUZZ_RUNS },
    )
  })
})
