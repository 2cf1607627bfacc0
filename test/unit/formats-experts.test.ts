import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { matrixShape } from "~src/formats/container"
import { decodeValues, dtypeSize } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import type { Dtype } from "~src/formats/types"
import { FUZZ_RUNS } from "./fuzz-runs"
import { call, memoryReader, ref } from "./memory-reader"
import { writeSafetensors } from "./safetensors-writer"

const [EXPERTS, INNER, HIDDEN] = [3, 4, 6]
const PREFIX = "model.layers.0.mlp.experts."

/** A stack [experts, a, b] whose element says where it stands. */
function stack(shape: readonly [number, number, number], value: (expert: number, i: number, j: number) => number) {
  const [experts, a, b] = shape
  const values = Float32Array.from({ length: experts * a * b }, (_, at) => value(Math.floor(at / (a * b)), Math.floor(at / b) % a, at % b))
  return { dtype: "F32", shape, bytes: new Uint8Array(values.buffer) }
}
const gate = (expert: number, output: number, input: number) => 1000 * expert + 10 * output + input
const up = (expert: number, output: number, input: number) => 10_000 + gate(expert, output, input)
const down = (expert: number, output: number, input: number) => 20_000 + gate(expert, output, input)

const layouts = {
  "outputs first": {
    gate_up_proj: stack([EXPERTS, 2 * INNER, HIDDEN], (e, o, i) => (o < INNER ? gate(e, o, i) : up(e, o - INNER, i))),
    down_proj: stack([EXPERTS, HIDDEN, INNER], down),
  },
  "inputs first": {
    gate_up_proj: stack([EXPERTS, HIDDEN, 2 * INNER], (e, i, o) => (o < INNER ? gate(e, o, i) : up(e, o - INNER, i))),
    down_proj: stack([EXPERTS, INNER, HIDDEN], (e, i, o) => down(e, o, i)),
  },
  "inputs first, taking turns": {
    gate_up_proj: stack([EXPERTS, HIDDEN, 2 * INNER], (e, i, o) => (o % 2 === 0 ? gate(e, o / 2, i) : up(e, (o - 1) / 2, i))),
    gate_up_proj_bias: { dtype: "F32", shape: [EXPERTS, 2 * INNER], bytes: new Uint8Array(4 * EXPERTS * 2 * INNER) },
    down_proj: stack([EXPERTS, INNER, HIDDEN], (e, i, o) => down(e, o, i)),
  },
}

describe("stacks of experts", () => {
  it.each(Object.entries(layouts))("stored %s are cut into each expert's matrices", async (_name, tensors) => {
    const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [PREFIX + name, tensor]))
    const reader = memoryReader({ "model.safetensors": writeSafetensors(named) })
    const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    for (const [part, value] of [
      ["gate", gate],
      ["up", up],
      ["down", down],
    ] as const) {
      for (let expert = 0; expert < EXPERTS; expert++) {
        const tensor = container.tensors.find(({ role }) => role === `mlp.experts.${expert}.${part}`)
        if (!tensor) throw new Error(`no expert ${expert}'s ${part}`)
        const [outputs, inputs] = tensor.shape as [number, number]
        expect(tensor.shape).toEqual(part === "down" ? [HIDDEN, INNER] : [INNER, HIDDEN])
        const [from, to] = [1, 3]
        const chunks = await Promise.all(
          container
            .spans(tensor, from, to)
            .map(async (span) => (await reader.range(ref, span.file, span.begin, span.end, { purpose: "weights" }, call)).bytes),
        )
        const values = [...decodeValues("F32", container.unpack(tensor, from, to, chunks))]
        const rows = tensor.along === "rows" ? [from, to] : [0, outputs]
        const cols = tensor.along === "rows" ? [0, inputs] : [from, to]
        const expected: number[] = []
        for (let o = rows[0] as number; o < (rows[1] as number); o++)
          for (let i = cols[0] as number; i < (cols[1] as number); i++) expected.push(value(expert, o, i))
        expect(values).toEqual(expected)
      }
    }
    expect(container.tensors.some(({ name }) => name.endsWith("gate_up_proj"))).toBe(false)
  })

  it("whose shapes don't fit each other stay as they are", async () => {
    const file = writeSafetensors({
      [`${PREFIX}gate_up_proj`]: stack([2, 5, 3], gate),
      [`${PREFIX}down_proj`]: stack([2, 3, 5], down),
    })
    const reader = memoryReader({ "model.safetensors": file })
    const { tensors } = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    expect(tensors.map(({ shape }) => shape)).toEqual([
      [2, 3, 5],
      [2, 5, 3],
    ])
  })

  it("of any shapes and types read nothing outside the file", async () => {
    const side = fc.oneof(fc.nat(6), fc.constantFrom(2, 4, 8))
    const entry = fc.record({
      dtype: fc.constantFrom("F32", "F16", "BF16", "F8_E4M3", "U8"),
      shape: fc.array(side, { minLength: 2, maxLength: 4 }),
    })
    const names = ["gate_up_proj", "down_proj", "gate_up_proj_bias", "gate_up_proj_scale_inv"].map((name) => PREFIX + name)
    const tensors = fc.tuple(entry, entry, entry, entry)
    await fc.assert(
      fc.asyncProperty(tensors, fc.nat(15), async (entries, mask) => {
        const chosen = names.flatMap((name, i) => {
          const { dtype, shape } = entries[i] as (typeof entries)[number]
          const size = shape.reduce((product, side) => product * side, dtypeSize(dtype as Dtype))
          return i < 2 || mask & (1 << i) ? [[name, { dtype, shape, bytes: new Uint8Array(size) }] as const] : []
        })
        const file = writeSafetensors(Object.fromEntries(chosen))
        const reader = memoryReader({ "model.safetensors": file })
        const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
        for (const tensor of container.tensors) {
          const { rows, cols } = matrixShape(tensor.shape)
          const [count, across] = tensor.along === "rows" ? [rows, cols] : [cols, rows]
          if (rows * cols === 0) continue
          const from = mask % count
          const spans = container.spans(tensor, from, count)
          for (const { begin, end } of spans) expect(0 <= begin && begin <= end && end <= file.length).toBe(true)
          const chunks = spans.map(({ begin, end }) => file.slice(begin, end))
          expect(container.unpack(tensor, from, count, chunks).length).toBe((count - from) * across * dtypeSize(tensor.dtype))
        }
      }),
      { numRuns: FUZZ_RUNS },
    )
  }, 1_000_000)
})
