import { matrixShape, type Span, type TensorSource } from "../container"
import { dtypeSize, encodeFloat32 } from "../dtypes"
import type { RawTensor } from "../safetensors"
import type { Packing } from "../types"
import type { QuantConfig } from "./config"

/** One layer whose weight is stored in several tensors. */
export interface PackedModule {
  /** The layer's name, without `.weight`. */
  readonly stem: string
  /** The stored tensor `stem + ending`, if it is there and of a readable element type. */
  part(ending: string): RawTensor | undefined
}

/** A part small enough to read whole while opening; layers of one kind share most of what it says. */
export interface Sample {
  readonly tensor: RawTensor
  readonly kind: string
}

/** What was read of a sample: of the layer's own, or of another layer of its kind. */
export interface SampleBytes {
  readonly bytes: Uint8Array
  readonly own: boolean
}

/** One way of packing a matrix [out, in]. */
export interface PackedScheme {
  /** Endings of the stored tensors that make up one matrix: none of them is listed by itself. */
  readonly endings: readonly string[]
  /** Whether a layer with such parts is packed at all; always if absent. */
  claims?(module: PackedModule): boolean
  /** Whether config.json says something that shapes don't. */
  readonly usesConfig?: true
  /** What has to be read of the file before the matrix's shape is known. */
  sample?(module: PackedModule): Sample | null
  /** The matrix, or in a few words why it can't be read. */
  open(module: PackedModule, config: QuantConfig, sample: SampleBytes | null): TensorSource | string
}

/** What a scheme has to say of a matrix; the rest follows from its parts. */
interface PackedMatrix {
  readonly rows: number
  readonly cols: number
  readonly packing: Packing
  readonly parts: readonly RawTensor[]
  readonly along: "rows" | "columns"
  /** See `CanonicalTensor.overhead`; 0 if absent. */
  readonly overhead?: number
  spans(from: number, to: number): readonly Span[]
  /** Fills `values`, row-major, with the lines [from, to). */
  unpack(from: number, to: number, chunks: readonly Uint8Array[], values: Float32Array): void
}

/** A packed matrix as the layers above see it: float32 values. */
export function packedSource(module: PackedModule, matrix: PackedMatrix): TensorSource {
  const { rows, cols, packing, parts, along, overhead = 0 } = matrix
  return {
    name: `${module.stem}.weight`,
    dtype: "F32",
    shape: [rows, cols],
    packing,
    bytes: parts.reduce((sum, { begin, end }) => sum + end - begin, 0),
    along,
    overhead,
    spans: (from, to) => matrix.spans(from, to),
    unpack: (from, to, chunks) => {
      const values = new Float32Array((to - from) * (along === "rows" ? cols : rows))
      matrix.unpack(from, to, chunks, values)
      return encodeFloat32(values)
    },
  }
}

/** Rows [from, to) of a stored tensor along its first axis; a vector's rows are its elements. */
export function rowSpan(tensor: RawTensor, from: number, to: number): Span {
  const rowBytes = tensor.shape.length > 1 ? matrixShape(tensor.shape).cols * dtypeSize(tensor.dtype) : dtypeSize(tensor.dtype)
  return { file: tensor.file, begin: tensor.begin + from * rowBytes, end: tensor.begin + to * rowBytes }
}

export function wholeSpan({ file, begin, end }: RawTensor): Span {
  return { file, begin, end }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Sides of a two-dimensional tensor that has elements, else null. */
export function sidesOf(tensor: RawTensor | undefined): readonly [rows: number, cols: number] | null {
  const [rows, cols] = tensor?.shape ?? []
  return tensor?.shape.length === 2 && rows && cols ? [rows, cols] : null
}

const FLOATS = new Set(["F16", "BF16", "F32"])

/** Whether a tensor holds numbers that scales are stored as. */
export function isFloat(tensor: RawTensor | undefined): tensor is RawTensor {
  return tensor !== undefined && FLOATS.has(tensor.dtype)
}

export const DOES_NOT_FIT = "its packed parts are missing or don't fit each other"
