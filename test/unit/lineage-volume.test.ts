import { describe, expect, it } from "vitest"
import { familyDistances, squaredDistance } from "~src/lineage/distance"
import type { PairEvidence } from "~src/lineage/types"
import { volumeDistances } from "~src/lineage/volume"
import { fingerprintOf, gaussian, mapWeights, pairOf, rootWeights, type Tensor, trained, type Weights } from "./lineage-models"

/** Moves all rows of each matrix along one and the same direction, farther than noise does: what is learned from the data. */
const learned = (weights: Weights, seed: number, size: number): Weights => {
  const next = gaussian(seed)
  return mapWeights(weights, ({ shape, values }) => {
    const cols = shape.at(-1) ?? 1
    const direction = Float32Array.from({ length: cols }, next)
    const rows = Float32Array.from({ length: values.length / cols }, next)
    return values.map((value, at) => value + size * (rows[Math.floor(at / cols)] as number) * (direction[at % cols] as number))
  })
}

async function between(models: readonly Weights[]) {
  const prints = await Promise.all(models.map((weights) => fingerprintOf(weights)))
  const pairs: [number, number, PairEvidence][] = []
  for (const [i, a] of prints.entries()) for (const [j, b] of prints.entries()) if (i < j) pairs.push([i, j, await pairOf(a, b)])
  const distances = familyDistances(models.length, pairs)
  const volumes = volumeDistances(distances, pairs)
  return {
    distances,
    volumes,
    squared: (i: number, j: number) => squaredDistance(distances, i, j),
    volume: (i: number, j: number) => squaredDistance(volumes, i, j),
  }
}

describe("the volume of updates", () => {
  const root = rootWeights(1)

  it("tells an heir from a sibling that learned the same, where the sum of squares says the opposite", async () => {
    // All three learn the same, the sibling nearly as much as the heir; the heir carries its parent's noise.
    const parent = learned(trained(root, 11), 7, 0.02)
    const sibling = learned(trained(root, 12), 7, 0.035)
    const heir = learned(trained(parent, 13), 7, 0.02)
    const { squared, volume } = await between([parent, sibling, heir])
    expect(squared(1, 2)).toBeLessThan(squared(0, 2))
    expect(volume(0, 2)).toBeLessThan(volume(1, 2))
  })

  it("adds up along a line of trainings", async () => {
    const first = trained(root, 21, 0.05)
    const second = trained(first, 22, 0.05)
    const { volume } = await between([root, first, second])
    expect(volume(0, 2) / (volume(0, 1) + volume(1, 2))).toBeCloseTo(1, 1)
  })

  it("is next to nothing where a model was left as it was, and nowhere infinite", async () => {
    const child = trained(root, 31, 0.05)
    const next = gaussian(32)
    const moved = ({ values }: Tensor) => values.map((value) => value + 0.0025 * next())
    const half = mapWeights(root, (tensor, name) => (name.includes("layers.0") ? tensor.values : moved(tensor)))
    const { volumes } = await between([root, root, child, half])
    expect([...volumes.squared].every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
    expect(squaredDistance(volumes, 0, 1)).toBeLessThan(1e-5)
    expect(squaredDistance(volumes, 0, 3)).toBeLessThan(squaredDistance(volumes, 0, 2))
  })

  it("is the distance where no update was kept in full, and in proportion to it where some were", async () => {
    const models = [root, trained(root, 41, 0.05), trained(root, 42, 0.1)]
    const { distances, squared, volume } = await between(models)
    expect(volumeDistances(distances, [])).toBe(distances)
    const one = await pairOf(await fingerprintOf(root), await fingerprintOf(trained(root, 41, 0.05)))
    const some = volumeDistances(distances, [[0, 1, one]])
    const proportion = squaredDistance(some, 0, 1) / squared(0, 1)
    expect(squaredDistance(some, 0, 2)).toBeCloseTo(squared(0, 2) * proportion, 6)
    expect(volume(0, 2)).toBeGreaterThan(volume(0, 1))
  })
})
