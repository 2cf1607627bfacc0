import { type BlockDecoder, f32, half, IQ4_VALUES } from "./blocks"

/** Q2_K: 16 scale and minimum nibbles, 256 two-bit values, scale of scales, scale of minima. */
export const q2k: BlockDecoder = (view, at, put) => {
  const d = half(view, at + 80)
  const dmin = half(view, at + 82)
  for (let group = 0; group < 16; group++) {
    const scales = view.getUint8(at + group)
    const scale = f32(d * (scales & 0xf))
    const min = f32(dmin * (scales >> 4))
    for (let j = 0; j < 16; j++) {
      const i = 16 * group + j
      put(i, f32(scale * twoBits(view, at + 16, i)) - min)
    }
  }
}

/** Q3_K: a high bit each, 256 two-bit values, 16 six-bit scales around 32, scale of scales. */
export const q3k: BlockDecoder = (view, at, put) => {
  const d = half(view, at + 108)
  for (let group = 0; group < 16; group++) {
    const low = (view.getUint8(at + 96 + (group % 8)) >> (group < 8 ? 0 : 4)) & 0xf
    const high = (view.getUint8(at + 104 + (group % 4)) >> (2 * (group >> 2))) & 3
    const scale = f32(d * ((low | (high << 4)) - 32))
    for (let j = 0; j < 16; j++) {
      const i = 16 * group + j
      // The offset is zero where the mask's bit is set.
      const bit = (view.getUint8(at + (i % 32)) >> (i >> 5)) & 1
      put(i, scale * (twoBits(view, at + 32, i) - (bit ? 0 : 4)))
    }
  }
}

/** Value i of 64 bytes with four two-bit values each: byte b of a half holds the values b, b + 32, b + 64, b + 96 of that half. */
function twoBits(view: DataView, at: number, i: number): number {
  return (view.getUint8(at + 32 * (i >> 7) + (i % 32)) >> (2 * ((i >> 5) & 3))) & 3
}

/** Six-bit scale and minimum of group 0..7 out of 12 bytes. */
function scaleAndMin(view: DataView, at: number, group: number): [number, number] {
  const byte = (k: number) => view.getUint8(at + k)
  if (group < 4) return [byte(group) & 0x3f, byte(group + 4) & 0x3f]
  const both = byte(group + 4)
  return [(both & 0xf) | ((byte(group - 4) >> 2) & 0x30), (both >> 4) | ((byte(group) >> 2) & 0x30)]
}

/** The 8 groups of a Q4_K or Q5_K block, each with its step and what is taken off. */
function* scaledGroups(view: DataView, at: number): Generator<{ group: number; step: number; base: number }> {
  const d = half(view, at)
  const dmin = half(view, at + 2)
  for (let group = 0; group < 8; group++) {
    const [scale, min] = scaleAndMin(view, at + 4, group)
    yield { group, step: f32(d * scale), base: f32(dmin * min) }
  }
}

/** Q4_K: scale of scales and of minima, 8 six-bit scales and minima, nibbles. */
export const q4k: BlockDecoder = (view, at, put) => {
  for (const { group, step, base } of scaledGroups(view, at))
    for (let j = 0; j < 32; j++) put(32 * group + j, f32(step * groupNibble(view, at + 16, group, j)) - base)
}

/** Nibble j of group 0..7: two groups share 32 bytes, the even one in the low nibbles. */
function groupNibble(view: DataView, at: number, group: number, j: number): number {
  return (view.getUint8(at + 32 * (group >> 1) + j) >> (4 * (group & 1))) & 0xf
}

/** Q5_K: as Q4_K with a fifth bit each. */
export const q5k: BlockDecoder = (view, at, put) => {
  for (const { group, step, base } of scaledGroups(view, at))
    for (let j = 0; j < 32; j++) {
      const high = (view.getUint8(at + 16 + j) >> group) & 1
      put(32 * group + j, f32(step * (groupNibble(view, at + 48, group, j) | (high << 4))) - base)
    }
}

/** Q6_K: nibbles, two high bits each, 16 signed scales, scale of scales; values around 32. */
export const q6k: BlockDecoder = (view, at, put) => {
  const d = half(view, at + 208)
  for (let group = 0; group < 16; group++) {
    const scale = f32(d * view.getInt8(at + 192 + group))
    for (let j = 0; j < 16; j++) {
      const i = 16 * group + j
      const low = (view.getUint8(at + 64 * (i >> 7) + (i % 64)) >> (4 * ((i >> 6) & 1))) & 0xf
      put(i, scale * ((low | (twoBits(view, at + 128, i) << 4)) - 32))
    }
  }
}

/** IQ4_XS: scale of scales, 8 six-bit scales around 32 (high bits apart), nibbles into the IQ4 table. */
export const iq4xs: BlockDecoder = (view, at, put) => {
  const d = half(view, at)
  const high = view.getUint16(at + 2, true)
  for (let group = 0; group < 8; group++) {
    const low = (view.getUint8(at + 4 + (group >> 1)) >> (4 * (group & 1))) & 0xf
    const scale = f32(d * ((low | (((high >> (2 * group)) & 3) << 4)) - 32))
    for (let j = 0; j < 32; j++) {
      const byte = view.getUint8(at + 8 + 16 * group + (j % 16))
      put(32 * group + j, scale * (IQ4_VALUES[j < 16 ? byte & 0xf : byte >> 4] as number))
    }
  }
}
