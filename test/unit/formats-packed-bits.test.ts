import { describe, expect, it } from "vitest"
import type { Container } from "~src/formats/container"
import { decodeValues } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import { call, memoryReader, ref } from "./memory-reader"
import { type Entry, writeSafetensors } from "./safetensors-writer"

const ints = (dtype: string, shape: readonly number[], values: readonly number[]): Entry => ({
  dtype,
  shape,
  bytes: new Uint8Array(Int32Array.from(values).buffer),
})
const floats = (shape: readonly number[], values: readonly number[]): Entry => ({
  dtype: "F32",
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
})

async function open(tensors: Record<string, Entry>, settings: Record<string, unknown> = {}) {
  const encoded = Object.entries(settings).map(([path, value]) => [path, new TextEncoder().encode(JSON.stringify(value))] as const)
  const reader = memoryReader({ "model.safetensors": writeSafetensors(tensors), ...Object.fromEntries(encoded) })
  const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
  return { reader, container }
}

async function values(reader: ReturnType<typeof memoryReader>, container: Container, from: number, to: number): Promise<number[]> {
  const [tensor] = container.tensors
  if (!tensor) throw new Error(container.skipped[0]?.reason ?? "no tensor")
  const chunks = await Promise.all(
    container
      .spans(tensor, from, to)
      .map(async ({ file, begin, end }) => (await reader.range(ref, file, begin, end, { purpose: "weights" }, call)).bytes),
  )
  return [...decodeValues(tensor.dtype, container.unpack(tensor, from, to, chunks))]
}

/** 32 numbers of 3 bits in 3 words as AutoGPTQ packs them: ten whole, one split 2 + 1, ten whole, one split 1 + 2, ten whole. */
function threeBits(numbers: readonly number[]): [number, number, number] {
  const words: [number, number, number] = [0, 0, 0]
  for (const [i, number] of numbers.entries()) {
    if (i < 10) words[0] |= number << (3 * i)
    else if (i === 10) {
      words[0] |= (number & 3) << 30
      words[1] |= number >> 2
    } else if (i < 21) words[1] |= number << (3 * (i - 11) + 1)
    else if (i === 21) {
      words[1] |= (number & 1) << 31
      words[2] |= number >> 1
    } else words[2] |= number << (3 * (i - 22) + 2)
  }
  return words
}

describe("numbers that lie across two words", () => {
  const numbers = Array.from({ length: 32 }, (_, i) => (i * 5 + 3) % 8)

  it("GPTQ's 3 bits", async () => {
    // 32 outputs, so that the zero points are packed too; every output has the same numbers.
    const words = threeBits(numbers)
    const { reader, container } = await open({
      "a.qweight": ints(
        "I32",
        [3, 32],
        words.flatMap((word) => Array<number>(32).fill(word)),
      ),
      "a.qzeros": ints("I32", [1, 3], threeBits(Array.from({ length: 32 }, (_, o) => o % 8))),
      "a.scales": floats(
        [1, 32],
        Array.from({ length: 32 }, (_, o) => o + 1),
      ),
    })
    expect(container.tensors[0]?.packing).toEqual({ scheme: "GPTQ", bits: 3, group: null })
    for (const [from, to] of [
      [0, 32],
      [10, 12],
      [21, 23],
    ] as const) {
      const expected = Array.from({ length: 32 }, (_, o) => numbers.slice(from, to).map((q) => (o + 1) * (q - (((o % 8) + 1) & 7))))
      expect(await values(reader, container, from, to)).toEqual(expected.flat())
    }
  })

  it.each([3, 5, 6])("MLX's %i bits", async (bits) => {
    const q = Array.from({ length: 64 }, (_, i) => (i * 7 + 1) % 2 ** bits)
    let stream = 0n
    for (const [i, number] of q.entries()) stream |= BigInt(number) << BigInt(i * bits)
    const words = Array.from({ length: 2 * bits }, (_, i) => Number(BigInt.asIntN(32, stream >> BigInt(32 * i))))
    const { reader, container } = await open(
      { "a.weight": ints("U32", [1, 2 * bits], words), "a.scales": floats([1, 1], [0.5]), "a.biases": floats([1, 1], [-3]) },
      { "config.json": { quantization: { bits: 4, group_size: 32, a: { bits, group_size: 64 } } } },
    )
    expect(container.tensors[0]?.packing).toEqual({ scheme: "MLX", bits, group: 64 })
    expect(await values(reader, container, 0, 1)).toEqual(q.map((number) => number * 0.5 - 3))
  })
})

