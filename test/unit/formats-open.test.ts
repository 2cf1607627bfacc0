import { describe, expect, it } from "vitest"
import { openContainer } from "~src/formats/open"
import { SPECULATIVE_BYTES } from "~src/formats/safetensors"
import { generatedRepo, llamaShapes } from "./generated-repo"
import { call, memoryReader, ref } from "./memory-reader"
import { type Entry, withHeader, writeSafetensors } from "./safetensors-writer"

const bytes = (count: number): Entry => ({ dtype: "U8", shape: [count], bytes: new Uint8Array(count).fill(7) })
const text = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value))
const INDEX = "model.safetensors.index.json"

function open(files: Readonly<Record<string, Uint8Array>>, wholeBytes = 0) {
  const reader = memoryReader(files)
  return { reader, opened: openContainer(reader, ref, reader.list, { wholeBytes, call }) }
}

describe("one file", () => {
  it("reads a small file whole at once, as weights", async () => {
    const { reader, opened } = open({ "model.safetensors": writeSafetensors({ "a.weight": bytes(9) }), "config.json": text({}) }, 1_000)
    const { tensors, files, requests } = await opened
    expect(reader.reads).toHaveLength(1)
    expect(reader.reads[0]?.purpose).toBe("weights")
    expect(requests).toBe(1)
    expect(tensors[0]).toMatchObject({ name: "a.weight", role: "a", layer: null })
    expect(files).toEqual([{ path: "model.safetensors", size: reader.list[0]?.size, oid: "oid-of-model.safetensors" }])
  })

  // The header may end one byte before, at, or one byte after the end of the speculative read.
  it.each([-1, 0, 1, 5_000])("asks twice only if the header ends beyond the speculative read (%i)", async (beyond) => {
    const entry = '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}'
    const file = withHeader(`${entry}${" ".repeat(SPECULATIVE_BYTES + beyond - 8 - entry.length - 1)}}`, new Uint8Array(3))
    const { reader, opened } = open({ "model.safetensors": file })
    const { tensors } = await opened
    expect(reader.reads.map(({ begin, end }) => [begin, end])).toEqual(
      beyond > 0
        ? [
            [0, SPECULATIVE_BYTES],
            [SPECULATIVE_BYTES, SPECULATIVE_BYTES + beyond],
          ]
        : [[0, SPECULATIVE_BYTES]],
    )
    expect(tensors[0]?.bytes).toBe(3)
  })

  it("needs no file list to begin, and falls back to the index when the guess is wrong", async () => {
    const single = memoryReader({ "model.safetensors": writeSafetensors({ a: bytes(2) }) })
    expect((await openContainer(single, ref, null, { wholeBytes: 0, call })).tensors).toHaveLength(1)
    const sharded = memoryReader({
      [INDEX]: text({ weight_map: { a: "x.safetensors" } }),
      "x.safetensors": writeSafetensors({ a: bytes(2) }),
    })
    expect((await openContainer(sharded, ref, null, { wholeBytes: 0, call })).files[0]?.path).toBe("x.safetensors")
  })

  it("takes the largest of several unnamed files, and numbered shards together", async () => {
    const variants = open({ "fp8.safetensors": writeSafetensors({ a: bytes(2) }), "fp16.safetensors": writeSafetensors({ a: bytes(4) }) })
    expect((await variants.opened).files.map(({ path }) => path)).toEqual(["fp16.safetensors"])
    const numbered = open({
      "w-00001-of-00002.safetensors": writeSafetensors({ a: bytes(2) }),
      "w-00002-of-00002.safetensors": writeSafetensors({ b: bytes(2) }),
    })
    expect((await numbered.opened).tensors.map(({ name }) => name)).toEqual(["a", "b"])
  })

  it.each([
    [{ "pytorch_model.bin": text("x"), "config.json": text({}) }, "unsupported", /pytorch_model\.bin/],
    [{ "model-q4.gguf": text("x") }, "malformed", /model-q4\.gguf/],
    [{ "odd/model.safetensors": text("x") }, "unsupported", /odd\/model\.safetensors/],
    [{ "tf_model.h5": text("x") }, "unsupported", /tf_model\.h5 \(TensorFlow/],
    [{ "config.json": text({}), "training_args.bin": text("x") }, "no-weights", /no model weights/],
    [{ "model.safetensors": withHeader("{}") }, "no-weights", /no tensors/],
    [{ "model.safetensors": new Uint8Array(0) }, "malformed", /ends after 0 bytes/],
    [{ "model.safetensors": writeSafetensors({ a: bytes(9) }).slice(0, -1) }, "malformed", /lies at bytes/],
  ] as const)("says what is wrong (%#)", async (files, code, message) => {
    await expect(open(files as Record<string, Uint8Array>).opened).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe("shards", () => {
  const a = writeSafetensors({ a: bytes(2) })
  it.each([
    ["no JSON", { [INDEX]: text("{") }, /not JSON/],
    ["no weight map", { [INDEX]: text({}) }, /no weight_map/],
    ["an empty weight map", { [INDEX]: text({ weight_map: {} }) }, /empty/],
    ["a missing shard", { [INDEX]: text({ weight_map: { a: "x.safetensors" } }) }, /lacks/],
    ["a way out of the repository", { [INDEX]: text({ weight_map: { a: "../x.safetensors" } }) }, /can't be a shard/],
    [
      "a shard that lacks its tensor",
      { [INDEX]: text({ weight_map: { a: "x.safetensors", b: "x.safetensors" } }), "x.safetensors": a },
      /"b"/,
    ],
    [
      "a tensor in two shards",
      {
        [INDEX]: text({ weight_map: { a: "x.safetensors", b: "y.safetensors" } }),
        "x.safetensors": a,
        "y.safetensors": writeSafetensors({ a: bytes(1), b: bytes(1) }),
      },
      /also in/,
    ],
    [
      "too many shards",
      { [INDEX]: text({ weight_map: Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`t${i}`, `${i}.safetensors`])) }) },
      /more than 1000 shards/,
    ],
  ])("refuses %s", async (_what, files, message) => {
    await expect(open(files).opened).rejects.toMatchObject({ code: "malformed", message: expect.stringMatching(message) })
  })

  it("reads small shards whole only if all of them fit together", async () => {
    const files = {
      [INDEX]: text({ weight_map: { a: "x.safetensors", b: "y.safetensors" } }),
      "x.safetensors": a,
      "y.safetensors": writeSafetensors({ b: bytes(2) }),
    }
    const both = open(files, 1_000)
    await both.opened
    expect(both.reader.reads.map(({ purpose }) => purpose)).toEqual(["weights", "weights"])
    const neither = open(files, a.length + 1)
    await neither.opened
    expect(neither.reader.reads.map(({ purpose }) => purpose)).toEqual(["header", "header"])
  })

  it("of more than 16 shards opens those with first, last and middle layers and the tensors outside the stack", async () => {
    const { reader, reads } = generatedRepo(llamaShapes(256, 512, 80, 1000), "BF16", 40)
    const { tensors, files, requests } = await openContainer(reader, ref, await reader.files(ref, call), { wholeBytes: 0, call })
    expect(reads).toHaveLength(16)
    expect(requests).toBe(17)
    expect(files).toHaveLength(40)
    const roles = new Set(tensors.map(({ role, layer }) => `${role} ${layer}`))
    for (const needed of [
      "embed null",
      "lm_head null",
      "norm.final null",
      "attn.q 0",
      "attn.q 79",
      "attn.q 39",
      "mlp.down 0",
      "mlp.down 79",
    ]) {
      expect(roles).toContain(needed)
    }
  })
})
