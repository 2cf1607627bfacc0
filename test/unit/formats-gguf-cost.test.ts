import { describe, expect, it } from "vitest"
import { readFingerprint } from "~src/fingerprint/read"
import { openContainer } from "~src/formats/open"
import { ggufPieces, llamaTable, vocabularyKeys } from "./gguf-model"
import { floats, type GgufKeys, writeGguf } from "./gguf-writer"
import { call, memoryReader, ref } from "./memory-reader"
import { piecedReader } from "./pieced-reader"

async function cost(of: GgufKeys, table: ReturnType<typeof llamaTable>) {
  const file = ggufPieces(of, table)
  const reader = piecedReader({ "model.gguf": file })
  const { reads } = reader
  const total = () => reads.reduce((sum, { begin, end }) => sum + end - begin, 0)
  const container = await openContainer(reader, ref, await reader.files(ref, call), { wholeBytes: 1_048_576, call })
  const header = { requests: reads.length, bytes: total() }
  reads.length = 0
  const fingerprint = await readFingerprint(reader, ref, await reader.files(ref, call), { budget: 1_048_576, call })
  const rows = reads.filter(({ purpose }) => purpose === "weights")
  const result = {
    file: file.size,
    head: file.pieces[0]?.bytes.length,
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
  ["7B, 32,000 tokens of SentencePiece", vocabularyKeys("llama", 32_000, 0), llamaTable(4096, 11008, 32, 32_000, 4096, 12)],
  ["8B, 128,256 tokens and 280,147 merges", vocabularyKeys("gpt2", 128_256, 280_147), llamaTable(4096, 14336, 32, 128_256, 1024, 12)],
  ["7B, 151,936 tokens and 151,387 merges", vocabularyKeys("gpt2", 151_936, 151_387), llamaTable(3584, 18944, 28, 152_064, 512, 12)],
  ["9B, 256,000 tokens of SentencePiece", vocabularyKeys("llama", 256_000, 0), llamaTable(3584, 14336, 42, 256_000, 2048, 12)],
  ["7B F16, 32,000 tokens of SentencePiece", vocabularyKeys("llama", 32_000, 0), llamaTable(4096, 11008, 32, 32_000, 4096, 1)],
  ["without vocabulary, 5 MB", vocabularyKeys("none", 0, 0), llamaTable(512, 1024, 3, 2048, 512, 12)],
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
    const of = vocabularyKeys("gpt2", 50_000, 50_000)
    const table = llamaTable(256, 256, 1, 256, 256, 12)
    const { pieces, size } = ggufPieces(of, table)
    const longer = piecedReader({ "model.gguf": { pieces, size: size + 4_096 } })
    const container = await openContainer(longer, ref, await longer.files(ref, call), { wholeBytes: 0, call })
    expect(container.tensors).toHaveLength(table.length)
  })
})
