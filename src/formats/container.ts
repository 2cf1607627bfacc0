import { PedigreeError } from "~src/core/errors"
import { dtypeSize } from "./dtypes"
import { canonicalNames } from "./names"
import type { CanonicalTensor, Dtype, Packing } from "./types"

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

export const CONTAINER_FORMATS = ["safetensors", "gguf", "torch", "onnx", "adapter"] as const
export type ContainerFormat = (typeof CONTAINER_FORMATS)[number]

/** One matrix that an adapter changes. */
export interface AdapterTarget {
  readonly role: string
  readonly layer: number | null
  /** What the base must have there, as a matrix. */
  readonly shape: readonly [number, number]
  readonly rank: number
  /** Factor on the product of the two factors; null where the files don't say. */
  readonly scaling: number | null
}

/** What an adapter repository says of itself. */
export interface AdapterFacts {
  /** `LoRA`, `rsLoRA`, `DoRA` ... */
  readonly kind: string
  readonly rank: number | null
  readonly alpha: number | null
  /** The matrices that it changes, by the canonical place that the base has for them. */
  readonly targets: readonly AdapterTarget[]
}

/** What the weight files themselves say of their origin. */
export interface ContainerFacts {
  /** Repositories or paths that they name as their base, verbatim. */
  readonly origins: readonly string[]
  /** The model type that they state, in transformers' words; null where they state none. */
  readonly architecture: string | null
  /** Further statements worth showing, as label and text. */
  readonly notes: readonly (readonly [label: string, text: string])[]
  readonly adapter: AdapterFacts | null
}

export const NO_FACTS: ContainerFacts = { origins: [], architecture: null, notes: [], adapter: null }

/** What is known of the files once their headers are read, whatever their format. */
export interface OpenedFiles {
  readonly format: ContainerFormat
  readonly files: readonly WeightFile[]
  readonly skipped: readonly SkippedTensor[]
  readonly held: readonly HeldBytes[]
  /** Bytes beyond the headers that header reads brought along. */
  readonly spilled: number
  /** Requests spent on headers and indices. */
  readonly requests: number
  readonly facts: ContainerFacts
}

/** One logical tensor and how its lines are read. */
export interface TensorSource {
  /** The name that PyTorch's own state dict has for it, whatever the container calls it. */
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly packing: Packing | null
  readonly bytes: number
  readonly along: "rows" | "columns"
  /** See {@link CanonicalTensor.overhead}. */
  readonly overhead?: number
  /** Which bytes hold the lines [from, to) together with their scales; several spans where they don't lie together. */
  spans(from: number, to: number): readonly Span[]
  /**
   * The bytes of those spans, in their order, as elements of `dtype`, little endian, row-major: [to - from, columns] of a source
   * along rows, [rows, to - from] of one along columns.
   */
  unpack(from: number, to: number, chunks: readonly Uint8Array[]): Uint8Array
}

/** What every weight container offers to the layers above, whatever its layout on disk. */
export interface Container extends OpenedFiles {
  /** Sorted by name in code-unit order; no two share (role, layer). */
  readonly tensors: readonly CanonicalTensor[]
  /** See {@link TensorSource.spans}. */
  spans(tensor: CanonicalTensor, from: number, to: number): readonly Span[]
  /** See {@link TensorSource.unpack}. */
  unpack(tensor: CanonicalTensor, from: number, to: number, chunks: readonly Uint8Array[]): Uint8Array
}

/** A tensor seen as a matrix: rows along the first axis, everything else along the row. A vector or scalar is one row. */
export function matrixShape(shape: readonly number[]): { readonly rows: number; readonly cols: number } {
  const elements = shape.reduce((product, side) => product * side, 1)
  const rows = shape.length > 1 ? (shape[0] as number) : 1
  return { rows, cols: rows === 0 ? 0 : elements / rows }
}

/** A tensor whose rows lie one after the other as they are, from byte `begin` of a file. */
export function plainSource(name: string, dtype: Dtype, shape: readonly number[], file: string, begin: number): TensorSource {
  const { rows, cols } = matrixShape(shape)
  const rowBytes = cols * dtypeSize(dtype)
  return {
    name,
    dtype,
    shape,
    packing: null,
    bytes: rows * rowBytes,
    along: "rows",
    spans: (from, to) => [{ file, begin: begin + from * rowBytes, end: begin + to * rowBytes }],
    unpack: (_from, _to, chunks) => chunks[0] ?? new Uint8Array(0),
  }
}

/**
 * Gives every tensor its canonical place.
 * @throws PedigreeError "no-weights" when there is none
 */
export function assembleContainer(opened: OpenedFiles, sources: readonly TensorSource[]): Container {
  if (sources.length === 0 && opened.skipped.length === 0) {
    throw new PedigreeError("no-weights", "The weight files hold no tensors.", "There is nothing to inspect until its owner adds some.", {
      worded: { as: "no_tensors", values: {} },
    })
  }
  const byName = new Map(sources.map((source) => [source.name, source]))
  const tensors: CanonicalTensor[] = []
  const sourceOf = new Map<CanonicalTensor, TensorSource>()
  // Map order is sorted name order, whatever order the header had.
  for (const [name, { role, layer }] of canonicalNames(byName.keys())) {
    const source = byName.get(name) as TensorSource
    const { dtype, shape, packing, bytes, along, overhead = 0 } = source
    const tensor = { name, role, layer, dtype, shape, packing, bytes, along, ...(overhead > 0 ? { overhead } : {}) }
    tensors.push(tensor)
    sourceOf.set(tensor, source)
  }
  const find = (tensor: CanonicalTensor) => sourceOf.get(tensor) as TensorSource
  return {
    ...opened,
    tensors,
    spans: (tensor, from, to) => find(tensor).spans(from, to),
    unpack: (tensor, from, to, chunks) => find(tensor).unpack(from, to, chunks),
  }
}
