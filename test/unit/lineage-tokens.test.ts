import { expect, it } from "vitest"
import type { Fingerprint } from "~src/fingerprint/types"
import { flipped } from "~src/lineage/pair"
import { evidenceTokens, exchanged, FEATURES, OWN, SHARED } from "~src/lineage/tokens/tokens"
import { fingerprintOf, mapWeights, pairOf, rootWeights, trained, type Weights } from "./lineage-models"

const root = rootWeights(1)
const tokens = async (a: Weights, b: Weights) => {
  const [one, two] = [await fingerprintOf(a), await fingerprintOf(b)]
  return evidenceTokens(one, two, await pairOf(one, two))
}
/** One number of every matrix's token. */
const column = ({ values }: { values: Float32Array }, place: number) =>
  Array.from({ length: values.length / FEATURES }, (_, i) => values.subarray(i * FEATURES, (i + 1) * FEATURES))
    .filter((token) => token[0] === 1)
    .map((token) => token[place] as number)
const shared = (name: (typeof SHARED)[number]) => SHARED.indexOf(name)
const own = (end: "A" | "B", name: (typeof OWN)[number]) => SHARED.length + (end === "A" ? 0 : OWN.length) + OWN.indexOf(name)

it("exchanges the two ends by exchanging their numbers", async () => {
  const [one, two] = [await fingerprintOf(root), await fingerprintOf(trained(root, 2))]
  const pair = await pairOf(one, two)
  const [forth, back] = [evidenceTokens(one, two, pair), evidenceTokens(two, one, flipped(pair))]
  expect(exchanged(forth)).toEqual(back)
  expect(exchanged(exchanged(forth))).toEqual(forth)
})

it("does not depend on the weights' scale", async () => {
  const double = (weights: Weights) => mapWeights(weights, ({ values }) => values.map((value) => 2 * value))
  const child = trained(root, 2)
  const [plain, scaled] = [await tokens(root, child), await tokens(double(root), double(child))]
  // Exponents carry where they carry, so that doubled numbers may differ in more bits.
  const scaling = [own("A", "size"), own("B", "size"), shared("bits")]
  for (const [i, value] of plain.values.entries()) if (!scaling.includes(i % FEATURES)) expect(scaled.values[i]).toBeCloseTo(value, 3)
})

it("sees noise, a low rank, a grid and 2:4 zeros", async () => {
  const noised = await tokens(root, trained(root, 2))
  const adapted = await tokens(
    root,
    mapWeights(root, ({ shape, values }) =>
      shape.length === 1
        ? values
        : values.map((value, i) => value + 0.01 * Math.sin(Math.floor(i / (shape[1] ?? 1))) * Math.cos(i % (shape[1] ?? 1))),
    ),
  )
  const spectral = (set: typeof noised, name: (typeof SHARED)[number]) =>
    column(set, shared(name)).filter((_, i) => column(set, shared("spectrum"))[i] === 1)
  expect(Math.max(...spectral(noised, "leading").map(Math.abs))).toBeLessThan(0.4)
  expect(Math.min(...spectral(adapted, "leading"))).toBeGreaterThan(1)
  expect(Math.min(...spectral(noised, "tail"))).toBeGreaterThan(Math.max(...spectral(adapted, "tail")) + 1)

  const gridded = mapWeights(root, ({ shape, values }) => {
    if (shape.length === 1) return values
    return values.map((value, i) => {
      const block = values.subarray(i - (i % 32), i - (i % 32) + 32)
      const step = Math.max(...block.map(Math.abs)) / 127
      return Math.round(value / step) * step
    })
  })
  const quantised = await tokens(root, gridded)
  expect(Math.max(...column(quantised, own("B", "offGrid8")))).toBeLessThan(0.1)
  expect(Math.min(...column(quantised, own("A", "offGrid8")))).toBeGreaterThan(1)

  const sparse = await tokens(
    root,
    mapWeights(root, ({ shape, values }) => (shape.length === 1 ? values : values.map((value, i) => (i % 4 < 2 ? 0 : value)))),
  )
  expect(Math.min(...column(sparse, own("B", "twoOfFour")))).toBe(4)
  expect(Math.max(...column(sparse, own("A", "twoOfFour")))).toBe(0)
})

it("stays within bounds whatever the files hold", async () => {
  const hostile = (value: number) => mapWeights(root, ({ values }) => values.map((own, i) => (i % 3 === 0 ? value : own)))
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e38, 0]) {
    const { values } = await tokens(root, hostile(value))
    expect(values.every((number) => Math.abs(number) <= 4)).toBe(true)
  }
  const empty: Fingerprint = { ...(await fingerprintOf(root)), slabs: [] }
  const pair = await pairOf(empty, await fingerprintOf(root))
  expect(evidenceTokens(empty, empty, pair)).toEqual({ features: FEATURES, values: new Float32Array() })
})
