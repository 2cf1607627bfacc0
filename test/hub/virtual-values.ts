/** Values of another seed plus an update of this size relative to theirs (root mean square). */
export interface Derivation {
  readonly from: number
  readonly relativeUpdate: number
}

const SIGMA = 0.02
const NORM_MEAN = 0.45
const NORM_SIGMA = 0.05

/**
 * Elements [first, last) of the named tensor as bf16 bits. Matrices are about normal with standard deviation 0.02; vectors are norm
 * weights around 0.45.
 */
export function createValues(seed: number, derive: Derivation | undefined) {
  return (name: string, isVector: boolean, first: number, last: number): Uint16Array => {
    const mean = isVector ? NORM_MEAN : 0
    const sigma = isVector ? NORM_SIGMA : SIGMA
    const base = keyOf(name, derive?.from ?? seed)
    const bits = new Uint16Array(last - first)
    for (let i = 0; i < bits.length; i++) bits[i] = toBf16(mean + sigma * normal(base, first + i))
    if (derive === undefined) return bits
    const update = keyOf(name, seed ^ 0x5bd1e995)
    const step = sigma * derive.relativeUpdate
    for (let i = 0; i < bits.length; i++) bits[i] = toBf16(fromBf16(bits[i] ?? 0) + step * normal(update, first + i))
    return bits
  }
}

/** 32 bits for one tensor of one seed (FNV-1a over the name). */
function keyOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ mix(seed)
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** Spreads 32 bits over 32 bits: the finalizer of MurmurHash3. */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The sum of eight uniform bytes, standardised: mean 0, variance 1, excess kurtosis -0.15. */
function normal(key: number, index: number): number {
  const a = mix(mix(index ^ key) + key)
  const b = mix(a ^ key ^ 0x68e31da4)
  return (bytes(a) + bytes(b) - 8 * 127.5) / Math.sqrt((8 * (65536 - 1)) / 12)
}

const bytes = (word: number) => (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24)

const float = new Float32Array(1)
const word = new Uint32Array(float.buffer)

/** Rounds to the nearest, ties to even. */
function toBf16(value: number): number {
  float[0] = value
  const bits = word[0] ?? 0
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

function fromBf16(bits: number): number {
  word[0] = bits << 16
  return float[0] ?? 0
}
