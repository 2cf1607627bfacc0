import { describe, expect, it } from "vitest"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { openContainer } from "~src/formats/open"
import { bertShapes, llamaShapes } from "./generated-repo"
import { call, memoryReader, ref } from "./memory-reader"
import { type PiecedFile, piecedReader } from "./pieced-reader"
import { expectReferenceRows, readLines, referenceFiles, references } from "./reference-rows"
import { dict, global, int, type Part, part, pickle, reduce, storage, tensor, torchPieces, tuple, unicode, writeZip } from "./torch-writer"

async function open(files: Readonly<Record<string, Uint8Array>>, wholeBytes = 0) {
  const reader = memoryReader(files)
  return { reader, container: await openContainer(reader, ref, reader.list, { wholeBytes, call }) }
}

describe("files that torch.save wrote", () => {
  it.each(references("torch").map((reference) => [reference.path, reference] as const))("%s", async (path, reference) => {
    for (const wholeBytes of [0, 1_000_000]) {
      const { reader, container } = await open(referenceFiles(path), wholeBytes)
      expect(container.skipped).toEqual([])
      await expectReferenceRows(reader, container, reference)
    }
  })
})

describe("what a PyTorch file may and may not do", () => {
  const data = new Uint8Array(24).map((_, i) => i)
  const one = tensor(storage("0", 6), [2, 3], [3, 1])
  const file = (object: number[], parts: readonly Part[] = [part("data/0", data)], alignment = 64) =>
    writeZip([part("data.pkl", pickle(object)), part("byteorder", new TextEncoder().encode("little")), ...parts], alignment)
  const openOne = (bytes: Uint8Array) => open({ "pytorch_model.bin": bytes })

  it("reads a transposed matrix along its columns, a slice and a channels-last convolution along their rows", async () => {
    const { reader, container } = await openOne(
      file(
        dict([
          ["a.t", tensor(storage("0", 6), [3, 2], [1, 3])],
          ["b.slice", tensor(storage("0", 6), [2, 2], [3, 1], 1)],
          ["c.last", tensor(storage("0", 6), [1, 2, 3], [6, 1, 2])],
          ["d.expanded", tensor(storage("0", 6), [4, 3], [0, 1])],
          ["e.empty", tensor(storage("0", 6), [0, 3], [3, 1])],
        ]),
      ),
    )
    const f32 = (at: number) => new DataView(data.buffer).getFloat32(4 * at, true)
    const values = async (name: string, to: number) => {
      const found = container.tensors.find((tensor) => tensor.name === name)
      return found && { along: found.along, values: [...(await readLines(reader, container, found, 0, to))] }
    }
    expect(await values("a.t", 2)).toEqual({ along: "columns", values: [0, 3, 1, 4, 2, 5].map(f32) })
    expect(await values("b.slice", 2)).toEqual({ along: "rows", values: [1, 2, 4, 5].map(f32) })
    expect(await values("c.last", 1)).toEqual({ along: "rows", values: [0, 2, 4, 1, 3, 5].map(f32) })
    expect(await values("e.empty", 0)).toEqual({ along: "rows", values: [] })
    expect(container.skipped).toEqual([{ name: "d.expanded", reason: expect.stringMatching(/do not lie together/) }])
  })

  it("finds the state dict in what training tools wrap around it, and names what it leaves unread", async () => {
    const state = dict([
      ["module.a.weight", one],
      ["module.b.weight", one],
    ])
    const odd = reduce(global("argparse", "Namespace"))
    const { container } = await openOne(
      file(
        dict([
          ["epoch", int(3)],
          ["args", odd],
          ["optimizer", dict([["x", one]])],
          ["model", state],
        ]),
      ),
    )
    expect(container.tensors.map(({ name }) => name)).toEqual(["a.weight", "b.weight"])
    expect(container.facts.notes).toEqual([
      ["Part of the file read", "model"],
      ["Python objects left unread", "argparse.Namespace"],
    ])
  })

  it.each([
    ["by their local headers", 0x808, [30]],
    ["by their ends", 0x800, []],
  ])("finds values %s where the archive is not aligned as PyTorch's are", async (_how, flags, lengths) => {
    const filler = part("data/9", new Uint8Array(200_001), { flags })
    const value = part("data/0", data, { flags })
    const { reader, container } = await openOne(file(dict([["a", one]]), [filler, value, { ...filler, name: "archive/data/8" }], 1))
    expect(reader.reads.map(({ begin, end }) => end - begin).filter((length) => length < 4_096)).toEqual(lengths)
    const [a] = container.tensors
    expect(a && [...(await readLines(reader, container, a, 1, 2))]).toEqual([...new Float32Array(data.buffer, 12, 3)])
  })

  const os = reduce(global("os", "system"), unicode("true"))
  const cyclic = [0x7d, 0x71, 1, 0x28, ...unicode("self"), 0x68, 1, ...unicode("a"), ...one, 0x75]
  it("reads on where an object holds itself", async () => {
    expect((await openOne(file(cyclic))).container.tensors.map(({ name }) => name)).toEqual(["a"])
  })

  it.each([
    [
      "a program to run",
      file(
        dict([
          ["a", one],
          ["b", os],
        ]),
      ),
      "unsupported",
      /wants to run os\.system .*ran nothing/,
    ],
    ["posix.system", file(reduce(global("posix", "system"))), "unsupported", /posix\.system/],
    ["builtins.eval", file(reduce(global("builtins", "eval"), unicode("1"))), "unsupported", /builtins\.eval/],
    ["Python 2's eval", file(reduce(global("__builtin__", "eval"))), "unsupported", /__builtin__\.eval/],
    ["a pickle in a pickle", file(reduce(global("torch.storage", "_load_from_bytes"))), "unsupported", /_load_from_bytes/],
    ["a compressed pickle", writeZip([part("data.pkl", pickle(dict([])), { method: 8 })]), "unsupported", /compressed/],
    ["encrypted values", file(dict([["a", one]]), [part("data/0", data, { flags: 0x809 })]), "unsupported", /encrypted/],
    [
      "a big-endian machine",
      writeZip([part("data.pkl", pickle(dict([["a", one]]))), part("byteorder", new TextEncoder().encode("big")), part("data/0", data)]),
      "unsupported",
      /big-endian/,
    ],
    ["TorchScript", writeZip([part("data.pkl", pickle(dict([]))), part("constants.pkl", data)]), "unsupported", /TorchScript/],
    ["another archive", writeZip([part("readme.txt", data)]), "unsupported", /no data\.pkl/],
    ["a tar archive", tarLike(), "unsupported", /tar archive/],
    ["an entry twice", file(dict([["a", one]]), [part("data/0", data), part("data/0", data)]), "malformed", /second time/],
    ["a missing storage", file(dict([["a", tensor(storage("1", 6), [6], [1])]])), "malformed", /"1", which the archive lacks/],
    ["a storage of another size", file(dict([["a", tensor(storage("0", 7), [6], [1])]])), "malformed", /24 bytes, not the 28/],
    ["a tensor beyond its storage", file(dict([["a", tensor(storage("0", 6), [2, 3], [3, 1], 1)]])), "malformed", /reaches beyond/],
    [
      "2^63 elements",
      file(dict([["a", tensor(storage("0", 6), [2n ** 62n, 2], [1, 1])]])),
      "malformed",
      /shape, strides or an offset that can.t be/,
    ],
    ["shapes beyond counting", file(dict([["a", tensor(storage("0", 6), [2 ** 52, 2 ** 52], [0, 0])]])), "malformed", /reaches beyond/],
    ["a value never kept", file([0x68, 7]), "malformed", /never kept/],
    ["a text pickle", file([0x49, 0x31, 0x0a]), "malformed", /operation 0x49/],
    ["no value", file([0x30]), "malformed", /finds no value/],
    ["a text of 2^32 bytes", file([0x58, 255, 255, 255, 255]), "malformed", /ends before/],
    ["a text of 2^63 bytes", file([0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80]), "malformed", /claims 9223372036854775808 bytes/],
    ["no tensors", file(dict([])), "no-weights", /no tensors/],
    ["no end", file(dict([["a", one]])).slice(0, -1), "malformed", /cut off/],
    ["HTML", new TextEncoder().encode("<!DOCTYPE html><title>Not found</title>"), "malformed", /text instead/],
    ["a pointer", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0"), "malformed", /text instead/],
    ["anything else", new Uint8Array(100), "unsupported", /no file that torch\.save writes/],
  ] as const)("refuses %s", async (_what, bytes, code, message) => {
    await expect(openOne(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  function tarLike() {
    const bytes = new Uint8Array(1_024)
    bytes.set(new TextEncoder().encode("ustar"), 257)
    return bytes
  }
})

describe("what a PyTorch model costs", () => {
  const B7 = llamaShapes(4096, 11008, 32, 32000)
  const cut = B7.findIndex(([name]) => name.startsWith("model.layers.23."))
  const shards = [B7.slice(0, cut), B7.slice(cut)] as const
  const sharded = () => {
    const names = shards.map((_, i) => `pytorch_model-0000${i + 1}-of-00002.bin`)
    const weightMap = Object.fromEntries(shards.flatMap((shapes, i) => shapes.map(([name]) => [name, names[i]])))
    const index = new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map: weightMap }))
    return {
      ...Object.fromEntries(shards.map((shapes, i) => [names[i], torchPieces(shapes, "F16")])),
      "pytorch_model.bin.index.json": { pieces: [{ begin: 0, bytes: index }], size: index.length },
    }
  }

  it.each([
    ["7B fp16, two shards with an index", sharded(), 13.4e9, 24],
    ["7B fp16, one file", { "pytorch_model.bin": torchPieces(B7, "F16") }, 13.4e9, 24],
    ["BERT base fp32", { "pytorch_model.bin": torchPieces(bertShapes(), "F32") }, 0.4e9, 24],
    ["4 MB fp32", { "pytorch_model.bin": torchPieces(llamaShapes(128, 352, 4, 1024), "F32") }, 4e6, 14],
  ] as const)("%s", async (_name, files, least, most) => {
    const reader = piecedReader(files as Record<string, PiecedFile>)
    const listed = await reader.files(ref, call)
    const fingerprint = await readFingerprint(reader, ref, listed, { budget: DEFAULT_BUDGET, call })
    const bytes = (purpose: string) => reader.reads.reduce((sum, read) => sum + (read.purpose === purpose ? read.end - read.begin : 0), 0)
    const requests = reader.reads.length + (listed.length > 2 ? 1 : 0)
    if (process.env.SHOW_COST) {
      const headers = reader.reads.filter(({ purpose }) => purpose === "header").length
      console.log(_name, { headers, header: bytes("header"), requests, rows: bytes("weights"), slabs: fingerprint.slabs.length })
    }
    expect(listed.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(least)
    expect(requests).toBeLessThanOrEqual(most)
    expect(bytes("header") + bytes("weights")).toBeLessThan(DEFAULT_BUDGET + 200_000)
    expect(fingerprint.slabs.map(({ role }) => role)).toEqual(expect.arrayContaining(["attn.q", "mlp.down", "embed"]))
  })
})

describe("files before version 1.6", () => {
  const magic = new Uint8Array([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e])
  const one = (elements: number | bigint) => dict([["a", tensor(storage("7", elements), [2, 3], [3, 1])]])
  const join = (...parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((bytes) => [...bytes]))
  const legacy = (object: number[], keys = tuple(unicode("7")), protocol = 1001, little = 0x88) =>
    join(magic, pickle(int(protocol)), pickle(dict([["little_endian", [little]]])), pickle(object), pickle(keys), new Uint8Array(8 + 24))

  it("read a header of any length by growing pieces", async () => {
    const long = dict([
      ["a", tensor(storage("7", 6), [2, 3], [3, 1])],
      ["note", unicode("x".repeat(100_000))],
    ])
    const { reader, container } = await open({ "pytorch_model.bin": join(legacy(long), new Uint8Array(200_000)) })
    expect(container.tensors.map(({ name }) => name)).toEqual(["a"])
    expect(reader.reads.filter(({ begin }) => begin < 200_000).map(({ begin, end }) => [begin, end])).toEqual([
      [0, 65_536],
      [65_536, expect.any(Number)],
    ])
  })

  it.each([
    ["2^62 elements", legacy(one(2n ** 62n)), "malformed", /storage "7" claims 4611686018427387904 elements/],
    ["a storage beyond the file", legacy(one(10_000)), "malformed", /reaches to byte \d+ of a file of \d+ bytes/],
    ["a storage that no tensor has", legacy(one(6), tuple(unicode("7"), unicode("8"))), "malformed", /named nowhere else, or twice/],
    ["a storage twice", legacy(one(6), tuple(unicode("7"), unicode("7"))), "malformed", /named nowhere else, or twice/],
    ["another version", legacy(one(6), tuple(unicode("7")), 1002), "unsupported", /version 1002/],
    ["a big-endian machine", legacy(one(6), tuple(unicode("7")), 1001, 0x89), "unsupported", /big-endian/],
    ["a file that ends in its pickles", legacy(one(6)).slice(0, 100), "malformed", /ends at byte 100/],
    ["a program to run", legacy(reduce(global("nt", "system"))), "unsupported", /nt\.system/],
  ] as const)("refuse %s", async (_what, bytes, code, message) => {
    await expect(open({ "model.pt": bytes })).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe("adapters in PyTorch files", () => {
  const name = (part: string) => `base_model.model.model.layers.0.self_attn.q_proj.lora_${part}.weight`
  const matrix = (key: string, rows: number, cols: number) => tensor(storage(key, rows * cols), [rows, cols], [cols, 1])
  const state = dict([
    [name("A"), matrix("0", 2, 6)],
    [name("B"), matrix("1", 5, 2)],
  ])
  const file = writeZip([part("data.pkl", pickle(state)), part("data/0", new Uint8Array(48)), part("data/1", new Uint8Array(40))])
  const config = new TextEncoder().encode(
    JSON.stringify({ peft_type: "LORA", r: 2, lora_alpha: 4, base_model_name_or_path: "someone/base" }),
  )

  it.each(["adapter_model.bin", "pytorch_lora_weights.bin"])("%s", async (path) => {
    const { container } = await open({ [path]: file, "adapter_config.json": config })
    expect(container.format).toBe("adapter")
    expect(container.facts.adapter).toMatchObject({ kind: "LoRA", rank: 2, targets: [{ role: "attn.q", layer: 0, shape: [5, 6] }] })
  })
})

describe("where PyTorch weights lie", () => {
  const file = writeZip([part("data.pkl", pickle(dict([["a", tensor(storage("0", 6), [6], [1])]]))), part("data/0", new Uint8Array(24))])
  const index = new TextEncoder().encode(JSON.stringify({ weight_map: { a: "diffusion_pytorch_model-00001-of-00001.bin" } }))

  it.each([
    [{ "unet/diffusion_pytorch_model.bin": file, "openvino_model.bin": file }, "unet/diffusion_pytorch_model.bin"],
    [
      { "unet/diffusion_pytorch_model.bin.index.json": index, "unet/diffusion_pytorch_model-00001-of-00001.bin": file },
      "unet/diffusion_pytorch_model-00001-of-00001.bin",
    ],
    [{ "last.ckpt": file, "optimizer.pt": file, "training_args.bin": file }, "last.ckpt"],
  ])("finds them (%#)", async (files, path) => {
    const { container } = await open(files as Record<string, Uint8Array>)
    expect(container.files.map((one) => one.path)).toEqual([path])
    expect(container.tensors.map(({ name }) => name)).toEqual(["a"])
  })

  it.each([
    [{ "flax_model.msgpack": file, "tf_model.h5": file }, /flax_model\.msgpack \(Flax\), tf_model\.h5 \(TensorFlow \(Keras HDF5\)\)/],
    [{ "model.tflite": file }, /model\.tflite \(TensorFlow Lite\)/],
    [{ "model.ckpt.index": file, "model.ckpt.data-00000-of-00001": file }, /model\.ckpt\.index \(TensorFlow\)/],
    [{ "consolidated.00.pth": file, "consolidated.01.pth": file }, /consolidated\.00\.pth, consolidated\.01\.pth/],
    [{ "saved_model.pb": file }, /saved_model\.pb \(TensorFlow\)/],
    [{ "openvino_model.bin": file, "openvino_model.xml": file }, /openvino_model\.bin \(OpenVINO\)/],
  ])("names what it does not read (%#)", async (files, message) => {
    await expect(open(files as Record<string, Uint8Array>)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(message),
    })
  })
})
