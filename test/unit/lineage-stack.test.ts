import { expect, it } from "vitest"
import { findStacks } from "~src/lineage/stack-merge"
import { sampleWeights, thinned } from "~src/lineage/weight-sample"
import { arrows, familyOf, fingerprintOf, membersOf, mixed, rootWeights, trained, type Weights } from "./lineage-models"

const root = rootWeights(1, 4)
const [a, b, c] = [2, 3, 4].map((seed) => trained(root, seed)) as [Weights, Weights, Weights]

/** Layers of models one upon the other; what is outside the stack is the first's. */
function stacked(layers: readonly (readonly [model: Weights, layer: number])[]): Weights {
  const [[first]] = layers as [[Weights, number]]
  const outside = Object.entries(first).filter(([name]) => !name.includes(".layers."))
  const inside = layers.flatMap(([model, layer], at) =>
    Object.entries(model)
      .filter(([name]) => name.includes(`.layers.${layer}.`))
      .map(([name, tensor]) => [name.replace(`.layers.${layer}.`, `.layers.${at}.`), tensor] as const),
  )
  return Object.fromEntries([...outside, ...inside])
}
const below = (model: Weights) => [0, 1, 2].map((layer) => [model, layer] as const)
const above = (model: Weights) => [1, 2, 3].map((layer) => [model, layer] as const)

it("names both models that a deeper one was stacked from", async () => {
  const members = await membersOf({ root, a, b, c, stack: stacked([...below(a), ...above(b)]) })
  const family = await familyOf(members)
  expect(arrows(family)).toEqual(["a > stack", "b > stack", "root > a", "root > b", "root > c"])
  const edges = family.edges.filter(({ child }) => members[child]?.id === "stack")
  expect(edges.map(({ kind, share, fit }) => [kind, share, fit?.method])).toEqual([
    ["merge", 0.5, "stack"],
    ["merge", 0.5, "stack"],
  ])
})

it("takes no model stacked of one alone, and none with a layer of its own, for a merge", async () => {
  const prints = await Promise.all(
    [a, b, stacked([...below(a), ...above(a)]), stacked([...below(a), [c, 0], ...above(b)])].map((one) => fingerprintOf(one)),
  )
  const find = (x: number) => findStacks([x], [0, 1], (i) => prints[i] as (typeof prints)[number])
  expect(find(2).size).toBe(0)
  expect(find(3).size).toBe(0)
})

it("finds both of which not all layers were read, unless most have no owner", async () => {
  const read = async (weights: Weights, layers: readonly number[]) => {
    const fingerprint = await fingerprintOf(weights)
    return { ...fingerprint, slabs: fingerprint.slabs.filter(({ layer }) => layer === null || layers.includes(layer)) }
  }
  const stack = stacked([...below(a), ...above(b)])
  const find = async (layers: readonly number[], whole: readonly number[]) => {
    const prints = [await read(a, whole), await read(b, whole), await read(stack, layers)]
    return findStacks([2], [0, 1], (i) => prints[i] as (typeof prints)[number])
  }
  const found = (await find([0, 2, 5], [0, 1, 3])).get(2)
  expect([...(found?.parts ?? [])].sort()).toEqual([0, 1])
  expect((await find([0, 2, 5], [0, 1, 2, 3])).get(2)?.shares, "all were read").toEqual([2 / 3, 1 / 3])
  expect((await find([0, 1, 2, 5], [0, 3])).size, "two of four").toBe(0)
})

it("finds every way of merging in a family of whole models", async () => {
  const turns = Object.fromEntries(
    Object.entries(a).map(([name, tensor]) => [name, name.includes(".layers.3.") ? (b[name] ?? tensor) : tensor]),
  )
  const sum = mixed([
    [0.7, a],
    [0.6, c],
    [-0.3, root],
  ])
  const mean = mixed([
    [0.6, b],
    [0.4, c],
  ])
  const next = trained(mean, 9)
  const family = await familyOf(await membersOf({ root, a, b, c, turns, sum, mean, next }))
  expect(arrows(family)).toEqual([
    "a > sum",
    "a > turns",
    "b > mean",
    "b > turns",
    "c > mean",
    "c > sum",
    "mean > next",
    "root > a",
    "root > b",
    "root > c",
  ])
})

it("samples the same weights of models in different precision", async () => {
  const [wide, narrow] = [await fingerprintOf(a), await fingerprintOf(a, "BF16")]
  const sample = sampleWeights([wide, narrow])
  const [x, y] = sample.values as [Float64Array, Float64Array]
  expect(x.length).toBeGreaterThan(2_000)
  for (const [n, value] of x.entries()) expect(Math.abs(value - (y[n] as number))).toBeLessThanOrEqual(2 ** -8 * Math.abs(value))
  expect(sample.tensors.map(({ rounding }) => rounding)).toEqual(sample.tensors.map(() => [2 ** -24, 2 ** -8]))
  const fewer = thinned(sample, 500)
  expect(fewer.tensors.length).toBe(sample.tensors.length)
  expect(fewer.tensors.at(-1)?.to).toBe(fewer.values[0]?.length)
  for (const [t, { from }] of fewer.tensors.entries()) expect(fewer.values[0]?.[from]).toBe(x[sample.tensors[t]?.from ?? -1])
})
