import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { matrixShape } from "~src/formats/container"
import { openContainer } from "~src/formats/open"
import { FUZZ_RUNS } from "./fuzz-runs"
import { bertShapes, llamaShapes } from "./generated-repo"
import { call, memoryReader, ref } from "./memory-reader"
import { exportedModel } from "./onnx-model"
import { FLOAT, node, type OnnxPart, onnxPieces, writeOnnx } from "./onnx-writer"
import { type PiecedFile, piecedReader } from "./pieced-reader"
import { expectReferenceRows, readLines, referenceFiles, references } from "./reference-rows"

async function open(files: Readonly<Record<string, Uint8Array>>, wholeBytes = 0) {
  const reader = memoryReader(files)
  return { reader, container: await openContainer(reader, ref, reader.list, { wholeBytes, call }) }
}

describe("exports of PyTorch", () => {
  it.each(references("onnx").map((reference) => [reference.path, reference] as const))("%s", async (path, reference) => {
    for (const wholeBytes of [0, 1_000_000]) {
      const { reader, container } = await open(referenceFiles(path.slice(0, -"/onnx/model.onnx".length)), wholeBytes)
      // One matrix stands for the embedding and the decoder that is tied to it.
      const tensors = reference.tensors.filter(({ name }) => name !== "cls.predictions.decoder.bias")
      await expectReferenceRows(reader, container, { ...reference, tensors })
    }
  })
})

const f32 = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer)
const UINT8 = 2
const values = f32(1, 2, 3, 4, 5, 6)

async function rowsOf(nodes: readonly number[][], parts: readonly OnnxPart[], name: string) {
  const { reader, container } = await open({ "model.onnx": writeOnnx(nodes, parts) })
  const found = container.tensors.find((tensor) => tensor.name === name)
  if (!found) return { names: container.tensors.map((tensor) => tensor.name), skipped: container.skipped }
  const { rows, cols } = matrixShape(found.shape)
  const lines = await readLines(reader, container, found, 0, found.along === "rows" ? rows : cols)
  return { shape: found.shape, along: found.along, packing: found.packing, values: [...lines] }
}

describe("names that exporters lose", () => {
  const matrix = { type: FLOAT, shape: [2, 3], data: values }
  const turned = { shape: [3, 2], along: "columns", packing: null, values: [1, 4, 2, 5, 3, 6] }
  const plain = { shape: [2, 3], along: "rows", packing: null, values: [1, 2, 3, 4, 5, 6] }

  it.each([
    [
      "a MatMul by its scope",
      node("MatMul", "/encoder/layer.0/query/MatMul", ["x", "onnx::MatMul_1"], ["y"]),
      "onnx::MatMul_1",
      "encoder.layer.0.query.weight",
      turned,
    ],
    ["a Gemm by its bias", node("Gemm", "Gemm_7", ["x", "12", "head.fc.bias"], ["y"], { transB: 1 }), "12", "head.fc.weight", plain],
    ["a Gemm that is not transposed", node("Gemm", "/head/fc/Gemm", ["x", "12"], ["y"]), "12", "head.fc.weight", turned],
    [
      "a Gemm with the parameter itself",
      node("Gemm", "/h.0/attn/c_attn/Gemm", ["x", "h.0.attn.c_attn.weight"], ["y"]),
      "h.0.attn.c_attn.weight",
      "h.0.attn.c_attn.weight",
      plain,
    ],
    [
      "a model builder's name",
      node("MatMul", "/q/MatMul", ["x", "layers.0.q.MatMul.weight"], ["y"]),
      "layers.0.q.MatMul.weight",
      "layers.0.q.weight",
      turned,
    ],
  ] as const)("names %s", async (_what, use, stored, name, expected) => {
    expect(await rowsOf([use], [{ name: stored, ...matrix }], name)).toEqual(expected)
  })

  it("names a MatMul of an old export by the bias added behind it", async () => {
    const nodes = [node("MatMul", "MatMul_3", ["x", "12"], ["y"]), node("Add", "Add_4", ["a.dense.bias", "y"], ["z"])]
    expect(await rowsOf(nodes, [{ name: "12", ...matrix }], "a.dense.weight")).toEqual(turned)
  })

  it("says of what it can't name or use why", async () => {
    const parts = [
      { name: "a.weight", ...matrix },
      { name: "99", ...matrix },
      { name: "onnx::Conv_5", type: FLOAT, shape: [1, 1, 2, 3], data: values },
      { name: "onnx::MatMul_6", ...matrix },
      { name: "shape", type: 7, shape: [1], data: new Uint8Array(8) },
      { name: "b.weight", type: 8, shape: [0], data: new Uint8Array(0) },
    ]
    const nodes = [
      node("Einsum", "e", ["x", "99"], ["y"]),
      node("Conv", "/c/Conv", ["x", "onnx::Conv_5"], ["y"]),
      node("MatMul", "/a/MatMul", ["x", "onnx::MatMul_6"], ["y"]),
    ]
    expect(await rowsOf(nodes, parts, "none")).toEqual({
      names: ["a.weight"],
      skipped: [
        { name: "99", reason: "the graph does not tell its name" },
        { name: "onnx::Conv_5", reason: "the export merged it with a normalisation" },
        { name: "onnx::MatMul_6", reason: "stands for a.weight a second time" },
        { name: "b.weight", reason: "element type 8 of ONNX is not supported" },
      ],
    })
  })
})

