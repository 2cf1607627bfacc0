import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import type { Container } from "~src/formats/container"
import { matrixShape } from "~src/formats/container"
import { decodeValues } from "~src/formats/dtypes"
import { isConstantBuffer } from "~src/formats/names"
import { openContainer } from "~src/formats/open"
import manifest from "../fixtures/containers/manifest.json"
import { floats, type GgufEntry, ggufHeader, string, u32, u64, writeGguf } from "./gguf-writer"
import { call, memoryReader, ref } from "./memory-reader"

const FIXTURES = "test/fixtures/containers"
const fixture = (path: string) => new Uint8Array(readFileSync(`${FIXTURES}/${path}`))

async function open(files: Readonly<Record<string, Uint8Array>>, wholeBytes = 0) {
  const reader = memoryReader(files)
  return { reader, container: await openContainer(reader, ref, reader.list, { wholeBytes, call }) }
}

/** Lines [from, to) of a tensor as the layers above get them, reading nothing but its spans. */
function lines(container: Container, files: Readonly<Record<string, Uint8Array>>, name: string, from: number, to: number): Float32Array {
  const tensor = container.tensors.find((one) => one.name === name)
  if (!tensor) throw new Error(`${name} is not listed`)
  const chunks = container.spans(tensor, from, to).map(({ file, begin, end }) => (files[file] as Uint8Array).slice(begin, end))
  return decodeValues(tensor.dtype, container.unpack(tensor, from, to, chunks))
}

const references = manifest.files.filter(({ container, values }) => container === "gguf" && values !== undefined)
/** Types that gguf-py reads and Pedigree doesn't yet. */
const UNREAD = new Set(["IQ2_XS"])

describe("GGUF files of gguf-py", () => {
  const read = references.filter(({ scheme }) => !UNREAD.has(scheme))
  it.each(read.map((one) => [one.path, one] as const))("reads %s to the bit", async (_path, { path, scheme, parts, values, tensors }) => {
    const files = Object.fromEntries((parts ?? [path]).map((part) => [part, fixture(part)]))
    const { container } = await open(files)
    expect(container.format).toBe("gguf")
    expect(container.skipped).toEqual([])
    const bytes = fixture(values as string)
    let listed = 0
    for (const { name, shape, rows, at, ...stored } of tensors) {
      const { cols } = matrixShape(shape)
      const wanted = (i: number) => decodeValues("F32", bytes.slice(at + i * cols * 4, at + (i + 1) * cols * 4))
      const type = "type" in stored ? stored.type : scheme
      // A stack's row is an expert's whole matrix.
      const experts = shape.length === 3
      for (const [i, row] of rows.entries()) {
        const own = experts ? new RegExp(`\\.experts\\.${row}\\.(down_proj|w2)\\.weight$`) : null
        const tensor = container.tensors.find((one) => own?.test(one.name) ?? one.name === name)
        if (!tensor) throw new Error(`${name} ${row} is not listed`)
        expect(tensor.shape).toEqual(experts ? shape.slice(1) : shape)
        expect(tensor.packing?.scheme ?? tensor.dtype).toBe(type)
        const [from, to] = experts ? [0, shape[1] as number] : [row, row + 1]
        expect(lines(container, files, tensor.name, from, to), `${name} row ${row}`).toEqual(wanted(i))
        if (experts) continue
        const all = lines(container, files, tensor.name, 0, matrixShape(shape).rows)
        expect(all.subarray(row * cols, (row + 1) * cols)).toEqual(wanted(i))
      }
      listed += experts ? (shape[0] as number) : 1
    }
    expect(container.tensors).toHaveLength(listed)
  })

  it.each(references.filter(({ scheme }) => UNREAD.has(scheme)).map((one) => [one.path, one] as const))(
    "names what it can't read in %s",
    async (_path, { path, scheme, tensors }) => {
      const { container } = await open({ [path]: fixture(path) })
      expect(container.skipped).toEqual(tensors.map(({ name }) => ({ name, reason: `GGUF type ${scheme} is not supported yet` })))
    },
  )

  it("has references for every packed type that it reads", () => {
    const schemes = new Set(references.map(({ scheme }) => scheme))
    const published = "F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS MXFP4".split(" ")
    expect(published.filter((scheme) => !schemes.has(scheme))).toEqual([])
  })
})

