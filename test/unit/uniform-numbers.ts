/** Uniform numbers in (0, 1) from a seed (xorshift). */
export function uniformNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  const next = () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return (state + 0.5) / 2 ** 32
  }
  for (let i = 0; i < 8; i++) next()
  return next
}
