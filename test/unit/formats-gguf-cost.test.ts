import { describe, expect, it } from "vitest"
import { readFingerprint } from "~src/fingerprint/read"
import { openContainer } from "~src/formats/open"
import type { RepoReader } from "~src/hub/types"
import { floats, type GgufKeys, ggufHeader, writeGguf } from "./gguf-writer"
import { call, memoryReader, type Read, ref } from "./memory-reader"

/** Bytes of 256 elements: Q4_K, Q6_K, F32, F16. */
const SIZES: Readonly<Record<number, number>> = { 12: 144, 14: 210, 0: 1024, 1: 512 }

/** A model as llama.cpp quantises it to Q4_K_M (the head in Q6_K, norms in F32), or all of it in F16. */
function llamaTable(hidden: number, inner: number, layers: number, vocabulary: number, keyValue: number, matrix: 12 | 1) {
  const table: { name: string; shape: number[]; type: number; size: number }[] = []
  const add = (name: string, shape: number[], type: number) =>
    table.push({ name, shape, type, size: (shape.reduce((product, side) => product * side, 1) / 256) * (SIZES[type] as number) })
  add("token_embd.weight", [vocabulary, hidden], matrix)
  for (let layer = 0; layer < layers; layer++) {
    const block = (name: string, shape: number[], type: number = matrix) => add(`blk.${layer}.${name}.weight`, shape, type)
    block("attn_norm", [hidden], 0)
    block("ffn_down", [hidden, inner])
    block("ffn_gate", [inner, hidden])
    block("ffn_up", [inner, hidden])
    block("ffn_norm", [hidden], 0)
    block("attn_k", [keyValue, hidden])
    block("attn_output", [hidden, hidden])
    block("attn_q", [hidden, hidden])
    block("attn_v", [keyValue, hidden])
  }
  add("output_norm.weight", [hidden], 0)
  add("output.weight", [vocabulary, hidden], matrix === 12 ? 14 : 1)
  return table
}

/** Words as long as those of published vocabularies: 4 to 11 bytes, longer ones later. */
function words(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `\u0120${(i * 2654435761).toString(36)}`.slice(0, 4 + (i * 8) / count + (i % 3)))
}

function keys(kind: "gpt2" | "llama" | "none", vocabulary: number, merges: number): GgufKeys {
  const common = {
    "general.architecture": "llama",
    "general.name": "Generated",
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
  }
  if (kind === "none") return common
  const tokens = words(vocabulary)
  const types = new Int32Array(vocabulary).fill(1)
  const tail = {
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.chat_template": "{{ messages }}".repeat(300),
    "general.quantization_version": 2,
    "general.file_type": 15,
  }
  if (kind === "llama") {
    const scores = Float32Array.from(tokens, (_, i) => -i)
    return {
      ...common,
      "tokenizer.ggml.model": kind,
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.scores": scores,
      "tokenizer.ggml.token_type": types,
      ...tail,
    }
  }
  const pairs = words(merges).map((word) => `${word.slice(0, 3)} ${word.slice(3)}x`)
  return {
    ...common,
    "tokenizer.ggml.model": kind,
    "tokenizer.ggml.pre": "x",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": types,
    "tokenizer.ggml.merges": pairs,
    ...tail,
  }
}

/** A GGUF file of any size: byte i behind the header is i mod 251. */
function generated(of: GgufKeys, table: ReturnType<typeof llamaTable>) {
  const head = ggufHeader(of, table)
  const size = table.reduce((sum, tensor) => sum + Math.ceil(tensor.size / 32) * 32, head.length)
  const reads: Read[] = []
  const reader: RepoReader = {
    files: async () => [{ path: "model.gguf", size, oid: null, xetHash: null }],
    text: async () => "",
    range: async (_ref, path, begin, end, { purpose }) => {
      const stop = Math.min(end, size)
      if (begin >= stop) throw new Error(`read outside the file: ${begin} to ${end} of ${size}`)
      reads.push({ path, begin, end: stop, purpose })
      const bytes = new Uint8Array(stop - begin)
      for (let i = 0; i < bytes.length; i++) bytes[i] = begin + i < head.length ? (head[begin + i] as number) : (begin + i) % 251
      return { bytes, size }
    },
  }
  return { reader, reads, size, headBytes: head.length }
}

