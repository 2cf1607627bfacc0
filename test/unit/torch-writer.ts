import { dtypeSize } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"
import type { Shapes } from "./generated-repo"

/** Pieces of pickles of protocol 2, as torch.save writes them. */
const text = (value: string) => new TextEncoder().encode(value)
const u32 = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255]

export const unicode = (value: string): number[] => [0x58, ...u32(text(value).length), ...text(value)]
export const global = (module: string, name: string): number[] => [0x63, ...text(`${module}\n${name}\n`)]
export const tuple = (...parts: readonly number[][]): number[] => [0x28, ...parts.flat(), 0x74]
export const reduce = (callee: number[], ...args: readonly number[][]): number[] => [...callee, ...tuple(...args), 0x52]
export const pickle = (...parts: readonly number[][]): Uint8Array => new Uint8Array([0x80, 2, ...parts.flat(), 0x2e])
export const dict = (entries: readonly (readonly [string, number[]])[]): number[] => [
  0x7d,
  0x28,
  ...entries.flatMap(([key, value]) => [...unicode(key), ...value]),
  0x75,
]

/** BININT, or LONG1 of 8 bytes beyond 2^31. */
export function int(value: number | bigint): number[] {
  if (value >= 0 && value < 2 ** 31) return [0x4a, ...u32(Number(value))]
  const bytes = new Uint8Array(9)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return [0x8a, 9, ...bytes]
}

export function storage(key: string, elements: number | bigint, type = "FloatStorage"): number[] {
  return [...tuple(unicode("storage"), global("torch", type), unicode(key), unicode("cpu"), int(elements)), 0x51]
}

export function tensor(store: number[], shape: readonly (number | bigint)[], stride: readonly number[], offset = 0): number[] {
  const hooks = reduce(global("collections", "OrderedDict"))
  const sides = tuple(...shape.map(int))
  return reduce(global("torch._utils", "_rebuild_tensor_v2"), store, int(offset), sides, tuple(...stride.map(int)), [0x89], hooks)
}

export interface Part {
  readonly name: string
  readonly size: number
  /** Absent for values that are made as they are asked for. */
  readonly bytes?: Uint8Array
  readonly method?: number
  readonly flags?: number
}

export interface Piece {
  readonly begin: number
  readonly bytes: Uint8Array
}

/**
 * An archive as PyTorch's writer lays it out: data aligned to 64 bytes and followed by a data descriptor, the directory with zip64
 * fields where a number needs them.
 */