describe("8-bit integers", () => {
  const quantised = { name: "12_quantized", type: UINT8, shape: [2, 3], data: new Uint8Array([128, 130, 126, 0, 255, 129]) }
  const use = node("MatMulInteger", "/a/MatMul_quant", ["x", "12_quantized", "xz", "12_zero_point"], ["y"])
  const packing = { scheme: "ONNX int8", bits: 8, group: null }

  it("are given back with one scale, and with one for every output", async () => {
    const zero = { name: "12_zero_point", type: UINT8, shape: [], data: new Uint8Array([128]) }
    expect(await rowsOf([use], [quantised, { name: "12_scale", type: FLOAT, shape: [], data: f32(0.5) }, zero], "a.weight")).toEqual({
      shape: [3, 2],
      along: "columns",
      packing,
      values: [0, -64, 1, 63.5, -1, 0.5],
    })
    const scales = { name: "12_scale", type: FLOAT, shape: [3], data: f32(0.5, 1, 2) }
    const zeros = { name: "12_zero_point", type: UINT8, shape: [3], data: new Uint8Array([128, 128, 0]) }
    expect(await rowsOf([use], [quantised, scales, zeros], "a.weight")).toMatchObject({ values: [0, -64, 2, 127, 252, 258] })
  })

  it("of an embedding keep its rows", async () => {
    const parts = [
      { ...quantised, name: "e.weight_quantized" },
      { name: "e.weight_scale", type: FLOAT, shape: [], data: f32(2) },
    ]
    const nodes = [
      node("DequantizeLinear", "d", ["e.weight_quantized", "e.weight_scale"], ["w"]),
      node("Gather", "/e/Gather", ["w", "x"], ["y"]),
    ]
    expect(await rowsOf(nodes, parts, "e.weight")).toEqual({ shape: [2, 3], along: "rows", packing, values: [256, 260, 252, 0, 510, 258] })
  })

  it("without a scale are left out", async () => {
    const skipped = [{ name: "a.weight", reason: "8-bit integers whose scale is not beside them" }]
    expect(await rowsOf([use], [quantised], "a.weight")).toEqual({ names: [], skipped })
  })
})

describe("4-bit integers in blocks", () => {
  const codes = { name: "12_Q4", type: UINT8, shape: [2, 2, 8], data: new Uint8Array(32).map((_, i) => (i * 37) & 255) }
  const scales = { name: "12_scales", type: FLOAT, shape: [4], data: f32(1, 2, 0.5, 4) }
  const zeros = { name: "12_zero_points", type: UINT8, shape: [2], data: new Uint8Array([0x3a, 0x05]) }
  const product = (...inputs: string[]) =>
    node("MatMulNBits", "/model/layers.0/attn/q_proj/MatMul_Q4", ["x", ...inputs], ["y"], { K: 20, N: 2, bits: 4, block_size: 16 })

  it.each([
    [
      [codes, scales],
      [8, 8, 8, 8],
    ],
    [
      [codes, scales, zeros],
      [0xa, 3, 5, 0],
    ],
  ] as const)("are given back (%#)", async (parts, zero) => {
    const expected = Array.from({ length: 40 }, (_, i) => {
      const [row, col] = [Math.floor(i / 20), i % 20]
      const block = 2 * row + (col >> 4)
      const code = ((codes.data[16 * row + (col >> 1)] as number) >> (4 * (col & 1))) & 15
      return (code - (zero[block] as number)) * ([1, 2, 0.5, 4][block] as number)
    })
    expect(await rowsOf([product(...parts.map(({ name }) => name))], parts, "model.layers.0.self_attn.q_proj.weight")).toEqual({
      shape: [2, 20],
      along: "rows",
      packing: { scheme: "ONNX int4", bits: 4, group: 16 },
      values: expected,
    })
  })

  it("without scales that fit are left out", async () => {
    const short = { ...scales, shape: [3], data: f32(1, 2, 3) }
    const skipped = [{ name: "model.layers.0.self_attn.q_proj.weight", reason: "its parts do not fit together" }]
    expect(await rowsOf([product("12_Q4", "12_scales")], [codes, short], "none")).toEqual({ names: [], skipped })
  })
})

