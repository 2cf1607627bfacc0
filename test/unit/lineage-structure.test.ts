import { describe, expect, it } from "vitest"
import { eigenvalues, eigenvectors } from "~src/lineage/eigen"
import { carriedStructure } from "~src/lineage/structure"
import { fingerprintOf, gaussian, mapWeights, rootWeights, trained, type Weights } from "./lineage-models"

describe("eigenvectors", () => {
  it.each([1, 2, 7, 40])("put a matrix of side %i together again, with the same values as without them", (n) => {
    const next = gaussian(n)
    const half = Float64Array.from({ length: n * n }, next)
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++)
          matrix[i * n + j] = (matrix[i * n + j] as number) + (half[i * n + k] as number) * (half[j * n + k] as number)
    const { values, vectors } = eigenvectors(matrix, n, n)
    for (const [i, value] of eigenvalues(matrix, n).entries()) expect(values[i]).toBeCloseTo(value, 6)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const again = values.reduce((sum, value, k) => sum + value * (vectors[k * n + i] as number) * (vectors[k * n + j] as number), 0)
        expect(again).toBeCloseTo(matrix[i * n + j] as number, 6)
      }
  })

  it("leave a matrix of zeros as it is", () => {
    expect(eigenvectors(new Float64Array(9), 3, 3).values).toEqual([0, 0, 0])
  })
})

/** Adds to every matrix what training from scratch adds: a few strong directions of its own. */
function written(weights: Weights, seed: number): Weights {
  const next = gaussian(seed)
  return mapWeights(weights, ({ shape, values }) => {
    const [rows = 1, cols = 1] = shape
    if (shape.length < 2) return values.map((value) => value + 0.2 * next())
    const made = Float32Array.from(values)
    for (let direction = 0; direction < 3; direction++) {
      const left = Array.from({ length: rows }, next)
      const right = Array.from({ length: cols }, next)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++)
          made[i * cols + j] = (made[i * cols + j] as number) + 0.02 * (left[i] as number) * (right[j] as number)
    }
    return made
  })
}

describe("what training wrote", () => {
  const noise = rootWeights(1)
  const root = written(noise, 2)

  it("is carried by an heir, however long it was trained, and not the other way round", async () => {
    const heir = written(trained(root, 3, 0.3), 4)
    const { ofA, ofB } = carriedStructure(await fingerprintOf(root), await fingerprintOf(heir))
    expect(ofA).toBeGreaterThan(0.93)
    expect(ofB).toBeLessThan(0.93)
  })

  it("is not carried by another training from the same seed", async () => {
    const { ofA, ofB } = carriedStructure(await fingerprintOf(root), await fingerprintOf(written(noise, 5)))
    expect(ofA).toBeLessThan(0.85)
    expect(ofB).toBeLessThan(0.85)
  })

  it("says nothing where nothing was written", async () => {
    expect(carriedStructure(await fingerprintOf(noise), await fingerprintOf(trained(noise, 6, 0.1)))).toEqual({ ofA: null, ofB: null })
  })
})