describe("what config.json need not say", () => {
  const four = {
    "a.qweight": ints("I32", [8, 8], Array<number>(64).fill(0x12345678)),
    "a.scales": floats([2, 8], Array<number>(16).fill(1)),
  }

  it("AWQ and GPTQ are told apart by shapes", async () => {
    const gptq = await open({ ...four, "a.qzeros": ints("I32", [2, 1], [0x77777777, 0x77777777]) })
    expect(gptq.container.tensors[0]).toMatchObject({ shape: [8, 64], packing: { scheme: "GPTQ", bits: 4, group: 32 } })
    const awq = await open({
      "a.qweight": ints("I32", [64, 1], Array<number>(64).fill(0x12345678)),
      "a.qzeros": ints("I32", [2, 1], [0, 0]),
      "a.scales": four["a.scales"],
    })
    expect(awq.container.tensors[0]).toMatchObject({ shape: [8, 64], packing: { scheme: "AWQ", bits: 4, group: 32 } })
    // Place 0 holds output 0, place 1 output 2, place 4 output 1.
    expect(await values(awq.reader, awq.container, 0, 1)).toEqual([8, 4, 7, 3, 6, 2, 5, 1])
  })

  it("older tools' own files are read where config.json is silent", async () => {
    const tensors = { ...four, "a.qzeros": ints("I32", [2, 1], [0, 0]) }
    const silent = await open(tensors, { "config.json": { hidden_size: 64 }, "quantize_config.json": { bits: 4, sym: true } })
    // Symmetric: the stored zero points are not even read.
    expect(await values(silent.reader, silent.container, 0, 1)).toEqual(Array<number>(8).fill(0))
    expect(silent.container.requests).toBe(3)
    const said = await open(tensors, { "config.json": { quantization_config: { sym: false } }, "quantize_config.json": { sym: true } })
    expect(await values(said.reader, said.container, 0, 1)).toEqual(Array<number>(8).fill(7))
  })

  it("an index of compressed-tensors that was never filled in means groups in order", async () => {
    const tensors = (index: readonly number[]) => ({
      "a.weight_packed": ints("I32", [1, 2], [0x76543210, -0x01234568]),
      "a.weight_scale": floats([1, 2], [1, 10]),
      "a.weight_shape": { dtype: "I64", shape: [2], bytes: new Uint8Array(BigInt64Array.from([1n, 16n]).buffer) },
      "a.weight_g_idx": ints("I32", [16], index),
    })
    const unset = await open(tensors(Array<number>(16).fill(-1)))
    const plain = [-8, -7, -6, -5, -4, -3, -2, -1, 0, 10, 20, 30, 40, 50, 60, 70]
    expect(await values(unset.reader, unset.container, 0, 1)).toEqual(plain)
    const mixed = await open(tensors(Array.from({ length: 16 }, (_, i) => i % 2)))
    expect(await values(mixed.reader, mixed.container, 0, 1)).toEqual(
      plain.map((value, i) => (i < 8 ? value : value / 10) * (i % 2 ? 10 : 1)),
    )
  })
})

describe("HQQ", () => {
  it.each([1, 2, 4, 8])("%i bits lie above each other, one part of the groups in each place", async (bits) => {
    const [rows, cols, group] = [16, 16, 8]
    const groups = (rows * cols) / group
    const q = Array.from({ length: rows * cols }, (_, i) => (i * 7 + 3) % 2 ** bits)
    const part = (groups * bits) / 8
    const packed = new Uint8Array(part * group)
    for (const [i, number] of q.entries())
      packed[i % packed.length] = (packed[i % packed.length] ?? 0) | (number << (8 - bits * (Math.floor(i / packed.length) + 1)))
    const scale = Array.from({ length: groups }, (_, g) => 0.5 + g)
    const zero = Array.from({ length: groups }, (_, g) => g / 4)
    const { reader, container } = await open({
      "a.W_q": { dtype: "U8", shape: [part, group], bytes: packed },
      "a.scale": floats([groups, 1], scale),
      "a.zero": floats([groups, 1], zero),
      "a.shape": { dtype: "I64", shape: [2], bytes: new Uint8Array(BigInt64Array.from([BigInt(rows), BigInt(cols)]).buffer) },
      "a.nbits": ints("I32", [], [bits]),
    })
    expect(container.tensors.map(({ packing }) => packing)).toEqual([{ scheme: "HQQ", bits, group }])
    const expected = q.map((number, i) => {
      const g = Math.floor(i / group)
      return (number - (zero[g] as number)) * (scale[g] as number)
    })
    for (const [from, to] of [
      [0, rows],
      [3, 4],
      [5, 13],
    ] as const) {
      expect(await values(reader, container, from, to)).toEqual(expected.slice(from * cols, to * cols))
    }
  })
})