describe("what an ONNX file may and may not do", () => {
  const part = (data: OnnxPart["data"], shape: OnnxPart["shape"] = [2, 3]): OnnxPart => ({ name: "a.weight", type: FLOAT, shape, data })
  const good = writeOnnx([], [part(values)])
  it.each([
    [
      "values of another size",
      writeOnnx([], [part(values.slice(4))]),
      "malformed",
      /byte \d+ tensor "a\.weight" of shape \[2,3\] has 20 bytes of values, not 24/,
    ],
    ["a shape of 2^63", writeOnnx([], [part(values, [2n ** 63n])]), "malformed", /of shape/],
    ["a shape beyond counting", writeOnnx([], [part(values, [2 ** 40, 2 ** 40])]), "malformed", /no file holds/],
    ["a file cut off", good.slice(0, -1), "malformed", /claims \d+ bytes where/],
    [
      "a length of 2^63",
      new Uint8Array([0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 127]),
      "malformed",
      /claims 9223372036854775807|claims 9223372036854776000/,
    ],
    ["a number without end", new Uint8Array(20).fill(255), "malformed", /does not end/],
    ["an unknown kind of field", new Uint8Array([0x0b]), "malformed", /no field of a known kind/],
    ["no graph", new Uint8Array([0x08, 8]), "malformed", /without a graph/],
    ["an empty file", new Uint8Array(0), "malformed", /at byte 0 it ends/],
    ["external data elsewhere", writeOnnx([], [part({ location: "../secret" })]), "malformed", /which the model's folder lacks/],
    ["external data that is missing", writeOnnx([], [part({ location: "gone" })]), "malformed", /"gone", which the model's folder lacks/],
    [
      "external data beyond its file",
      writeOnnx([], [part({ location: "w", offset: "8" })]),
      "malformed",
      /at byte 8 of w, which has 24 bytes/,
    ],
    ["an offset of 2^63", writeOnnx([], [part({ location: "w", offset: "9223372036854775808" })]), "malformed", /of w, which has 24/],
    ["a negative offset", writeOnnx([], [part({ location: "w", offset: "-8" })]), "malformed", /at byte -8/],
  ] as const)("refuses %s", async (_what, bytes, code, message) => {
    await expect(open({ "model.onnx": bytes, w: values })).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it("lists of a large file what its share of requests reaches, and says so", async () => {
    const parts = Array.from({ length: 100 }, (_, i) => ({
      name: `layers.${i}.weight`,
      type: FLOAT,
      shape: [1_000, 1_000],
      data: 4_000_000,
    }))
    const reader = piecedReader({ "model.onnx": onnxPieces([node("Relu", "/Relu", ["x"], ["y"])], parts) })
    const container = await openContainer(reader, ref, await reader.files(ref, call), { wholeBytes: 1_000_000, call })
    expect(reader.reads).toHaveLength(24)
    expect(container.tensors).toHaveLength(24)
    expect(container.facts.notes).toContainEqual(["Not reached", "what follows the first 24 tensors of the file"])
    const fetched = reader.reads.reduce((sum, { begin, end }) => sum + end - begin, 0)
    expect(fetched).toBeLessThan(120_000)
  })
  const seeds = [
    good,
    writeOnnx(
      [
        node("MatMulInteger", "/a/MatMul_quant", ["x", "12_quantized"], ["y"]),
        node("MatMulNBits", "/c/d/MatMul_Q4", ["x", "14_Q4", "14_scales"], ["y"], { K: 20, N: 2, bits: 4, block_size: 16 }),
        node("Gemm", "/b/Gemm", ["x", "13", "b.bias"], ["y"], { transB: 1 }),
      ],
      [
        { name: "12_quantized", type: UINT8, shape: [2, 3], data: new Uint8Array(6) },
        { name: "14_Q4", type: UINT8, shape: [2, 2, 8], data: new Uint8Array(32) },
        { name: "14_scales", type: FLOAT, shape: [4], data: f32(1, 2, 3, 4) },
        { name: "12_scale", type: FLOAT, shape: [3], data: f32(1, 2, 3) },
        { name: "13", type: 10, shape: [3, 2], data: new Uint8Array(12) },
        { name: "c.weight", type: FLOAT, shape: [2, 3], data: { location: "w", offset: "0", length: "24" } },
      ],
    ),
    referenceFiles("onnx/external/onnx")["model.onnx"] as Uint8Array,
  ]

  it("lets no damaged file out other than as a typed error or sound tensors", { timeout: 20_000 + FUZZ_RUNS * 25 }, async () => {
    const patch = fc.tuple(
      fc.oneof(fc.nat(300), fc.nat(30_000)),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x0a, 0x3a, 0x2a, 0x80, 0xff)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(patch, { minLength: 1, maxLength: 6 }),
        fc.oneof(fc.constant(0), fc.nat(400)),
        fc.constantFrom(0, 1_000_000),
        async (seed, patches, cut, wholeBytes) => {
          const bytes = seed.slice(0, Math.max(0, seed.length - cut))
          for (const [at, byte] of patches) if (bytes.length > 0) bytes[at % bytes.length] = byte
          await soundOrTyped({ "model.onnx": bytes, w: values, "model.onnx_data": new Uint8Array(51_712) }, wholeBytes)
        },
      ),
      { numRuns: FUZZ_RUNS },
    )
  })

  async function soundOrTyped(files: Readonly<Record<string, Uint8Array>>, wholeBytes: number): Promise<void> {
    const reader = memoryReader(files)
    try {
      const container = await openContainer(reader, ref, reader.list, { wholeBytes, call })
      for (const tensor of container.tensors.slice(0, 50)) {
        const { rows, cols } = matrixShape(tensor.shape)
        const [lines, length] = tensor.along === "rows" ? [rows, cols] : [cols, rows]
        for (const line of lines === 0 ? [] : [0, lines - 1]) {
          const unpacked = await readLines(reader, container, tensor, line, line + 1)
          if (unpacked.length !== length) throw new Error("a line of another length")
        }
      }
    } catch (error) {
      if (!(error instanceof PedigreeError)) throw error
      if (!["malformed", "unsupported", "no-weights"].includes(error.code)) throw error
    }
  }
})

describe("what an ONNX model costs", () => {
  const bert = exportedModel(bertShapes(), null)
  const llama = exportedModel(llamaShapes(4096, 11008, 32, 32000), "model.onnx_data")
  it.each([
    // Every bias and norm, and the first two layers' matrices.
    ["BERT base, weights inside", { "onnx/model.onnx": bert.model }, 26, 140],
    ["7B, weights beside", { "onnx/model.onnx": llama.model, "onnx/model.onnx_data": { pieces: [], size: llama.dataSize } }, 8, 291],
  ] as const)("%s", async (_name, files, most, least) => {
    const reader = piecedReader(files as Record<string, PiecedFile>)
    const fingerprint = await readFingerprint(reader, ref, await reader.files(ref, call), { budget: DEFAULT_BUDGET, call })
    const bytes = (purpose: string) => reader.reads.reduce((sum, read) => sum + (read.purpose === purpose ? read.end - read.begin : 0), 0)
    if (process.env.SHOW_COST) {
      const headers = reader.reads.filter(({ purpose }) => purpose === "header").length
      const listed = fingerprint.tensors.length
      console.log(_name, {
        headers,
        header: bytes("header"),
        requests: reader.reads.length,
        rows: bytes("weights"),
        slabs: fingerprint.slabs.length,
        listed,
      })
    }
    expect(reader.reads.length).toBeLessThanOrEqual(most)
    expect(fingerprint.tensors.length).toBeGreaterThanOrEqual(least)
    expect(bytes("weights")).toBeLessThan(DEFAULT_BUDGET)
    expect(fingerprint.slabs).toContainEqual(expect.objectContaining({ role: "attn.q", rows: 64 }))
  })
})
