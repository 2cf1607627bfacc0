import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { readFingerprint } from "~src/fingerprint/read"
import type { Container } from "~src/formats/container"
import { decodeValues } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import type { CanonicalTensor } from "~src/formats/types"
import { call, memoryReader, ref } from "./memory-reader"

const ROOT = join(import.meta.dirname, "../fixtures/containers")

interface Fixture {
  readonly path: string
  readonly container: string
  readonly scheme: string
  readonly bits: number
  readonly group: number
  readonly values: string
  readonly tensors: readonly {
    readonly name: string
    readonly stored: readonly string[]
    readonly shape: readonly number[]
    readonly rows: readonly number[]
    readonly at: number
  }[]
}

const manifest = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8")) as { readonly files: readonly Fixture[] }
const fixtures = manifest.files.filter(({ path }) => path.startsWith("packed/"))

function repository(path: string): Record<string, Uint8Array> {
  return Object.fromEntries(readdirSync(join(ROOT, path)).map((name) => [name, new Uint8Array(readFileSync(join(ROOT, path, name)))]))
}

/** Lines [from, to) of a tensor, each span asked for by itself. */
async function readLines(
  reader: ReturnType<typeof memoryReader>,
  container: Container,
  tensor: CanonicalTensor,
  from: number,
  to: number,
): Promise<Float32Array> {
  const spans = container.spans(tensor, from, to)
  const chunks = await Promise.all(
    spans.map(async ({ file, begin, end }) => (await reader.range(ref, file, begin, end, { purpose: "weights" }, call)).bytes),
  )
  return decodeValues(tensor.dtype, container.unpack(tensor, from, to, chunks))
}

describe("packed matrices", () => {
  it.each(fixtures.map((fixture) => [fixture.path, fixture] as const))(
    "%s has the reference's values bit by bit",
    async (path, fixture) => {
      const reader = memoryReader(repository(path))
      // Nothing is read whole: every row comes by its own spans.
      const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
      const reference = new Uint8Array(readFileSync(join(ROOT, fixture.values)))
      expect(container.skipped).toEqual([])
      expect(container.tensors.map(({ name }) => name)).toEqual(expect.arrayContaining(fixture.tensors.map(({ name }) => name)))
      for (const { name, shape, rows, stored, at } of fixture.tensors) {
        const tensor = container.tensors.find((other) => other.name === name) as CanonicalTensor
        expect([name, tensor.shape]).toEqual([name, shape])
        const cols = shape.length > 1 ? (shape[1] as number) : (shape[0] as number)
        if (stored.length > 1) {
          const { scheme, bits } = fixture
          // A square block that is as wide as the matrix holds whole rows.
          const whole = fixture.group === -1 || (scheme.startsWith("FP8") && fixture.group >= cols)
          expect(tensor.packing).toEqual({ scheme: scheme.replace(/ .*/, ""), bits, group: whole ? null : fixture.group })
        } else expect(tensor.packing).toBeNull()
        const whole = tensor.along === "columns" ? await readLines(reader, container, tensor, 0, cols) : null
        for (const [i, row] of rows.entries()) {
          const expected = new Uint8Array(reference.slice(at + i * cols * 4, at + (i + 1) * cols * 4).buffer)
          const values = whole ? whole.slice(row * cols, (row + 1) * cols) : await readLines(reader, container, tensor, row, row + 1)
          expect(sameBits(values, decodeValues("F32", expected)), `${name} row ${row}`).toBe(true)
        }
      }
      const labels = container.facts.notes.map(([label]) => label)
      expect(labels.includes("Quantised with")).toBe(fixture.tensors.some(({ stored }) => stored.length > 1))
    },
  )

  it.each(fixtures.map((fixture) => [fixture.path, fixture] as const))(
    "%s is read whole as a fingerprint if it fits",
    async (path, fixture) => {
      const reader = memoryReader(repository(path))
      const { slabs } = await readFingerprint(reader, ref, reader.list, { budget: 1_048_576, call })
      const reference = new Uint8Array(readFileSync(join(ROOT, fixture.values)))
      expect(reader.reads.length).toBe(1)
      for (const { name, shape, rows, at } of fixture.tensors) {
        const slab = slabs.find((other) => other.name === name)
        const cols = shape.at(-1) as number
        const values = slab ? decodeValues(slab.dtype, slab.bits) : new Float32Array(0)
        for (const [i, row] of rows.entries()) {
          const expected = new Float32Array(reference.slice(at + i * cols * 4, at + (i + 1) * cols * 4).buffer)
          expect(sameBits(values.slice(row * cols, (row + 1) * cols), expected), `${name} row ${row}`).toBe(true)
        }
      }
    },
  )

  it.each(fixtures.map((fixture) => [fixture.path] as const))("%s gives the same values in any cut", async (path) => {
    const reader = memoryReader(repository(path))
    const container = await openContainer(reader, ref, reader.list, { wholeBytes: 0, call })
    for (const tensor of container.tensors.filter(({ packing }) => packing)) {
      const [rows, cols] = tensor.shape as [number, number]
      const lines = tensor.along === "rows" ? rows : cols
      const whole = await readLines(reader, container, tensor, 0, lines)
      for (const [from, to] of [
        [1, 2],
        [3, 7],
        [5, 21],
        [lines - 3, lines],
        [17, 32],
      ] as const) {
        const part = await readLines(reader, container, tensor, from, to)
        const width = to - from
        const expected =
          tensor.along === "rows"
            ? whole.slice(from * cols, to * cols)
            : Float32Array.from({ length: rows * width }, (_, i) => whole[Math.floor(i / width) * cols + from + (i % width)] as number)
        expect(sameBits(part, expected), `${tensor.name} ${from} to ${to}`).toBe(true)
      }
    }
  })
})

/** Of a zero both signs are one value. */
function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bits = (values: Float32Array) => new Uint8Array(values.map((value) => value + 0).buffer)
  return Buffer.compare(bits(a), bits(b)) === 0
}
