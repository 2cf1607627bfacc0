import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PedigreeError } from "~src/core/errors"
import { matrixShape } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import { FUZZ_RUNS } from "./fuzz-runs"
import { call, memoryReader, ref } from "./memory-reader"
import { referenceFiles } from "./reference-rows"
import { dict, global, int, part, pickle, reduce, storage, tensor, tuple, unicode, writeZip } from "./torch-writer"

/** Time of a long run: 25 ms a case on a slow machine. */
const TIMEOUT = 20_000 + FUZZ_RUNS * 25

/** Opens a file and reads the first and last line of every tensor: a typed error or sound lines, nothing outside the file. */
async function soundOrTyped(bytes: Uint8Array, wholeBytes: number): Promise<void> {
  const reader = memoryReader({ "pytorch_model.bin": bytes })
  try {
    const container = await openContainer(reader, ref, reader.list, { wholeBytes, call })
    for (const tensor of container.tensors.slice(0, 50)) {
      const { rows, cols } = matrixShape(tensor.shape)
      const [lines, length] = tensor.along === "rows" ? [rows, cols] : [cols, rows]
      for (const line of lines === 0 ? [] : [0, lines - 1]) {
        const spans = container.spans(tensor, line, line + 1)
        if (!spans.every(({ begin, end }) => begin >= 0 && begin <= end && end <= bytes.length)) throw new Error("a span outside the file")
        const unpacked = container.unpack(
          tensor,
          line,
          line + 1,
          spans.map(({ begin, end }) => bytes.subarray(begin, end)),
        )
        if (unpacked.length !== length * dtypeSize(tensor.dtype)) throw new Error("a line of another length")
      }
    }
  } catch (error) {
    if (!(error instanceof PedigreeError)) throw error
    if (!["malformed", "unsupported", "no-weights"].includes(error.code)) throw error
  }
  expect(reader.reads.length).toBeLessThanOrEqual(16)
}

const small = writeZip([
  part(
    "data.pkl",
    pickle(
      dict([
        ["a.weight", tensor(storage("0", 6), [2, 3], [3, 1])],
        ["a.bias", tensor(storage("1", 3), [3], [1])],
      ]),
    ),
  ),
  part("byteorder", new TextEncoder().encode("little")),
  part("data/0", new Uint8Array(24)),
  part("data/1", new Uint8Array(12)),
])
const seeds = [
  small,
  ...["torch/module", "torch/zip-float8", "torch/views-legacy"].map((path) => referenceFiles(path)["pytorch_model.bin"] as Uint8Array),
]

describe("damaged PyTorch files", () => {
  it("are read soundly or refused", { timeout: TIMEOUT }, async () => {
    const place = fc.oneof(
      // Headers, pickles and directories lie at the ends.
      fc.record({ end: fc.constant(false), at: fc.nat(3_000) }),
      fc.record({ end: fc.constant(true), at: fc.nat(1_500) }),
    )
    const patch = fc.tuple(place, fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x80, 0xff, ...new TextEncoder().encode("(tRQu}.cqhX"))))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(patch, { minLength: 1, maxLength: 6 }),
        fc.oneof(fc.constant(0), fc.nat(4_000)),
        fc.constantFrom(0, 1_000_000),
        async (seed, patches, cut, wholeBytes) => {
          const bytes = seed.slice(0, Math.max(0, seed.length - cut))
          for (const [{ end, at }, byte] of patches) {
            const index = end ? bytes.length - 1 - at : at
            if (index >= 0 && index < bytes.length) bytes[index] = byte
          }
          await soundOrTyped(bytes, wholeBytes)
        },
      ),
      { numRuns: Math.ceil(FUZZ_RUNS / 2) },
    )
  })
})

describe("made-up pickles", () => {
  const number = fc.oneof(fc.nat(7), fc.nat(), fc.constantFrom(2n ** 31n, 2n ** 53n, 2n ** 62n))
  const leaf = fc.oneof(
    number.map(int),
    fc.string({ maxLength: 5 }).map(unicode),
    fc.constantFrom<number[]>(
      [0x4e],
      [0x88],
      [0x7d],
      [0x5d],
      [0x29],
      [0x68, 0],
      [0x68, 1],
      [0x71, 0],
      [0x71, 1],
      [0x28],
      [0x74],
      [0x30],
      [0x32],
      [0x65],
    ),
    fc.constantFrom(
      global("collections", "OrderedDict"),
      global("torch", "FloatStorage"),
      global("argparse", "Namespace"),
      global("os", "system"),
    ),
    fc
      .record({
        key: fc.constantFrom("0", "1", "2"),
        elements: fc.constantFrom(6, 3, 12, 2 ** 62),
        type: fc.constantFrom("FloatStorage", "HalfStorage", "OddStorage"),
      })
      .map(({ key, elements, type }) => storage(key, elements, type)),
  )
  const view = fc
    .record({
      elements: fc.constantFrom(6, 6, 6, 3),
      axes: fc.array(fc.tuple(fc.oneof({ weight: 5, arbitrary: fc.nat(4) }, number), fc.nat(7)), { maxLength: 4 }),
      offset: fc.nat(3),
    })
    .map(({ elements, axes, offset }) =>
      tensor(
        storage("0", elements),
        axes.map(([side]) => side),
        axes.map(([, step]) => step),
        offset,
      ),
    )
  const { value } = fc.letrec<{ value: number[] }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      view,
      fc.array(fc.tuple(fc.constantFrom("a", "b", "module.c", "_modules", "_parameters"), tie("value")), { maxLength: 4 }).map(dict),
      fc.array(tie("value"), { maxLength: 3 }).map((parts) => tuple(...parts)),
      fc.tuple(tie("value"), tie("value")).map(([callee, args]) => reduce(callee, args)),
      fc.tuple(tie("value"), tie("value")).map(([target, state]) => [...target, ...state, 0x62]),
    ),
  }))

  it("are read soundly or refused", { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(value, fc.constantFrom(24, 12, 0), fc.constantFrom(64, 1), async (object, size, alignment) => {
        const parts = [part("data.pkl", pickle(object)), part("data/0", new Uint8Array(size)), part("data/1", new Uint8Array(12))]
        await soundOrTyped(writeZip(parts, alignment), 0)
      }),
      { numRuns: Math.ceil(FUZZ_RUNS / 2) },
    )
  })
})