describe("what llama.cpp's converters change", () => {
  const model = (architecture: string, keys: Readonly<Record<string, number>>, tensors: readonly GgufEntry[]) => ({
    "model.gguf": writeGguf({ "general.architecture": architecture, ...keys }, tensors),
  })

  it("undoes the row order of query and key, weights and biases", async () => {
    // Two heads of four rows; what PyTorch calls row 0 1 2 3 of a head is stored as 0 2 1 3.
    const stored = [0, 2, 1, 3, 4, 6, 5, 7]
    const heads = { "llama.attention.head_count": 2, "llama.attention.head_count_kv": 1 }
    const files = model("llama", heads, [
      floats("blk.0.attn_q.weight", [8, 3], (i) => 10 * (stored[Math.floor(i / 3)] as number) + (i % 3)),
      floats("blk.0.attn_q.bias", [8], (i) => stored[i] as number),
      floats("blk.0.attn_k.weight", [4, 3], (i) => 10 * (stored[Math.floor(i / 3)] as number) + (i % 3)),
      floats("blk.0.attn_v.weight", [4, 3], (i) => i),
    ])
    const { container } = await open(files)
    const get = (name: string, from: number, to: number) => [...lines(container, files, `model.layers.0.self_attn.${name}`, from, to)]
    for (let row = 0; row < 8; row++) expect(get("q_proj.weight", row, row + 1)).toEqual([10 * row, 10 * row + 1, 10 * row + 2])
    expect(get("q_proj.weight", 1, 6).filter((_, i) => i % 3 === 0)).toEqual([10, 20, 30, 40, 50])
    expect(get("q_proj.bias", 0, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(get("k_proj.weight", 0, 4).filter((_, i) => i % 3 === 0)).toEqual([0, 10, 20, 30])
    expect(get("v_proj.weight", 0, 1)).toEqual([0, 1, 2])
    const q = container.tensors.find(({ role }) => role === "attn.q")
    if (!q) throw new Error("no queries")
    expect(container.spans(q, 2, 2)).toEqual([expect.objectContaining({ begin: expect.any(Number) })])
    for (const { begin, end } of container.spans(q, 2, 2)) expect(end).toBe(begin)
  })

  it("leaves query and key of other architectures alone, and skips them where heads don't fit", async () => {
    const q = floats("blk.0.attn_q.weight", [8, 1], (i) => i)
    const qwen = model("qwen2", { "qwen2.attention.head_count": 2 }, [q])
    const { container } = await open(qwen)
    expect([...lines(container, qwen, "model.layers.0.self_attn.q_proj.weight", 0, 8)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const odd = await open(model("llama", { "llama.attention.head_count": 3 }, [q]))
    expect(odd.container.skipped).toEqual([{ name: "model.layers.0.self_attn.q_proj.weight", reason: "8 rows don't make 3 heads" }])
    const none = await open(model("llama", {}, [q]))
    expect(none.container.skipped[0]?.reason).toBe("8 rows don't make an unknown number of heads")
  })

  it("takes the one off Gemma's norms", async () => {
    const files = model("gemma2", {}, [
      floats("blk.0.attn_norm.weight", [4], (i) => 1 + i / 8),
      floats("blk.0.ffn_norm.weight", [2], () => 1),
      floats("blk.0.post_ffw_norm.weight", [2], () => 0.5),
      floats("blk.0.ffn_up.weight", [2, 2], () => 1),
    ])
    const { container } = await open(files)
    const get = (name: string) => [...lines(container, files, `model.layers.0.${name}.weight`, 0, 1)]
    expect(get("input_layernorm")).toEqual([0, 0.125, 0.25, 0.375])
    expect(get("pre_feedforward_layernorm")).toEqual([0, 0])
    expect(get("post_feedforward_layernorm")).toEqual([-0.5, -0.5])
    expect(get("mlp.up_proj")).toEqual([1, 1])
  })

  it("offers GPT-2's Conv1D the way PyTorch has it, by columns", async () => {
    const files = model("gpt2", {}, [
      floats("blk.0.attn_qkv.weight", [6, 2], (i) => i),
      floats("blk.0.attn_qkv.bias", [6], (i) => i),
      floats("position_embd.weight", [3, 2], (i) => i),
    ])
    const { container } = await open(files)
    const tensor = container.tensors.find(({ name }) => name === "transformer.h.0.attn.c_attn.weight")
    expect(tensor).toMatchObject({ role: "attn.qkv", layer: 0, shape: [2, 6], along: "columns", packing: null })
    expect([...lines(container, files, "transformer.h.0.attn.c_attn.weight", 1, 4)]).toEqual([2, 4, 6, 3, 5, 7])
    expect(container.tensors.map(({ name }) => name)).toContain("transformer.wpe.weight")
  })

  it("takes stacked experts apart by Range", async () => {
    const stack = (name: string) => floats(name, [3, 2, 2], (i) => i)
    const tensors = [stack("blk.1.ffn_down_exps.weight"), stack("blk.1.ffn_gate_exps.weight"), stack("blk.1.ffn_up_exps.weight")]
    const mixtral = model("llama", { "llama.expert_count": 3 }, tensors)
    const { container } = await open(mixtral)
    const expert = "model.layers.1.block_sparse_moe.experts.2"
    expect(container.tensors.map(({ name }) => name).slice(-3)).toEqual([
      `${expert}.w1.weight`,
      `${expert}.w2.weight`,
      `${expert}.w3.weight`,
    ])
    expect(container.tensors[0]).toMatchObject({ shape: [2, 2], bytes: 16 })
    expect([...lines(container, mixtral, `${expert}.w2.weight`, 1, 2)]).toEqual([10, 11])
    const qwen = (await open(model("qwen3moe", { "qwen3moe.expert_count": 3 }, tensors))).container
    expect(qwen.tensors.map(({ name }) => name)).toContain("model.layers.1.mlp.experts.0.gate_proj.weight")
    const old = (await open(model("llama", { "llama.expert_count": 8 }, [floats("blk.1.ffn_gate.7.weight", [2, 2], (i) => i)]))).container
    expect(old.tensors[0]?.name).toBe("model.layers.1.block_sparse_moe.experts.7.w1.weight")
  })
})

describe("names", () => {
  it.each([
    ["qwen3", "blk.3.attn_k_norm.weight", "model.layers.3.self_attn.k_norm.weight"],
    ["qwen2", "blk.3.attn_q.bias", "model.layers.3.self_attn.q_proj.bias"],
    ["gemma", "blk.3.ffn_norm.weight", "model.layers.3.post_attention_layernorm.weight"],
    ["gemma3", "blk.3.post_attention_norm.weight", "model.layers.3.post_attention_layernorm.weight"],
    ["phi2", "blk.3.ffn_up.bias", "model.layers.3.mlp.fc1.bias"],
    ["phi2", "output_norm.weight", "model.final_layernorm.weight"],
    ["phi3", "blk.3.attn_qkv.weight", "model.layers.3.self_attn.qkv_proj.weight"],
    ["phi3", "blk.3.ffn_up.weight", "model.layers.3.mlp.gate_up_proj.weight"],
    ["bert", "blk.3.attn_output_norm.weight", "bert.encoder.layer.3.attention.output.LayerNorm.weight"],
    ["bert", "blk.3.layer_output_norm.bias", "bert.encoder.layer.3.output.LayerNorm.bias"],
    ["bert", "token_types.weight", "bert.embeddings.token_type_embeddings.weight"],
    ["gpt2", "output_norm.bias", "transformer.ln_f.bias"],
    ["mamba", "blk.3.ssm_a", "model.layers.3.ssm_a"],
    ["new-one", "blk.3.attn_qkv.weight", "model.layers.3.attn_qkv.weight"],
    ["__proto__", "toString", "toString"],
  ])("%s: %s is %s", async (architecture, stored, name) => {
    const { container } = await open({ "m.gguf": writeGguf({ "general.architecture": architecture }, [floats(stored, [2], () => 1)]) })
    expect(container.tensors.map((tensor) => tensor.name)).toEqual([name])
  })

  it("keeps llama.cpp's word where two tensors would get one name", async () => {
    const tensors = ["blk.0.post_attention_norm.weight", "blk.0.ffn_norm.weight"].map((name) => floats(name, [2], () => 1))
    const { container } = await open({ "m.gguf": writeGguf({ "general.architecture": "glm4" }, tensors) })
    expect(container.tensors.map(({ name }) => name)).toEqual(["blk.0.ffn_norm.weight", "model.layers.0.post_attention_layernorm.weight"])
  })

  it("knows rotary tables for constants", async () => {
    const { container } = await open({
      "m.gguf": writeGguf(
        {},
        ["rope_freqs.weight", "rope_factors_long.weight"].map((name) => floats(name, [2], () => 1)),
      ),
    })
    expect(container.tensors.map(({ name }) => isConstantBuffer(name))).toEqual([true, true])
  })
})

describe("facts", () => {
  it("names bases, source, maker and type, and bounds what strings may do", async () => {
    const { container } = await open({
      "m.gguf": writeGguf(
        {
          "general.architecture": "llama",
          "general.name": `Evil\u0000\u202e${"x".repeat(5_000)}`,
          "general.file_type": 15,
          "general.quantized_by": "Someone",
          "general.source.repo_url": "https://huggingface.co/org/tuned",
          "general.base_model.count": 3,
          "general.base_model.0.repo_url": "https://huggingface.co/org/base/tree/main",
          "general.base_model.0.name": "Base",
          "general.base_model.1.name": "Other 7B",
          "general.base_model.1.organization": "Some Lab",
          "general.base_model.2.repo_url": "https://example.com/model",
          "general.tags": ["a", "b"],
        },
        [floats("output_norm.weight", [1], () => 1)],
      ),
    })
    expect(container.facts.origins).toEqual(["org/tuned", "org/base", "Some-Lab/Other-7B", "https://example.com/model"])
    const notes = new Map(container.facts.notes)
    expect(notes.get("Quantisation")).toBe("Q4_K_M")
    expect(notes.get("Quantised by")).toBe("Someone")
    expect(notes.get("Name")).toMatch(/^Evil {2}x{194}$/)
  })
})

describe("what it refuses", () => {
  const one = floats("output_norm.weight", [4], () => 1)
  const good = writeGguf({ "general.architecture": "llama" }, [one])
  const bytes = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
  const start = (tensors: number | bigint, keys: number | bigint, version = 3) =>
    bytes(u32(0x46554747), u32(version), u64(tensors), u64(keys))
  const entry = (name: string, sides: (number | bigint)[], type: number, offset: number | bigint) =>
    bytes(string(name), u32(sides.length), ...sides.map(u64), u32(type), u64(offset))
  const pad = (head: Uint8Array) => bytes(head, new Uint8Array(64 + ((32 - (head.length % 32)) % 32)))

  it.each([
    ["version 1", start(0, 0, 1), "unsupported", /version 1/],
    ["a big-endian file", start(0, 0, 0x03000000), "unsupported", /big-endian/],
    ["other magic", bytes(new TextEncoder().encode("<html>"), new Uint8Array(99)), "malformed", /byte 0, it does not begin with GGUF/],
    ["a file of ten bytes", good.slice(0, 10), "malformed", /ends before its header/],
    ["2^63 tensors", start(2n ** 63n, 0), "malformed", /byte 8, the number of tensors is 9223372036854775808/],
    ["a million tensors", start(1_000_000, 0), "malformed", /1000000 tensors/],
    ["a million keys", start(0, 1_000_000), "malformed", /1000000 keys/],
    ["a string of 2^40", pad(bytes(start(0, 1), u64(2n ** 40n))), "malformed", /a key claims 1099511627776 bytes/],
    ["a list of 2^40", pad(bytes(start(0, 1), string("a"), u32(9), u32(4), u64(2n ** 40n))), "malformed", /1099511627776 elements/],
    ["a list of lists", pad(bytes(start(0, 1), string("a"), u32(9), u32(9), u64(1))), "malformed", /elements of type 9/],
    ["an unknown value type", pad(bytes(start(0, 1), string("a"), u32(13))), "malformed", /byte 24, "a" has the unknown value type 13/],
    [
      "a key twice",
      pad(bytes(start(0, 2), string("a"), u32(0), Uint8Array.of(1), string("a"), u32(0), Uint8Array.of(1))),
      "malformed",
      /twice/,
    ],
    ["five axes", pad(bytes(start(1, 0), entry("a", [1, 1, 1, 1, 1], 0, 0))), "malformed", /5 axes/],
    ["2^52 squared elements", pad(bytes(start(1, 0), entry("a", [2n ** 52n, 2n ** 52n], 0, 0))), "malformed", /elements/],
    ["a tensor beyond the end", pad(bytes(start(1, 0), entry("a", [1000], 0, 0))), "malformed", /but the file ends after/],
    ["an offset beyond the end", pad(bytes(start(1, 0), entry("a", [1], 0, 2n ** 50n))), "malformed", /but the file ends after/],
    ["an offset out of line", pad(bytes(start(1, 0), entry("a", [1], 0, 4))), "malformed", /not aligned/],
    ["half a block", pad(bytes(start(1, 0), entry("a", [16], 8, 0))), "malformed", /multiple of Q8_0's 32/],
    ["overlaps", pad(bytes(start(2, 0), entry("a", [16], 0, 0), entry("b", [4], 0, 32))), "malformed", /"a" and "b" overlap/],
    ["a tensor twice", pad(bytes(start(2, 0), entry("a", [4], 0, 0), entry("a", [4], 0, 32))), "malformed", /names a tensor twice/],
    ["a very long name", pad(bytes(start(1, 0), entry("n".repeat(2_000), [4], 0, 0))), "malformed", /more than 1000 characters/],
    ["a cut table", good.slice(0, 80), "malformed", /ends after 80/],
    ["an odd alignment", writeGguf({ "general.alignment": 24 }, [one]), "malformed", /no power of two/],
    ["no alignment", writeGguf({ "general.alignment": 0 }, [one]), "malformed", /no power of two/],
    ["an adapter", writeGguf({ "general.type": "adapter" }, [one]), "unsupported", /adapter/],
    ["nothing", start(0, 0), "no-weights", /no tensors/],
  ] as const)("refuses %s", async (_what, file, code, message) => {
    const failure = await open({ "m.gguf": file }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PedigreeError)
    expect((failure as PedigreeError).code).toBe(code)
    expect((failure as PedigreeError).message).toMatch(message)
  })

  it("refuses parts that hold one tensor twice", async () => {
    const parts = { "m-00001-of-00002.gguf": good, "m-00002-of-00002.gguf": good }
    await expect(open(parts)).rejects.toThrow(/m-00002-of-00002.gguf holds the tensor "output_norm.weight"/)
  })

  it("says when parts are lacking", async () => {
    const { container } = await open({ "m-00001-of-00003.gguf": writeGguf({ "split.count": 3 }, [one]) })
    expect(container.facts.notes).toContainEqual(["Parts", "1 of 3 are here"])
  })

  it("lists tensors of types that it doesn't read", async () => {
    const { container } = await open({
      "m.gguf": writeGguf({}, [
        one,
        { name: "a", shape: [256], type: 16, bytes: new Uint8Array(66) },
        { name: "b", shape: [256], type: 36, bytes: new Uint8Array(32) },
      ]),
    })
    expect(container.skipped).toEqual([
      { name: "a", reason: "GGUF type IQ2_XXS is not supported yet" },
      { name: "b", reason: "GGUF type 36 is not known" },
    ])
    expect(container.tensors).toHaveLength(1)
  })

  it("reads a small file whole, once", async () => {
    const { reader, container } = await open({ "m.gguf": good }, 1_000_000)
    expect(reader.reads).toEqual([{ path: "m.gguf", begin: 0, end: good.length, purpose: "weights" }])
    expect(container.held[0]?.bytes.length).toBe(good.length)
    expect(ggufHeader({}, []).length).toBe(32)
  })
})
