/** A key-value of a GGUF file: its type is told by the value, whole numbers being 32-bit ones. */
export type GgufKeys = Readonly<Record<string, string | number | boolean | readonly string[] | Int32Array | Float32Array>>
export interface GgufEntry {
  readonly name: string
  /** PyTorch's shape. */
  readonly shape: readonly number[]
  readonly type: number
  readonly bytes: Uint8Array
}

const text = new TextEncoder()

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
export function u64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}
export function string(value: string): Uint8Array {
  const bytes = text.encode(value)
  return joined([u64(bytes.length), bytes])
}
function littleEndian(values: Int32Array | Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries())
    if (values instanceof Int32Array) view.setInt32(4 * i, value, true)
    else view.setFloat32(4 * i, value, true)
  return bytes
}
function value(of: GgufKeys[string]): Uint8Array {
  if (typeof of === "string") return joined([u32(8), string(of)])
  if (typeof of === "number") return joined([u32(4), u32(of)])
  if (typeof of === "boolean") return joined([u32(7), Uint8Array.of(Number(of))])
  if (of instanceof Int32Array) return joined([u32(9), u32(5), u64(of.length), littleEndian(of)])
  if (of instanceof Float32Array) return joined([u32(9), u32(6), u64(of.length), littleEndian(of)])
  return joined([u32(9), u32(8), u64(of.length), strings(of)])
}
/** As {@link string}, for hundreds of thousands. */
function strings(list: readonly string[]): Uint8Array {
  const out = new Uint8Array(list.reduce((sum, { length }) => sum + 8 + 3 * length, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const one of list) {
    const { written } = text.encodeInto(one, out.subarray(at + 8))
    view.setUint32(at, written, true)
    at += 8 + written
  }
  return out.subarray(0, at)
}

function aligned(size: number): number {
  return Math.ceil(size / 32) * 32
}

/** Everything of a GGUF file before its tensor data, padding included. */
export function ggufHeader(
  keys: GgufKeys,
  table: readonly { readonly name: string; readonly shape: readonly number[]; readonly type: number; readonly size: number }[],
  version = 3,
): Uint8Array {
  const parts = [u32(0x46554747), u32(version), u64(table.length), u64(Object.keys(keys).length)]
  for (const [key, of] of Object.entries(keys)) parts.push(string(key), value(of))
  let offset = 0
  for (const { name, shape, type, size } of table) {
    parts.push(string(name), u32(shape.length), ...[...shape].reverse().map(u64), u32(type), u64(offset))
    offset += aligned(size)
  }
  const head = joined(parts)
  return joined([head, new Uint8Array(aligned(head.length) - head.length)])
}

export function writeGguf(keys: GgufKeys, tensors: readonly GgufEntry[], version = 3): Uint8Array {
  const table = tensors.map(({ name, shape, type, bytes }) => ({ name, shape, type, size: bytes.length }))
  const data = tensors.flatMap(({ bytes }) => [bytes, new Uint8Array(aligned(bytes.length) - bytes.length)])
  return joined([ggufHeader(keys, table, version), ...data])
}

/** A tensor of float32 values. */
export function floats(name: string, shape: readonly number[], at: (index: number) => number): GgufEntry {
  const count = shape.reduce((product, side) => product * side, 1)
  return { name, shape, type: 0, bytes: littleEndian(Float32Array.from({ length: count }, (_, i) => at(i))) }
}
