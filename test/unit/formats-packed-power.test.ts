import { describe, expect, it } from "vitest"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { commonBlock, slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import { referenceStatistics } from "~src/inference/reference"
import type { PairStatisticsRunner } from "~src/inference/types"
import { comparePairs } from "~src/lineage/pair"
import { llamaShapes } from "./generated-repo"
import { call, ref } from "./memory-reader"
import { packedRepo, type Stored } from "./packed-repo"

const MODELS = {
  "7B": llamaShapes(4096, 11008, 32, 32000),
  "8B, fewer keys": llamaShapes(4096, 14336, 32, 128256, 1024),
}

const known = new Map<string, ReturnType<typeof readOnce>>()

/** Each model is read once, however many are compared with it. */
function read(model: keyof typeof MODELS, kind: Stored, seed = 1) {
  const key = `${model}|${kind}|${seed}`
  const reading = known.get(key) ?? readOnce(model, kind, seed)
  known.set(key, reading)
  return reading
}

async function readOnce(model: keyof typeof MODELS, kind: Stored, seed: number) {
  const repo = packedRepo(MODELS[model], kind, seed)
  const fingerprint = await readFingerprint(repo.reader, ref, await repo.reader.files(ref, call), { budget: DEFAULT_BUDGET, call })
  return { fingerprint, requests: repo.reads.length, weightBytes: repo.weightBytes() }
}

function blocks(a: Fingerprint, b: Fingerprint) {
  const others = new Map(b.slabs.map((slab) => [slabKey(slab), slab]))
  return a.slabs.flatMap((slab) => {
    const other = others.get(slabKey(slab))
    const block = other && commonBlock(slab, other)
    return block && slab.packing ? [{ place: `${slab.role} ${slab.layer}`, rows: block.rows, cols: block.cols }] : []
  })
}

const runner: PairStatisticsRunner = { provider: null, run: async (pairs) => pairs.map(referenceStatistics) }

describe("a model packed along its inputs against the model it was made from", () => {
  it.each([
    ["7B", "gptq"],
    ["7B", "gptq-sym"],
    ["7B", "gptq-order"],
    ["7B", "awq"],
    ["8B, fewer keys", "gptq"],
    ["8B, fewer keys", "gptq-order"],
    ["8B, fewer keys", "awq"],
  ] as const)("%s, %s", async (model, kind) => {
    const base = await read(model, "bf16")
    const stranger = await read(model, "bf16", 2)
    const packed = await read(model, kind)
    const shared = blocks(packed.fingerprint, base.fingerprint)
    const [pair, other] = await comparePairs(
      [
        [packed.fingerprint, base.fingerprint],
        [packed.fingerprint, stranger.fingerprint],
      ],
      runner,
      call.signal,
    )
    if (process.env.SHOW_COST) {
      const elements = shared.reduce((sum, { rows, cols }) => sum + rows * cols, 0)
      console.log(model, kind, {
        requests: packed.requests,
        weightBytes: packed.weightBytes,
        matrices: shared.length,
        elements,
        log10p: (pair?.logP ?? 0) / Math.LN10,
        matched: pair?.matched,
        other: other?.matched,
      })
      console.log(shared.map(({ place, rows, cols }) => `${place}: ${rows} x ${cols}`).join("; "))
    }
    expect(packed.requests).toBeLessThanOrEqual(40)
    expect(packed.weightBytes).toBeLessThanOrEqual(DEFAULT_BUDGET)
    expect(pair?.logP).toBeLessThan(Math.log(1e-8))
    expect(pair?.matched).toBeGreaterThan(0.9)
    expect(other?.related).toBeLessThan(0.5)
  })
})

describe("what the fingerprint of a packed 7B model costs", () => {
  it.each(["nf4", "nf4-nested", "int8", "fp8-block", "compressed", "mlx"] as const)("%s", async (kind) => {
    const { fingerprint, requests, weightBytes } = await read("7B", kind)
    const rows = fingerprint.slabs.filter(({ packing }) => packing).map(({ role, layer, rows }) => `${role} ${layer}: ${rows}`)
    if (process.env.SHOW_COST) console.log(kind, { requests, weightBytes, slabs: fingerprint.slabs.length, rows: rows.join("; ") })
    expect(requests).toBeLessThanOrEqual(40)
    expect(weightBytes).toBeLessThanOrEqual(DEFAULT_BUDGET)
    expect(rows.length).toBeGreaterThanOrEqual(6)
  })
})

describe("a wide model as it is, with few rows of each matrix", () => {
  it.each(["7B", "8B, fewer keys"] as const)("%s matches itself, and no stranger", async (model) => {
    const { fingerprint } = await read(model, "bf16")
    const stranger = await read(model, "bf16", 2)
    const [own, other] = await comparePairs(
      [
        [fingerprint, fingerprint],
        [fingerprint, stranger.fingerprint],
      ],
      runner,
      new AbortController().signal,
    )
    expect(own?.related).toBeGreaterThan(0.99)
    expect(other?.related).toBeLessThan(0.01)
  })
})
