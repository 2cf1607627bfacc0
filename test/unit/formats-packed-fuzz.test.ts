import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { matrixShape } from "~src/formats/container"
import { dtypeSize, isDtype } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import { FUZZ_RUNS } from "./fuzz-runs"
import { call, memoryReader, ref } from "./memory-reader"
import { type Entry, withHeader, writeSafetensors } from "./safetensors-writer"

const ROOT = join(import.meta.dirname, "../fixtures/containers/packed")

/** Packed layers of the reference files: one layer of each scheme, so that a case stays small. */
const samples = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const file = new Uint8Array(readFileSync(join(ROOT, name, "model.safetensors")))
    const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
      string,
      { data_offsets: [number, number] } & Entry
    >
    const tensors: [string, Entry][] = Object.entries(header)
      .filter(([key]) => /layers\.0\.self_attn\.k_proj\.|input_layernorm/.test(key))
      .map(
        ([
          key,
          {
            dtype,
            shape,
            data_offsets: [begin, end],
          },
        ]) => [key, { dtype, shape, bytes: file.slice(8 + length + begin, 8 + length + end) }],
      )
    return { name, tensors, config: JSON.parse(readFileSync(join(ROOT, name, "config.json"), "utf8")) as Record<string, unknown> }
  })

const ENDINGS =
  "weight qweight qzeros scales g_idx weight.absmax weight.quant_map weight.nested_absmax weight.nested_quant_map SCB weight_scale " +
  "weight_scale_inv weight_packed weight_shape weight_zero_point weight_g_idx biases bitmask W_q weight_scale_2"
const DTYPES = "F32 F16 BF16 F8_E4M3 F8_E5M2 I64 I32 I8 U8 U32 F4"

/** One change to a list of tensors, or to the bytes of one. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("drop" as const), at: fc.nat(12) }),
  fc.record({ kind: fc.constant("rename" as const), at: fc.nat(12), ending: fc.constantFrom(...ENDINGS.split(" ")) }),
  fc.record({ kind: fc.constant("dtype" as const), at: fc.nat(12), dtype: fc.constantFrom(...DTYPES.split(" ")) }),
  fc.record({
    kind: fc.constant("shape" as const),
    at: fc.nat(12),
    axis: fc.nat(3),
    side: fc.oneof(fc.nat(70), fc.constantFrom(0, 1, 128, 4096)),
  }),
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(12) }),
  fc.record({ kind: fc.constant("axes" as const), at: fc.nat(12), sides: fc.array(fc.nat(9), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant("bytes" as const), at: fc.nat(12), seed: fc.nat(), byte: fc.nat(255) }),
)
const setting = fc.oneof(
  fc.integer({ min: -2, max: 300 }),
  fc.constantFrom(0, 2, 3, 4, 8, 16, 32, 64, 1e300, null, "x", true),
  fc.jsonValue({ maxDepth: 2 }),
)
const settings = fc.dictionary(
  fc.constantFrom(
    "bits",
    "group_size",
    "sym",
    "desc_act",
    "checkpoint_format",
    "weight_block_size",
    "mode",
    "model.layers.0.self_attn.k_proj",
  ),
  fc.oneof(setting, fc.tuple(setting, setting), fc.record({ bits: setting, group_size: setting })),
  { maxKeys: 4 },
)
const cases = fc.record({
  sample: fc.nat(samples.length - 1),
  changes: fc.array(change, { maxLength: 4 }),
  config: fc.option(settings, { nil: null }),
  lines: fc.tuple(fc.nat(64), fc.nat(64)),
})

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function apply(tensors: [string, Entry][], edit: Change): void {
  const at = edit.at % Math.max(1, tensors.length)
  const [name, entry] = tensors[at] ?? []
  if (name === undefined || entry === undefined) return
  if (edit.kind === "drop") tensors.splice(at, 1)
  else if (edit.kind === "rename") tensors[at] = [name.replace(/k_proj\..*|input_layernorm\..*/, `k_proj.${edit.ending}`), entry]
  else if (edit.kind === "bytes") {
    const bytes = entry.bytes.slice()
    if (bytes.length > 0) bytes[edit.seed % bytes.length] = edit.byte
    tensors[at] = [name, { ...entry, bytes }]
  } else {
    const dtype = edit.kind === "dtype" ? edit.dtype : entry.dtype
    const shape =
      edit.kind === "axes"
        ? edit.sides
        : edit.kind === "flip"
          ? [...entry.shape].reverse()
          : entry.shape.map((side, axis) => (edit.kind === "shape" && axis === edit.axis ? edit.side : side))
    // The header stays sound, so that its own checks don't end every case.
    const size = shape.reduce((product, side) => product * side, isDtype(dtype) ? dtypeSize(dtype) : 1)
    const bytes = new Uint8Array(size)
    bytes.set(entry.bytes.subarray(0, size))
    tensors[at] = [name, { dtype, shape, bytes }]
  }
}

