import type { Dtype } from "./types"

const SIZES: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
}

export function isDtype(word: string): word is Dtype {
  return Object.hasOwn(SIZES, word)
}

/** Bytes of one element. */
export function dtypeSize(dtype: Dtype): number {
  return SIZES[dtype]
}

/** Value of an IEEE 754 binary16 number given by its bits. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** Value of an OCP FP8 E4M3 number ("fn": no infinities, S.1111.111 is NaN, largest 448). */
function e4m3Value(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1
  const exponent = (bits >> 3) & 0xf
  const fraction = bits & 7
  if (exponent === 15 && fraction === 7) return Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -9 : sign * (8 + fraction) * 2 ** (exponent - 10)
}

/** Tables are built on first use: 65,536 halves cost a millisecond that most models never need. */
function lazyTable(size: number, value: (bits: number) => number): () => Float32Array {
  let table: Float32Array | null = null
  return () => {
    if (table === null) {
      table = new Float32Array(size)
      for (let bits = 0; bits < size; bits++) table[bits] = value(bits)
    }
    return table
  }
}
const halves = lazyTable(0x10000, halfValue)
const e4m3 = lazyTable(0x100, e4m3Value)
// E5M2 is the upper byte of a half.
const e5m2 = lazyTable(0x100, (bits) => halfValue(bits << 8))

type Reader = (view: DataView, offset: number) => number
const WIDE: Readonly<Partial<Record<Dtype, Reader>>> = {
  F64: (view, offset) => view.getFloat64(offset, true),
  F32: (view, offset) => view.getFloat32(offset, true),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  I32: (view, offset) => view.getInt32(offset, true),
  I16: (view, offset) => view.getInt16(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U64: (view, offset) => Number(view.getBigUint64(offset, true)),
  U32: (view, offset) => view.getUint32(offset, true),
  U16: (view, offset) => view.getUint16(offset, true),
}

/**
 * Stored little-endian bits as float32 values, on a host of either byte order. F64 and wide integers are rounded to the nearest float32.
 * @param bits a whole number of elements
 */
export function decodeValues(dtype: Dtype, bits: Uint8Array): Float32Array {
  const size = SIZES[dtype]
  const count = bits.length / size
  const values = new Float32Array(count)
  if (dtype === "BF16") {
    // A bfloat16 is the upper half of a float32.
    const words = new Uint32Array(values.buffer)
    for (let i = 0; i < count; i++) words[i] = ((bits[2 * i] as number) << 16) | ((bits[2 * i + 1] as number) << 24)
    return values
  }
  if (dtype === "F16") {
    const table = halves()
    for (let i = 0; i < count; i++) values[i] = table[(bits[2 * i] as number) | ((bits[2 * i + 1] as number) << 8)] as number
    return values
  }
  if (dtype === "F8_E4M3" || dtype === "F8_E5M2") {
    const table = dtype === "F8_E4M3" ? e4m3() : e5m2()
    for (let i = 0; i < count; i++) values[i] = table[bits[i] as number] as number
    return values
  }
  const read = WIDE[dtype]
  if (!read) {
    values.set(bits)
    return values
  }
  const view = new DataView(bits.buffer, bits.byteOffset, bits.byteLength)
  for (let i = 0; i < count; i++) values[i] = read(view, i * size)
  return values
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Float32 values as stored bits, little endian on a host of either byte order. The answer may share the values' memory. */
export function encodeFloat32(values: Float32Array): Uint8Array {
  if (LITTLE_ENDIAN) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const bits = new Uint8Array(values.length * 4)
  const view = new DataView(bits.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true)
  return bits
}

const scratch = new DataView(new ArrayBuffer(4))

/** How many float32 values bfloat16 holds exactly: it is the upper half of a float32. */
export function bfloat16Count(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  let count = 0
  for (let i = 0; i < bits.length; i++) if (((bits[i] as number) & 0xffff) === 0 && !Number.isNaN(values[i])) count++
  return count
}

/** The bfloat16 nearest to a float32 value, ties to even. */
export function roundToBfloat16(value: number): number {
  if (Number.isNaN(value)) return value
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  scratch.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000)
  return scratch.getFloat32(0)
}

/** The binary16 number nearest to a float32 value, ties to even; infinite from 65,520 on. */
export function roundToFloat16(value: number): number {
  const size = Math.abs(value)
  if (size >= 65_520) return Math.sign(value) * Number.POSITIVE_INFINITY
  // Halves lie 2^-24 apart below 2^-14 and 2^-10 of their power of two apart above. A float32's exponent is that power.
  scratch.setFloat32(0, value)
  const exponent = Math.max(-14, ((scratch.getUint32(0) >>> 23) & 0xff) - 127)
  const step = 2 ** (exponent - 10)
  return Math.sign(value) * roundTiesToEven(size / step) * step
}

function roundTiesToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
