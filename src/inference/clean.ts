/** Larger magnitudes are no weights, and their squares would overflow float32 sums. */
const LARGEST = 1e15

/** Copies `length` values; NaN, infinities and magnitudes above {@link LARGEST} (broken or hostile files, mask buffers) become 0. */
export function copyClean(source: Float32Array, from: number, target: Float32Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const value = source[from + i] ?? 0
    target[at + i] = Math.abs(value) <= LARGEST ? value : 0
  }
}
