import fc from "fast-check"
import { expect, it } from "vitest"
import { eigenvalues } from "~src/lineage/eigen"
import { energyRank } from "~src/lineage/spectrum"
import { gaussian } from "./lineage-models"

/** Q diag(values) Q^T with a random orthogonal Q (Gram-Schmidt on normal vectors). */
function symmetric(values: readonly number[], seed: number): number[] {
  const n = values.length
  const next = gaussian(seed)
  const q: number[][] = []
  while (q.length < n) {
    let v = Array.from({ length: n }, next)
    for (let again = 0; again < 2; again++)
      for (const u of q) {
        const along = v.reduce((sum, x, i) => sum + x * (u[i] as number), 0)
        v = v.map((x, i) => x - along * (u[i] as number))
      }
    const norm = Math.hypot(...v)
    q.push(v.map((x) => x / norm))
  }
  return Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    return values.reduce((sum, value, k) => sum + value * (q[k]?.[i] as number) * (q[k]?.[j] as number), 0)
  })
}

it("finds the eigenvalues that a matrix was built from, falling", () => {
  const built = fc.record({
    values: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 16 }),
    seed: fc.nat(10_000),
  })
  fc.assert(
    fc.property(built, ({ values, seed }) => {
      const found = eigenvalues(symmetric(values, seed), values.length)
      const wanted = [...values].sort((a, b) => b - a)
      for (const [i, value] of wanted.entries()) expect(Math.abs((found[i] as number) - value)).toBeLessThan(1e-6)
    }),
    { numRuns: 50 },
  )
})

it("manages 64 rows as sampled, in float32", () => {
  const values = Array.from({ length: 64 }, (_, i) => (i < 5 ? 2 ** -i : 0))
  const found = eigenvalues(Float32Array.from(symmetric(values, 1)), 64)
  for (const [i, value] of values.entries()) expect(Math.abs((found[i] as number) - value)).toBeLessThan(1e-5)
  expect(energyRank(found, 0.99)).toBe(5)
})

it("counts the directions that hold a share of the energy", () => {
  expect(energyRank([], 0.99)).toBe(0)
  expect(energyRank([0, 0, 0], 0.99)).toBe(0)
  expect(energyRank([4, 3, 2, 1], 0.4)).toBe(1)
  expect(energyRank([4, 3, 2, 1], 0.9)).toBe(3)
  expect(energyRank([4, 3, 2, 1], 1)).toBe(4)
})