/** Opens a repository and reads lines of every tensor; whatever is wrong must come as a typed error. */
async function readAll(files: Record<string, Uint8Array>, lines: readonly [number, number]): Promise<void> {
  const reader = memoryReader(files)
  const size = files["model.safetensors"]?.length ?? 0
  try {
    const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    for (const tensor of container.tensors) {
      const { rows, cols } = matrixShape(tensor.shape)
      const count = tensor.along === "rows" ? rows : cols
      if (count === 0 || rows * cols === 0) continue
      const from = Math.min(...lines) % count
      const to = Math.min(count, from + 1 + Math.abs(lines[0] - lines[1]))
      const spans = container.spans(tensor, from, to)
      for (const { begin, end } of spans)
        expect(0 <= begin && begin <= end && end <= size, `${tensor.name}: ${begin} to ${end} of ${size}`).toBe(true)
      const chunks = spans.map(({ begin, end }) => (files["model.safetensors"] as Uint8Array).slice(begin, end))
      const expected = (to - from) * (tensor.along === "rows" ? cols : rows) * dtypeSize(tensor.dtype)
      expect(container.unpack(tensor, from, to, chunks).length).toBe(expected)
    }
  } catch (error) {
    if (!(error instanceof PedigreeError)) throw error
    expect(["malformed", "unsupported", "no-weights"]).toContain(error.code)
  }
}

describe("packed layers that are not what they seem", () => {
  it("with changed names, types, shapes, bytes and settings give lines of the right size or a typed error", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ sample, changes, config, lines }) => {
        const { tensors, config: own } = samples[sample] as (typeof samples)[number]
        const edited = [...tensors]
        for (const edit of changes) apply(edited, edit)
        const settings = config === null ? own : { quantization_config: config }
        await readAll(
          {
            "model.safetensors": writeSafetensors(Object.fromEntries(edited)),
            "config.json": new TextEncoder().encode(JSON.stringify(settings)),
          },
          lines,
        )
      }),
      { numRuns: FUZZ_RUNS },
    )
  }, 1_000_000)

  it("with changed bits anywhere in the file give lines of the right size or a typed error", async () => {
    const files = samples.map(({ tensors, config }) => ({
      file: writeSafetensors(Object.fromEntries(tensors)),
      config: new TextEncoder().encode(JSON.stringify(config)),
    }))
    const patch = fc.tuple(fc.nat(), fc.nat(255))
    const input = fc.record({
      sample: fc.nat(files.length - 1),
      head: fc.array(patch, { maxLength: 2 }),
      data: fc.array(patch, { maxLength: 20 }),
      config: fc.array(patch, { maxLength: 4 }),
      lines: fc.tuple(fc.nat(64), fc.nat(64)),
    })
    await fc.assert(
      fc.asyncProperty(input, async ({ sample, head, data, config, lines }) => {
        const { file, config: settings } = files[sample] as (typeof files)[number]
        const [edited, said] = [file.slice(), settings.slice()]
        const length = 8 + Number(new DataView(file.buffer).getBigUint64(0, true))
        for (const [at, byte] of head) edited[at % length] = byte
        for (const [at, byte] of data) edited[length + (at % (file.length - length))] = byte
        for (const [at, byte] of config) said[at % said.length] = byte
        await readAll({ "model.safetensors": edited, "config.json": said }, lines)
      }),
      { numRuns: FUZZ_RUNS },
    )
  }, 1_000_000)
})

