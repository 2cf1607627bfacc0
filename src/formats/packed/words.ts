/**
 * One of the numbers of `bits` bits that lie one after the other in little-endian 32-bit words, the first in the lowest bits, some across
 * two words.
 * @param begin byte at which the first word lies
 * @param stride bytes from one word of the row of numbers to the next
 * @param bit where the number begins, counted from the first word's lowest bit
 */
export function packedAt(view: DataView, begin: number, stride: number, bits: number, bit: number): number {
  const at = begin + (bit >>> 5) * stride
  const shift = bit & 31
  let value = view.getUint32(at, true) >>> shift
  if (shift + bits > 32) value |= view.getUint32(at + stride, true) << (32 - shift)
  return value & ((1 << bits) - 1)
}
