import type { PickleBytes } from "./pickle-bytes"
import type { PickleValue } from "./pickle-values"

/**
 * The value that an operation with a value of its own brings along: numbers, texts, bytes, empty collections.
 * @param start where the operation began, for errors
 * @returns undefined for every other operation, of which nothing was read then
 */
export function constantOf(code: number, bytes: PickleBytes, start: number): PickleValue | undefined {
  switch (code) {
    case 0x4e: // NONE
      return null
    case 0x88: // NEWTRUE
    case 0x89: // NEWFALSE
      return code === 0x88
    case 0x4b: // BININT1
      return bytes.byte()
    case 0x4d: // BININT2
      return bytes.take(2).getUint16(0, true)
    case 0x4a: // BININT
      return bytes.take(4).getInt32(0, true)
    case 0x8a: // LONG1
      return bytes.integer(bytes.byte(), start)
    case 0x8b: // LONG4
      return bytes.integer(bytes.take(4).getUint32(0, true), start)
    case 0x47: // BINFLOAT
      return bytes.take(8).getFloat64(0, false)
    case 0x8c: // SHORT_BINUNICODE
      return bytes.text(bytes.byte(), start)
    case 0x58: // BINUNICODE
      return bytes.text(bytes.take(4).getUint32(0, true), start)
    case 0x8d: // BINUNICODE8
      return bytes.text(bytes.long(start), start)
    case 0x55: // SHORT_BINSTRING, text of Python 2
      return bytes.latin(bytes.byte())
    case 0x54: // BINSTRING
      return bytes.latin(bytes.take(4).getUint32(0, true))
    case 0x43: // SHORT_BINBYTES
      return bytes.raw(bytes.byte())
    case 0x42: // BINBYTES
      return bytes.raw(bytes.take(4).getUint32(0, true))
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return bytes.raw(bytes.long(start))
    case 0x5d: // EMPTY_LIST
    case 0x29: // EMPTY_TUPLE
    case 0x8f: // EMPTY_SET
      return []
    case 0x7d: // EMPTY_DICT
      return new Map()
    default:
      return undefined
  }
}
