import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type RunningHub, startHub } from "~test/hub"
import { contentOf } from "~test/hub/content"
import { floats, writeGguf } from "./gguf-writer"
import { writeSafetensors } from "./safetensors-writer"

const card = (...lines: string[]) => `---\n${lines.join("\n")}\n---\n`
const zeros = (dtype: "I32" | "F16" | "F32", ...shape: number[]) => {
  const count = shape.reduce((product, side) => product * side, 1)
  return { dtype, shape, bytes: new Uint8Array(count * (dtype === "F16" ? 2 : 4)) }
}
const gguf = (rows: number, keys = {}) =>
  writeGguf(
    {
      "general.architecture": "gemma3",
      "tokenizer.ggml.tokens": ["a", "bc", ""],
      "tokenizer.ggml.token_type": Int32Array.of(1, 2),
      ...keys,
    },
    [floats("token_embd.weight", [rows, 32], () => 0), floats("output_norm.weight", [32], () => 1)],
  )
const CONTEXT = { "gemma3.context_length": 32_768 }
const LARGE = gguf(100, CONTEXT)
const PARTS = [gguf(60, CONTEXT), gguf(70)]
const PACKED = writeSafetensors({ "q.qweight": zeros("I32", 8, 16), "q.scales": zeros("F16", 2, 16), "norm.weight": zeros("F32", 16) })
const quantised = (settings: object) => JSON.stringify({ model_type: "llama", quantization_config: settings })

const REPOS: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>> = {
  "kin/gguf": { "README.md": card("base_model: acme/base"), "m.Q4_0.gguf": gguf(10), "m.F32.gguf": LARGE },
  "kin/split": { "m-00001-of-00002.gguf": PARTS[0] as Uint8Array, "m-00002-of-00002.gguf": PARTS[1] as Uint8Array },
  "kin/broken": { "m.gguf": LARGE.slice(0, 100) },
  "kin/endless": { "m.gguf": new Uint8Array([...new TextEncoder().encode("GGUF\x03\0\0\0"), ...new Uint8Array(16).fill(255)]) },
  "kin/gptq": {
    "README.md": card("base_model: acme/base"),
    "config.json": quantised({ bits: 4, quant_method: "gptq", group_size: 128, desc_act: true }),
    "model.safetensors": PACKED,
  },
  "kin/nf4": { "README.md": card("base_model: acme/base"), "config.json": quantised({ load_in_4bit: true, quant_method: "bitsandbytes" }) },
  "kin/mlx": {
    "README.md": card("base_model: acme/base"),
    "config.json": JSON.stringify({ model_type: "llama", quantization: { bits: 4, group_size: 64 } }),
  },
  "kin/emptied": { "README.md": card("base_model: acme/base"), "config.json": quantised({}) },
  "kin/onnx": { "README.md": card("base_model: acme/base"), "onnx/model.onnx": "graph" },
  "kin/both": { "README.md": card("base_model: acme/base"), "onnx/model.onnx": "graph", "model.safetensors": PACKED },
  "kin/lora": {
    "README.md": card("base_model: acme/base", "tags: [lora]"),
    "adapter_config.json": JSON.stringify({ base_model_name_or_path: "../base", task_type: "CAUSAL_LM", r: 8, peft_type: "LORA" }),
  },
}

let hub: RunningHub
beforeAll(async () => {
  const madeRepos = Object.entries(REPOS).map(([id, files]) => ({
    id,
    files: Object.entries(files).map(([path, content]) => ({ path, content: contentOf(Buffer.from(content as string)) })),
  }))
  hub = await startHub({ roots: [], madeRepos })
})
afterAll(() => hub.close())

const record = async (id: string) => (await fetch(`${hub.url}/api/models/${id}`)).json()

describe("what the Hub derives of a repository's containers", () => {
  test("GGUF: the largest model, without files of other precisions", async () => {
    const { gguf, library_name, tags, config } = await record("kin/gguf")
    expect(gguf).toEqual({ total: 101 * 32, architecture: "gemma3", context_length: 32_768, totalFileSize: LARGE.length })
    expect(tags).toContain("gguf")
    expect([library_name, config]).toEqual([undefined, {}])
  })

  test("GGUF in parts: their weights and bytes together", async () => {
    const { gguf } = await record("kin/split")
    const totalFileSize = PARTS.reduce((sum, { length }) => sum + length, 0)
    expect(gguf).toEqual({ total: 132 * 32, architecture: "gemma3", context_length: 32_768, totalFileSize })
  })

  test.each(["kin/broken", "kin/endless"])("%s has none", async (id) => {
    expect((await record(id)).gguf).toBeUndefined()
  })

  test("lists count its weights", async () => {
    const list = await (await fetch(`${hub.url}/api/models?num_parameters=min:3K,max:4K`)).json()
    expect(list.map(({ id }: { id: string }) => id)).toEqual(["kin/gguf"])
  })

  test("packed safetensors are counted as stored, and only four settings are shown", async () => {
    const { safetensors, config } = await record("kin/gptq")
    expect(safetensors).toEqual({ parameters: { I32: 128, F16: 32, F32: 16 }, total: 176 })
    expect(config).toEqual({ model_type: "llama", quantization_config: { bits: 4, quant_method: "gptq" } })
    const nf4 = await record("kin/nf4")
    expect(nf4.config.quantization_config).toEqual({ load_in_4bit: true, quant_method: "bitsandbytes" })
    expect((await record("kin/mlx")).config).toEqual({ model_type: "llama" })
  })

  test("adapters: the base as PEFT wrote it", async () => {
    const { config, library_name, tags } = await record("kin/lora")
    expect(config).toEqual({ peft: { base_model_name_or_path: "../base", task_type: "CAUSAL_LM" } })
    expect(library_name).toBe("peft")
    expect(tags).toEqual(expect.arrayContaining(["peft", "lora", "base_model:adapter:acme/base"]))
  })

  test.each([
    ["kin/gguf", "quantized"],
    ["kin/gptq", "quantized"],
    ["kin/nf4", "quantized"],
    ["kin/mlx", "finetune"],
    ["kin/emptied", "finetune"],
    ["kin/onnx", "quantized"],
    ["kin/both", "finetune"],
    ["kin/lora", "adapter"],
  ])("%s counts as %s", async (id, relation) => {
    expect((await record(id)).tags).toContain(`base_model:${relation}:acme/base`)
  })
})
