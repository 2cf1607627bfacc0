import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { decodeFingerprint, encodeFingerprint } from "~src/fingerprint/codec"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { commonBlock, signature, slabKey, slabValues } from "~src/fingerprint/slabs"
import type { Slab } from "~src/fingerprint/types"
import { FUZZ_RUNS } from "./fuzz-runs"
import { generatedRepo, llamaShapes } from "./generated-repo"
import { floats as ggufFloats, writeGguf } from "./gguf-writer"
import { call, memoryReader, ref } from "./memory-reader"
import { type Entry, writeSafetensors } from "./safetensors-writer"

const floats = (shape: number[], first: number): Entry => {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i)
  return { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) }
}
const tiny = () =>
  memoryReader({
    "model.safetensors": writeSafetensors({
      "model.layers.0.self_attn.q_proj.weight": floats([4, 3], 0),
      "model.layers.0.input_layernorm.weight": floats([3], 100),
      "model.embed_tokens.weight": floats([5, 3], 200),
    }),
  })

async function read(budget = DEFAULT_BUDGET) {
  const reader = tiny()
  return readFingerprint(reader, ref, reader.list, { budget, call })
}

describe("readFingerprint", () => {
  it("tells what it could not read, and refuses a model of which no matrix is left", async () => {
    const unread = (name: string) => ({ name, shape: [8, 256], type: 16, bytes: new Uint8Array(8 * 66) })
    const stack = [unread("blk.0.attn_v.weight"), unread("blk.0.ffn_up.weight"), ggufFloats("output_norm.weight", [256], () => 1)]
    const fingerprintOf = (tensors: typeof stack) => {
      const reader = memoryReader({ "m.gguf": writeGguf({ "general.architecture": "llama" }, tensors) })
      return readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
    }
    const { facts } = await fingerprintOf([ggufFloats("token_embd.weight", [8, 256], (i) => i), ...stack])
    expect(facts.notes).toContainEqual(["Not read", "2 tensors: GGUF type IQ2_XXS is not supported yet"])
    await expect(fingerprintOf(stack)).rejects.toMatchObject({
      code: "unsupported",
      message: "No matrix of m.gguf can be read: GGUF type IQ2_XXS is not supported yet.",
    })
  })

  it("keeps the stored values of a small model, all of them, in one request", async () => {
    const reader = tiny()
    const fingerprint = await readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
    expect(reader.reads).toHaveLength(1)
    const values = new Map(fingerprint.slabs.map((slab) => [slabKey(slab), [...slabValues(slab)]]))
    expect(values.get("norm.attn|0")).toEqual([100, 101, 102])
    expect(values.get("attn.q|0")).toEqual(Array.from({ length: 12 }, (_, i) => i))
    expect(values.get("embed|")).toEqual(Array.from({ length: 15 }, (_, i) => 200 + i))
    expect(fingerprint.files[0]?.oid).toBe("oid-of-model.safetensors")
  })

  it("gives the same bytes whether or not the file list was at hand, and for shards read to the right places", async () => {
    const shapes = llamaShapes(128, 352, 4, 1024)
    const known = generatedRepo(shapes, "F32")
    const first = await readFingerprint(known.reader, ref, await known.reader.files(ref, call), { budget: DEFAULT_BUDGET, call })
    const blind = await readFingerprint(known.reader, ref, null, { budget: DEFAULT_BUDGET, call })
    expect(Buffer.compare(encodeFingerprint(blind), encodeFingerprint(first))).toBe(0)
    const sharded = generatedRepo(shapes, "F32", 4)
    const second = await readFingerprint(sharded.reader, ref, null, { budget: DEFAULT_BUDGET, call })
    expect(second.slabs.map(({ name, row0, rows }) => [name, row0, rows])).toEqual(
      first.slabs.map(({ name, row0, rows }) => [name, row0, rows]),
    )
    expect(signature(second)).toBe(signature(first))
    // The generated data says where it was read: byte i of the data is i mod 251.
    const offsets = new Map<string, number>()
    let at = 0
    for (const [name, shape] of shapes) {
      offsets.set(name, at)
      at += shape.reduce((a, b) => a * b, 4)
    }
    for (const slab of first.slabs) {
      const begin = (offsets.get(slab.name) as number) + slab.row0 * slab.cols * 4
      expect(slab.bits.every((byte, i) => byte === (begin + i) % 251)).toBe(true)
    }
  })

  it.each([0, 1, 1_000, 300_000])("respects a budget of %i bytes beside the headers", async (budget) => {
    const repo = generatedRepo(llamaShapes(512, 1024, 8, 9_000), "BF16")
    await readFingerprint(repo.reader, ref, await repo.reader.files(ref, call), { budget, call })
    const asked = repo.reads.filter(({ purpose }) => purpose === "weights").reduce((sum, { begin, end }) => sum + end - begin, 0)
    expect(asked).toBeLessThanOrEqual(budget)
  })
})

describe("commonBlock", () => {
  const slab = (row0: number, rows: number, cols = 2, first = 0): Slab => ({
    role: "x",
    layer: null,
    name: "x",
    dtype: "F32",
    shape: [100, cols],
    packing: null,
    row0,
    rows,
    col0: 0,
    cols,
    bits: new Uint8Array(Float32Array.from({ length: rows * cols }, (_, i) => first + row0 * cols + i).buffer),
  })

  it("cuts both to the rows they share", () => {
    const common = commonBlock(slab(0, 8), slab(4, 8, 2, 1000))
    expect(common).toMatchObject({ rows: 4, cols: 2 })
    expect([...(common?.a ?? [])]).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
    expect([...(common?.b ?? [])]).toEqual([1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015])
  })

  it("cuts both to the columns they share", () => {
    const block: Slab = { ...slab(0, 2, 4), shape: [100, 4], col0: 1, cols: 2, bits: slab(0, 2, 2).bits }
    const common = commonBlock(slab(0, 8, 4), block)
    expect(common).toMatchObject({ rows: 2, cols: 2 })
    expect([...(common?.a ?? [])]).toEqual([1, 2, 5, 6])
    expect([...(common?.b ?? [])]).toEqual([0, 1, 2, 3])
  })

  it("is null where nothing is shared", () => {
    expect(commonBlock(slab(0, 4), slab(4, 4))).toBeNull()
    expect(commonBlock(slab(0, 4), slab(0, 4, 3))).toBeNull()
  })
})

describe("the stored form", () => {
  it("comes back as it was", async () => {
    const fingerprint = await read()
    expect(decodeFingerprint(encodeFingerprint(fingerprint))).toEqual(fingerprint)
  })

  it("refuses every mutation with a typed error, or reads a sound fingerprint", async () => {
    const bytes = encodeFingerprint(await read())
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 5 }),
        fc.nat(bytes.length),
        fc.boolean(),
        (patches, length, cut) => {
          const mutated = cut ? bytes.slice(0, length) : bytes.slice()
          for (const [at, byte] of patches) if (at < mutated.length) mutated[at] = byte
          try {
            for (const slab of decodeFingerprint(mutated).slabs) expect(slabValues(slab).length).toBe(slab.rows * slab.cols)
          } catch (error) {
            if (!(error instanceof PedigreeError)) throw error
            expect(error.code).toBe("malformed")
          }
        },
      ),
      { numRuns: FUZZ_RUNS },
    )
  })
})