export function zipPieces(parts: readonly Part[], alignment = 64): { readonly pieces: Piece[]; readonly size: number } {
  const pieces: Piece[] = []
  const directory: number[] = []
  let at = 0
  const u16 = (value: number) => [value & 255, value >>> 8]
  const u64 = (value: number) => [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))]
  for (const { name, size, bytes, method = 0, flags = 0x808 } of parts) {
    const header = at
    const label = [...text(name)]
    const wide = size >= 2 ** 32 || header >= 2 ** 32
    const clipped = (value: number) => (value >= 2 ** 32 ? u32(0xffffffff) : u32(value))
    const start = header + 30 + label.length
    const padding = (alignment - ((start + 4) % alignment)) % alignment
    const extra = alignment === 1 ? [] : [0x46, 0x42, ...u16(padding), ...new Array<number>(padding).fill(0x5a)]
    const fixed = [...u16(20), ...u16(flags), ...u16(method), 0, 0, 0, 0, 0, 0, 0, 0]
    pieces.push({
      begin: header,
      bytes: new Uint8Array([
        ...u32(0x04034b50),
        ...fixed,
        ...u32(0),
        ...u32(0),
        ...u16(label.length),
        ...u16(extra.length),
        ...label,
        ...extra,
      ]),
    })
    const data = start + extra.length
    if (bytes) pieces.push({ begin: data, bytes })
    const descriptor =
      flags & 8 ? [...u32(0x08074b50), ...u32(0), ...(wide ? [...u64(size), ...u64(size)] : [...u32(size), ...u32(size)])] : []
    pieces.push({ begin: data + size, bytes: new Uint8Array(descriptor) })
    at = data + size + descriptor.length
    const full = [...(size >= 2 ** 32 ? [...u64(size), ...u64(size)] : []), ...(header >= 2 ** 32 ? u64(header) : [])]
    const field = full.length > 0 ? [...u16(1), ...u16(full.length), ...full] : []
    directory.push(...u32(0x02014b50), ...u16(0), ...fixed, ...clipped(size), ...clipped(size), ...u16(label.length), ...u16(field.length))
    directory.push(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...clipped(header), ...label, ...field)
  }
  const count = Math.min(parts.length, 0xffff)
  const record = at + directory.length
  const end = [
    ...directory,
    ...[...u32(0x06064b50), ...u64(44), ...u16(45), ...u16(45), ...u32(0), ...u32(0), ...u64(parts.length), ...u64(parts.length)],
    ...[...u64(directory.length), ...u64(at), ...u32(0x07064b50), ...u32(0), ...u64(record), ...u32(1)],
    ...[...u32(0x06054b50), 0, 0, 0, 0, ...u16(count), ...u16(count), ...u32(directory.length), ...u32(Math.min(at, 0xffffffff)), 0, 0],
  ]
  pieces.push({ begin: at, bytes: new Uint8Array(end) })
  return { pieces, size: at + end.length }
}

export function part(name: string, bytes: Uint8Array, more: Partial<Part> = {}): Part {
  return { name: `archive/${name}`, size: bytes.length, bytes, ...more }
}

/** A whole archive in memory. */
export function writeZip(parts: readonly Part[], alignment = 64): Uint8Array {
  const { pieces, size } = zipPieces(parts, alignment)
  const file = new Uint8Array(size)
  for (const { begin, bytes } of pieces) file.set(bytes, begin)
  return file
}

const TYPES: Readonly<Partial<Record<Dtype, string>>> = { F32: "FloatStorage", F16: "HalfStorage", BF16: "BFloat16Storage" }

/** A state dict as one file of torch.save, its pickle as long as the real one, its values made as they are asked for. */
export function torchPieces(shapes: Shapes, dtype: Dtype): ReturnType<typeof zipPieces> {
  const kept = new Map<string, number>()
  const put = () => [0x72, ...u32(kept.size + 1_000)]
  const once = (what: number[]) => {
    const at = kept.get(what.join())
    if (at !== undefined) return [0x68, at]
    kept.set(what.join(), kept.size)
    return [...what, 0x71, kept.size - 1]
  }
  const entries = shapes.map(([name, shape], i): [string, number[]] => {
    const elements = shape.reduce((product, side) => product * side, 1)
    const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))
    const word = once(unicode("storage"))
    const type = once(global("torch", TYPES[dtype] ?? ""))
    const device = once(unicode("cpu"))
    const place = [...tuple(word, type, [...unicode(String(i)), ...put()], device, int(elements)), ...put(), 0x51]
    const sides = [...tuple(...shape.map(int)), ...put()]
    const steps = [...tuple(...stride.map(int)), ...put()]
    const hooks = [...once(global("collections", "OrderedDict")), 0x29, 0x52, ...put()]
    const made = [
      ...once(global("torch._utils", "_rebuild_tensor_v2")),
      ...tuple(place, int(0), sides, steps, [0x89], hooks),
      ...put(),
      0x52,
    ]
    return [name, [...made, ...put()]]
  })
  const values = shapes.map(([, shape], i) => ({
    name: `archive/data/${i}`,
    size: shape.reduce((product, side) => product * side, dtypeSize(dtype)),
  }))
  const little = new TextEncoder().encode("little")
  return zipPieces([part("data.pkl", pickle(dict(entries))), part("byteorder", little), ...values, part("version", text("3\n"))])
}