async function cost(of: GgufKeys, table: ReturnType<typeof llamaTable>) {
  const { reader, reads, size, headBytes } = generated(of, table)
  const total = () => reads.reduce((sum, { begin, end }) => sum + end - begin, 0)
  const container = await openContainer(reader, ref, await reader.files(ref, call), { wholeBytes: 1_048_576, call })
  const header = { requests: reads.length, bytes: total() }
  reads.length = 0
  const fingerprint = await readFingerprint(reader, ref, await reader.files(ref, call), { budget: 1_048_576, call })
  const rows = reads.filter(({ purpose }) => purpose === "weights")
  const result = {
    file: size,
    head: headBytes,
    headerRequests: header.requests,
    headerBytes: header.bytes,
    rowRequests: rows.length,
    rowBytes: rows.reduce((sum, { begin, end }) => sum + end - begin, 0),
    weightBytes: container.spilled + rows.reduce((sum, { begin, end }) => sum + end - begin, 0),
    slabs: fingerprint.slabs.length,
  }
  return { result, container, fingerprint }
}

const CASES = [
  ["7B, 32,000 tokens of SentencePiece", keys("llama", 32_000, 0), llamaTable(4096, 11008, 32, 32_000, 4096, 12)],
  ["8B, 128,256 tokens and 280,147 merges", keys("gpt2", 128_256, 280_147), llamaTable(4096, 14336, 32, 128_256, 1024, 12)],
  ["7B, 151,936 tokens and 151,387 merges", keys("gpt2", 151_936, 151_387), llamaTable(3584, 18944, 28, 152_064, 512, 12)],
  ["9B, 256,000 tokens of SentencePiece", keys("llama", 256_000, 0), llamaTable(3584, 14336, 42, 256_000, 2048, 12)],
  ["7B F16, 32,000 tokens of SentencePiece", keys("llama", 32_000, 0), llamaTable(4096, 11008, 32, 32_000, 4096, 1)],
  ["without vocabulary, 5 MB", keys("none", 0, 0), llamaTable(512, 1024, 3, 2048, 512, 12)],
] as const

describe("what a GGUF file costs", () => {
  it.each(CASES)("%s", { timeout: 60_000 }, async (name, of, table) => {
    const { result, container } = await cost(of, table)
    if (process.env.SHOW_COST) console.log(name, JSON.stringify(result))
    expect(container.skipped).toEqual([])
    expect(container.tensors).toHaveLength(table.length)
    expect(result.headerBytes).toBeLessThan(300_000)
    expect(result.headerRequests + result.rowRequests).toBeLessThanOrEqual(40)
    expect(result.weightBytes).toBeLessThanOrEqual(1_048_576)
    if (Object.keys(of).length > 4) expect(container.facts.notes).toContainEqual(["Quantisation", "Q4_K_M"])
  })

  it("searches past a vocabulary that fills the first part of a split file", async () => {
    const tokens = Array.from({ length: 40_000 }, (_, i) => (i % 100 === 7 ? "" : `token ${i}`))
    const first = writeGguf(
      { "general.architecture": "llama", "split.count": 2, "tokenizer.ggml.tokens": tokens, "general.file_type": 7 },
      [],
    )
    const second = writeGguf({ "split.count": 2 }, [floats("output_norm.weight", [64], () => 1)])
    const reader = memoryReader({ "m-00001-of-00002.gguf": first, "m-00002-of-00002.gguf": second })
    const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    expect(container.tensors.map(({ name }) => name)).toEqual(["model.norm.weight"])
    expect(container.facts.notes).toContainEqual(["Quantisation", "Q8_0"])
    expect(reader.reads.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBeLessThan(first.length / 3)
  })

  it("walks the vocabulary where the search is led astray", async () => {
    // A tensor table that doesn't end with the file: the search may not trust it.
    const of = keys("gpt2", 50_000, 50_000)
    const table = llamaTable(256, 256, 1, 256, 256, 12)
    const { reader, size } = generated(of, table)
    const longer: RepoReader = {
      ...reader,
      files: async () => [{ path: "model.gguf", size: size + 4_096, oid: null, xetHash: null }],
      range: async (...args) => {
        const [, , begin, end] = args
        const bytes = new Uint8Array(Math.min(end, size + 4_096) - begin)
        if (begin < size) bytes.set((await reader.range(...args)).bytes)
        return { bytes, size: size + 4_096 }
      },
    }
    const container = await openContainer(longer, ref, await longer.files(ref, call), { wholeBytes: 0, call })
    expect(container.tensors).toHaveLength(table.length)
  })
})
