/**
 * Uniform numbers in (0, 1), the same everywhere for one seed: Lehmer's generator with Park and Miller's constants. Enough for sample
 * weights, not for secrets.
 */
export function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
