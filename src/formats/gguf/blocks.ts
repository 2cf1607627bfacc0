import { halfValue } from "../dtypes"

/**
 * Writes the values of one block. `view` holds the block from byte `at` on; `put(i, value)` takes value i of the block and rounds it
 * to float32. Every decoder repeats gguf-py's `dequantize` operation by operation in float32, so that values are equal to the bit.
 */
export type BlockDecoder = (view: DataView, at: number, put: (index: number, value: number) => void) => void

/** Sums and products of float32 values, computed in double and rounded once, are what float32 arithmetic gives. */
export const f32 = Math.fround

/** A binary16 number, little endian. */
export function half(view: DataView, at: number): number {
  return halfValue(view.getUint16(at, true))
}

/** The 32 nibbles of 16 bytes: first all low ones, then all high ones. */
function nibble(view: DataView, at: number, i: number): number {
  return i < 16 ? view.getUint8(at + i) & 0xf : view.getUint8(at + i - 16) >> 4
}

/** Q4_0: scale, nibbles around 8. Q4_1 (`offset`): scale, minimum, nibbles. */
export function q4(offset: boolean): BlockDecoder {
  return (view, at, put) => {
    const d = half(view, at)
    if (!offset) for (let i = 0; i < 32; i++) put(i, d * (nibble(view, at + 2, i) - 8))
    else {
      const min = half(view, at + 2)
      for (let i = 0; i < 32; i++) put(i, f32(d * nibble(view, at + 4, i)) + min)
    }
  }
}

/** Q5_0: scale, 32 fifth bits, nibbles, around 16. Q5_1 (`offset`): scale, minimum, fifth bits, nibbles. */
export function q5(offset: boolean): BlockDecoder {
  return (view, at, put) => {
    const d = half(view, at)
    const min = offset ? half(view, at + 2) : 0
    const bitsAt = at + (offset ? 4 : 2)
    const high = view.getUint32(bitsAt, true)
    for (let i = 0; i < 32; i++) {
      const q = nibble(view, bitsAt + 4, i) | (((high >>> i) & 1) << 4)
      put(i, offset ? f32(d * q) + min : d * (q - 16))
    }
  }
}

/** Scale, then 32 signed bytes. */
export const q8_0: BlockDecoder = (view, at, put) => {
  const d = half(view, at)
  for (let i = 0; i < 32; i++) put(i, d * view.getInt8(at + 2 + i))
}

export const IQ4_VALUES: readonly number[] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

/** Scale, then nibbles that point into a table of uneven steps. */
export const iq4nl: BlockDecoder = (view, at, put) => {
  const d = half(view, at)
  for (let i = 0; i < 32; i++) put(i, d * (IQ4_VALUES[nibble(view, at + 2, i)] as number))
}

/** Twice the E2M1 numbers; plus and minus zero are both zero, as in GGML. */
const E2M1_DOUBLED: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

/** OCP microscaling: an exponent (E8M0, halved for the doubled table), then E2M1 nibbles. */
export const mxfp4: BlockDecoder = (view, at, put) => {
  const d = 2 ** (view.getUint8(at) - 128)
  for (let i = 0; i < 32; i++) put(i, d * (E2M1_DOUBLED[nibble(view, at + 1, i)] as number))
}
