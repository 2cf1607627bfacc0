import type { Piece } from "./torch-writer"

/** Pieces of Protocol Buffers messages, for ONNX models made up in tests. */
const text = (value: string) => [...new TextEncoder().encode(value)]

function varint(value: number | bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}

const number = (field: number, value: number | bigint): number[] => [...varint(field * 8), ...varint(value)]
const bytes = (field: number, value: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(value.length), ...value]
const string = (field: number, value: string): number[] => bytes(field, text(value))

export function node(
  op: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number>> = {},
) {
  return [
    ...inputs.flatMap((input) => string(1, input)),
    ...outputs.flatMap((output) => string(2, output)),
    ...string(3, name),
    ...string(4, op),
    ...Object.entries(attributes).flatMap(([key, value]) => bytes(5, [...string(1, key), ...number(3, value), ...number(20, 2)])),
  ]
}

/** ONNX's number for float32. */
export const FLOAT = 1

export interface OnnxPart {
  readonly name: string
  readonly type: number
  readonly shape: readonly (number | bigint)[]
  /** Values; a number stands for so many bytes made as they are asked for; entries for external data. */
  readonly data: Uint8Array | number | Readonly<Record<string, string>>
}

/** A model with the given nodes and constants, as pieces between values that are not stored. */
export function onnxPieces(nodes: readonly number[][], parts: readonly OnnxPart[]): { readonly pieces: Piece[]; readonly size: number } {
  const heads = parts.map(({ name, type, shape, data }) => {
    const head = [...shape.flatMap((side) => number(1, side)), ...number(2, type), ...string(8, name)]
    if (typeof data === "object" && !(data instanceof Uint8Array)) {
      for (const [key, value] of Object.entries(data)) head.push(...bytes(13, [...string(1, key), ...string(2, value)]))
      return { head: [...head, ...number(14, 1)], size: 0 }
    }
    const size = typeof data === "number" ? data : data.length
    return { head: [...head, ...varint(9 * 8 + 2), ...varint(size)], size }
  })
  const start = nodes.flatMap((one) => bytes(1, one))
  const wrapped = heads.map(({ head, size }) => [...varint(5 * 8 + 2), ...varint(head.length + size), ...head])
  const length = wrapped.reduce((sum, head, i) => sum + head.length + (heads[i]?.size ?? 0), start.length)
  const pieces: Piece[] = []
  let at = 0
  const put = (piece: ArrayLike<number>) => {
    pieces.push({ begin: at, bytes: Uint8Array.from(piece) })
    at += piece.length
  }
  put([...number(1, 8), ...string(2, "pytorch"), ...varint(7 * 8 + 2), ...varint(length), ...start])
  for (const [i, { data }] of parts.entries()) {
    put(wrapped[i] ?? [])
    if (data instanceof Uint8Array) put(data)
    else if (typeof data === "number") at += data
  }
  return { pieces, size: at }
}

/** A whole model in memory. */
export function writeOnnx(nodes: readonly number[][], parts: readonly OnnxPart[]): Uint8Array {
  const { pieces, size } = onnxPieces(nodes, parts)
  const file = new Uint8Array(size)
  for (const piece of pieces) file.set(piece.bytes, piece.begin)
  return file
}