describe("hostile packed layers", () => {
  const open = async (tensors: Record<string, Entry>, config: unknown = {}) => {
    const files = { "model.safetensors": writeSafetensors(tensors), "config.json": new TextEncoder().encode(JSON.stringify(config)) }
    const reader = memoryReader(files)
    return { reader, container: await openContainer(reader, ref, reader.list, { wholeBytes: 0, call }) }
  }
  const zeros = (dtype: string, ...shape: number[]): Entry => ({
    dtype,
    shape,
    bytes: new Uint8Array(shape.reduce((product, side) => product * side, isDtype(dtype) ? dtypeSize(dtype) : 1)),
  })
  const gptq = { "a.qweight": zeros("I32", 4, 8), "a.qzeros": zeros("I32", 1, 1), "a.scales": zeros("F16", 1, 8) }

  it.each([
    ["a group of no columns", gptq, { quantization_config: { group_size: 0 } }, null],
    ["zero points of another layer", { ...gptq, "a.qzeros": zeros("I32", 2, 1) }, {}, /fit/],
    ["no scales", { "a.qweight": zeros("I32", 4, 8) }, {}, /missing/],
    ["an index of another length", { ...gptq, "a.g_idx": zeros("I32", 31) }, {}, /fit/],
    [
      "seven bits",
      { ...gptq, "a.qzeros": zeros("I32", 1, 7), "a.scales": zeros("F16", 1, 32), "a.qweight": zeros("I32", 7, 32) },
      {},
      /7 bits/,
    ],
    ["scales of an unknown type", { "a.weight": zeros("F8_E4M3", 4, 4), "a.weight_scale": zeros("F8_E8M0", 1) }, {}, /element type/],
    ["codes of four bits with scales", { "a.weight": zeros("U8", 4, 4), "a.weight_scale": zeros("F32", 4) }, {}, /U8/],
    ["blocks that don't cover it", { "a.weight": zeros("F8_E4M3", 64, 64), "a.weight_scale_inv": zeros("F32", 3, 5) }, {}, /fit/],
    ["MLX without biases", { "a.weight": zeros("U32", 4, 4), "a.scales": zeros("U8", 4, 1) }, {}, /MLX/],
    ["EXL2", { "a.q_weight": zeros("I32", 4, 4) }, {}, /EXL2/],
    [
      "MXFP4",
      { "a.experts.gate_up_proj_blocks": zeros("U8", 2, 4, 1, 16), "a.experts.gate_up_proj_scales": zeros("U8", 2, 4, 1) },
      {},
      /MXFP4/,
    ],
    ["NVFP4", { "a.weight_packed": zeros("U8", 4, 4), "a.weight_scale": zeros("F8_E4M3", 4, 1) }, {}, /nvfp4/],
  ] as const)("%s", async (_what, tensors, config, reason) => {
    const { container } = await open(tensors as Record<string, Entry>, config)
    if (reason === null) expect(container.skipped).toEqual([])
    else expect(container.skipped[0]?.reason).toMatch(reason)
  })

  it("values stored as they are beside scales are taken as they are", async () => {
    const { container } = await open({ "a.weight": zeros("BF16", 4, 4), "a.weight_scale": zeros("F32", 1), "b.scales": zeros("F32", 4) })
    expect(container.skipped).toEqual([])
    expect(container.tensors.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual(["a.weight BF16", "a.weight_scale F32", "b.scales F32"])
  })

  it("an index that names groups that don't exist has no values there", async () => {
    const index = zeros("I32", 32)
    new DataView(index.bytes.buffer).setInt32(4, 9, true)
    const { reader, container } = await open({ ...gptq, "a.g_idx": index })
    const [tensor] = container.tensors
    if (!tensor) throw new Error("no tensor")
    const chunks = await Promise.all(
      container
        .spans(tensor, 0, 2)
        .map(async ({ file, begin, end }) => (await reader.range(ref, file, begin, end, { purpose: "weights" }, call)).bytes),
    )
    const values = new Float32Array(container.unpack(tensor, 0, 2, chunks).buffer)
    expect([...values.slice(0, 2)]).toEqual([-0, Number.NaN])
  })

  it("a state of megabytes is not read", async () => {
    const state = { dtype: "U8", shape: [3_000_000], bytes: new Uint8Array(3_000_000) }
    const { reader, container } = await open({
      "a.weight": zeros("U8", 32, 1),
      "a.weight.absmax": zeros("F32", 1),
      "a.weight.quant_map": zeros("F32", 16),
      "a.weight.quant_state.bitsandbytes__nf4": state,
    })
    expect(container.skipped[0]?.name).toBe("a.weight")
    expect(reader.reads.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBeLessThan(100_000)
  })

  it("settings that are no JSON or too long say nothing", async () => {
    const files = { "model.safetensors": writeSafetensors(gptq), "config.json": new TextEncoder().encode("{oops") }
    const reader = memoryReader(files)
    const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    expect(container.tensors[0]?.packing).toEqual({ scheme: "GPTQ", bits: 4, group: null })
  })

  it("says what the file's own metadata states, in short lines", async () => {
    const text = JSON.stringify({
      __metadata__: {
        format: "mlx",
        "modelspec.title": `A\u202e title\n${"x".repeat(5_000)}`,
        "modelspec.merged_from": "one/model, two/model; not a model/../x",
        ss_sd_model_name: "sd_xl_base_1.0.safetensors",
      },
      a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    })
    const reader = memoryReader({ "model.safetensors": withHeader(text, new Uint8Array(4)) })
    const { facts } = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    expect(facts.origins).toEqual(["one/model", "two/model"])
    expect(facts.notes.map(([label]) => label)).toEqual(["Written for", "Title in the file", "Merged from", "Trained from"])
    for (const [, line] of facts.notes) expect(line).toMatch(/^[^\p{C}]{1,120}$/u)
  })
})
