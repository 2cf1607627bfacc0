import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import { type Container, matrixShape } from "~src/formats/container"
import { decodeValues } from "~src/formats/dtypes"
import type { CanonicalTensor } from "~src/formats/types"
import type { RepoReader } from "~src/hub/types"
import { call, ref } from "./memory-reader"

const ROOT = join(import.meta.dirname, "../fixtures/containers")

/** One model of the reference files, with some rows as its own tool reads them. */
export interface Reference {
  readonly path: string
  readonly container: string
  readonly values: string
  readonly tensors: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly rows: readonly number[]
    /** Byte of the values file where the rows begin, as float32. */
    readonly at: number
  }[]
}

export function references(container: string): Reference[] {
  const { files } = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8")) as { readonly files: readonly Reference[] }
  return files.filter((file) => file.container === container)
}

/** All files below a folder of the reference files, by their paths in it. */
export function referenceFiles(folder: string): Record<string, Uint8Array> {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
  const files = paths.filter((path) => statSync(join(ROOT, folder, path)).isFile())
  return Object.fromEntries(files.map((path) => [path, new Uint8Array(readFileSync(join(ROOT, folder, path)))]))
}

/** The lines [from, to) of a tensor, each span asked for by itself. */
export async function readLines(
  reader: RepoReader,
  container: Container,
  tensor: CanonicalTensor,
  from: number,
  to: number,
): Promise<Float32Array> {
  const chunks = await Promise.all(
    container.spans(tensor, from, to).map(async ({ file, begin, end }) => {
      if (begin === end) return new Uint8Array(0)
      return (await reader.range(ref, file, begin, end, { purpose: "weights" }, call)).bytes
    }),
  )
  return decodeValues(tensor.dtype, container.unpack(tensor, from, to, chunks))
}

/** Demands that every reference row, read by its own spans, has the reference's bits. */
export async function expectReferenceRows(reader: RepoReader, container: Container, reference: Reference): Promise<void> {
  const values = new Uint8Array(readFileSync(join(ROOT, reference.values)))
  for (const { name, shape, rows, at } of reference.tensors) {
    const tensor = container.tensors.find((one) => one.name === name)
    expect(tensor, name).toBeDefined()
    if (!tensor) continue
    expect(tensor.shape, name).toEqual(shape)
    const { cols } = matrixShape(tensor.shape)
    const turned = tensor.along === "columns" ? await readLines(reader, container, tensor, 0, cols) : null
    for (const [i, row] of rows.entries()) {
      const got = turned ? turned.subarray(row * cols, (row + 1) * cols) : await readLines(reader, container, tensor, row, row + 1)
      const begin = at + i * cols * 4
      expect(got, `${name} row ${row}`).toEqual(decodeValues("F32", values.subarray(begin, begin + cols * 4)))
    }
  }
}
