import type { CanonicalTensor } from "./types"

/** Bytes [begin, end) of one file. */
export interface Span {
  readonly file: string
  readonly begin: number
  readonly end: number
}

/** A weight file as far as it is known: its size, and its content address if the file list was at hand. */
export interface WeightFile {
  readonly path: string
  readonly size: number
  readonly oid: string | null
}

/** A tensor that the container holds and Pedigree can't read, with the reason in a few words. */
export interface SkippedTensor {
  readonly name: string
  readonly reason: string
}

/** Bytes that came along while a header was read. */
export interface HeldBytes {
  readonly file: string
  readonly begin: number
  readonly bytes: Uint8Array
}

/** What every weight container offers to the layers above, whatever its layout on disk. */
export interface Container {
  readonly format: "safetensors"
  readonly files: readonly WeightFile[]
  /** Sorted by name in code-unit order; no two share (role, layer). */
  readonly tensors: readonly CanonicalTensor[]
  readonly skipped: readonly SkippedTensor[]
  readonly held: readonly HeldBytes[]
  /** Bytes beyond the headers that header reads brought along. */
  readonly spilled: number
  /** Requests spent on headers and indices. */
  readonly requests: number
  /** Which bytes hold the logical rows [row0, row1) of a tensor; several spans where a container does not keep rows together. */
  spans(tensor: CanonicalTensor, row0: number, row1: number): readonly Span[]
  /** The bytes of those spans, in their order, as the rows' elements of `tensor.dtype`, little endian; `decodeValues` gives their values. */
  unpack(tensor: CanonicalTensor, chunks: readonly Uint8Array[]): Uint8Array
}

/** A tensor seen as a matrix: rows along the first axis, everything else along the row. A vector or scalar is one row. */
export function matrixShape(shape: readonly number[]): { readonly rows: number; readonly cols: number } {
  const elements = shape.reduce((product, side) => product * side, 1)
  const rows = shape.length > 1 ? (shape[0] as number) : 1
  return { rows, cols: rows === 0 ? 0 : elements / rows }
}
