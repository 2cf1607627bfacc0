import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { matrixShape } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import { FUZZ_RUNS } from "./fuzz-runs"
import { string, u32, u64, writeGguf } from "./gguf-writer"
import { call, memoryReader, ref } from "./memory-reader"

const fixture = (name: string) => new Uint8Array(readFileSync(`test/fixtures/containers/gguf/${name}`))

/** Opens the files and reads the first and last lines of everything listed: nothing but a typed error may come of it. */
async function soundOrTyped(files: Readonly<Record<string, Uint8Array>>) {
  const reader = memoryReader(files)
  try {
    const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    for (const tensor of container.tensors) {
      const { rows, cols } = matrixShape(tensor.shape)
      const [count, across] = tensor.along === "rows" ? [rows, cols] : [cols, rows]
      if (count * across === 0) continue
      for (const [from, to] of [
        [0, 1],
        [Math.max(0, count - 3), count],
      ] as const) {
        const chunks = container.spans(tensor, from, to).map(({ file, begin, end }) => {
          const bytes = files[file] as Uint8Array
          expect(0 <= begin && begin <= end && end <= bytes.length).toBe(true)
          return bytes.subarray(begin, end)
        })
        expect(container.unpack(tensor, from, to, chunks)).toHaveLength((to - from) * across * dtypeSize(tensor.dtype))
      }
    }
  } catch (error) {
    if (!(error instanceof PedigreeError)) throw error
    expect(["malformed", "unsupported", "no-weights"]).toContain(error.code)
  }
  // Nothing is fetched that lies outside a file, and all in all no more than twice.
  const size = Object.values(files).reduce((sum, { length }) => sum + length, 0)
  expect(reader.reads.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBeLessThanOrEqual(2 * size + 65_536 * 40)
}

const extreme = fc.oneof(
  fc.nat(40).map(BigInt),
  fc.constantFrom(0n, 1n, 31n, 32n, 256n, 2n ** 31n, 2n ** 32n, 2n ** 40n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
)

/** A few bytes, or a 64-bit number, put over a file. */
function patches(length: number) {
  const at = fc.nat(Math.max(0, length - 9))
  const byte = fc.tuple(
    at,
    fc.nat(255).map((value) => Uint8Array.of(value)),
  )
  const word = fc.tuple(at, extreme.map(u64))
  return fc.array(fc.oneof(byte, byte, word), { minLength: 1, maxLength: 6 })
}

function patched(file: Uint8Array, changes: readonly (readonly [number, Uint8Array])[], cut: number): Uint8Array {
  const out = file.slice(0, file.length - cut)
  for (const [at, bytes] of changes) if (at + bytes.length <= out.length) out.set(bytes, at)
  return out
}

describe("the GGUF reader under hostile files", { timeout: 3_600_000 }, () => {
  it.each(["llama-q4_k_m.gguf", "experts-q8_0.gguf"])(
    "lets no mutation of %s out other than as a typed error or a sound list",
    async (name) => {
      const file = fixture(name)
      // Most of what can go wrong stands in the header.
      await fc.assert(
        fc.asyncProperty(patches(Math.min(file.length, 2_000)), fc.oneof(fc.constant(0), fc.nat(file.length)), (changes, cut) =>
          soundOrTyped({ "m.gguf": patched(file, changes, cut) }),
        ),
        { numRuns: FUZZ_RUNS / 4 },
      )
    },
  )

  it("lets no mutation of a split file's parts out other than as a typed error or a sound list", async () => {
    const [first, second] = [fixture("llama-split-00001-of-00002.gguf"), fixture("llama-split-00002-of-00002.gguf")]
    await fc.assert(
      fc.asyncProperty(patches(1_500), patches(300), (a, b) =>
        soundOrTyped({ "m-00001-of-00002.gguf": patched(first, a, 0), "m-00002-of-00002.gguf": patched(second, b, 0) }),
      ),
      { numRuns: FUZZ_RUNS / 4 },
    )
  })

  it("lets no made-up file out other than as a typed error or a sound list", async () => {
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        "general.architecture",
        "llama",
        "gpt2",
        "gemma2",
        "general.alignment",
        "llama.attention.head_count",
        "blk.0.attn_q.weight",
      ),
      fc.constantFrom("blk.0.ffn_up_exps.weight", "blk.0.attn_qkv.weight", "tokenizer.ggml.tokens", "split.count", "__proto__"),
    )
    const type = fc.oneof(fc.nat(13), fc.nat(50))
    const key = fc
      .tuple(word, type, fc.oneof(word.map(string), extreme.map(u64), fc.uint8Array({ maxLength: 16 })))
      .map(([name, kind, value]) => [string(name), u32(kind), value])
    const entry = fc
      .tuple(word, fc.array(extreme, { maxLength: 5 }), type, extreme)
      .map(([name, sides, kind, offset]) => [string(name), u32(sides.length), ...sides.map(u64), u32(kind), u64(offset)])
    const keys = fc.array(key, { maxLength: 4 })
    const entries = fc.array(entry, { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(keys, entries, fc.option(extreme), fc.nat(4_000), (heads, table, count, tail) => {
        const parts = [u32(0x46554747), u32(3), u64(count ?? table.length), u64(heads.length), ...heads.flat(), ...table.flat()]
        return soundOrTyped({ "m.gguf": new Uint8Array(Buffer.concat([...parts, new Uint8Array(tail)])) })
      }),
      { numRuns: FUZZ_RUNS / 4 },
    )
  })

  it("lets no mutation of a long vocabulary out other than as a typed error or a sound list", async () => {
    const tokens = Array.from({ length: 20_000 }, (_, i) => `t${i * 7919}`)
    const table = [{ name: "output_norm.weight", shape: [64], type: 0, bytes: new Uint8Array(256).fill(63) }]
    const keys = {
      "general.architecture": "llama",
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.merges": tokens,
      "general.file_type": 1,
    }
    const file = writeGguf(keys, table)
    await fc.assert(
      fc.asyncProperty(patches(file.length), patches(200), (anywhere, late) => {
        const tail = late.map(([at, bytes]) => [file.length - 600 + at, bytes] as const)
        return soundOrTyped({ "m.gguf": patched(file, [...anywhere, ...tail], 0) })
      }),
      { numRuns: FUZZ_RUNS / 40 },
    )
  })
})
