import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Distances, innerProduct } from "~src/lineage/distance"
import { findMerges, type Mixture, solveShares } from "~src/lineage/merge"
import { findTaskMerge } from "~src/lineage/task-merge"
import { blend, distancesOf, gaussian, step } from "./lineage-models"

const ORIGIN: readonly number[] = Array(1500).fill(0)
const merges = (distances: Distances, equal: (i: number, j: number) => number = () => 0) =>
  findMerges(
    distances,
    Array.from({ length: distances.size }, (_, i) => i),
    (x, from) => findTaskMerge(distances, x, from, equal),
  )
const shares = ({ parts, shares: values }: Mixture) => new Map(parts.map((part, n) => [part, values[n] as number]))
const seeds = fc.nat(100_000)

it("takes inner products from distances alone", () => {
  const points = [0, 1, 2].map((seed) => step(ORIGIN, seed))
  const [x, i, j] = points as [number[], number[], number[]]
  const direct = x.reduce((sum, value, d) => sum + ((i[d] as number) - value) * ((j[d] as number) - value), 0)
  expect(innerProduct(distancesOf(points), 0, 1, 2)).toBeCloseTo(direct, 6)
})

it("solves for the shares of any mean, whatever their number", () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }), (seed, raw) => {
      const total = raw.reduce((a, b) => a + b, 0)
      const wanted = raw.map((value) => value / total)
      const parts = raw.map((_, n) => step(ORIGIN, seed + n))
      const mean = blend(wanted.map((share, n) => [share, parts[n] as number[]] as const))
      const solved = solveShares(
        distancesOf([mean, ...parts]),
        0,
        [...raw.keys()].map((n) => n + 1),
      )
      for (const [n, share] of wanted.entries()) expect(Math.abs((solved?.shares[n] as number) - share)).toBeLessThan(1e-5)
    }),
    { numRuns: 30 },
  )
})

describe("weighted means", () => {
  it.each([
    [[0.5, 0.5]],
    [[0.7, 0.3]],
    [[0.85, 0.15]],
    [[1 / 3, 1 / 3, 1 / 3]],
    [[0.5, 0.3, 0.2]],
    [[0.25, 0.25, 0.25, 0.25]],
    [[0.4, 0.3, 0.2, 0.1]],
  ])("recovers %j among siblings, a base and grandchildren", (planted) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const children = [1, 2, 3, 4, 5].map((n) => step(ORIGIN, seed + n))
        const grandchild = step(children[4] as number[], seed + 6, 0.5)
        const merge = blend(planted.map((share, n) => [share, children[n] as number[]] as const))
        const found = merges(distancesOf([ORIGIN, ...children, grandchild, merge]))
        expect([...found.keys()]).toEqual([7])
        const answer = found.get(7) as Mixture
        expect(answer.kind).toBe("merge")
        expect([...shares(answer).keys()].sort()).toEqual(planted.map((_, n) => n + 1))
        for (const [n, share] of planted.entries()) expect(shares(answer).get(n + 1)).toBeCloseTo(share, 3)
        expect(answer.shares).toEqual([...answer.shares].sort((a, b) => b - a))
        expect(answer.residual).toBeLessThan(0.001)
      }),
      { numRuns: 10 },
    )
  })

  it("bears the rounding of a narrow dtype", () => {
    const [a, b] = [step(ORIGIN, 1), step(ORIGIN, 2)]
    const found = merges(
      distancesOf([
        ORIGIN,
        a,
        b,
        step(ORIGIN, 4),
        step(
          blend([
            [0.6, a],
            [0.4, b],
          ]),
          3,
          0.05,
        ),
      ]),
    )
    expect([...found.keys()]).toEqual([4])
    expect(found.get(4)?.parts).toEqual([1, 2])
    expect(found.get(4)?.shares[0]).toBeCloseTo(0.6, 1)
  })

  it("takes no chain, sibling or parent of many children for one", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 14 }), (seed, count) => {
        const chain = [ORIGIN]
        for (let n = 0; n < count; n++) chain.push(step(chain[n] as number[], seed + n))
        expect(merges(distancesOf(chain)).size).toBe(0)
        const star = [ORIGIN, ...Array.from({ length: count }, (_, n) => step(ORIGIN, seed + 100 + n))]
        expect(merges(distancesOf(star)).size).toBe(0)
        expect(merges(distancesOf(star.slice(1))).size).toBe(0)
        const next = gaussian(seed)
        const tree = [ORIGIN]
        for (let n = 0; n < count; n++)
          tree.push(step(tree[Math.floor(Math.abs(1000 * next())) % tree.length] as number[], seed + 300 + n, 0.5 + Math.abs(next())))
        expect(merges(distancesOf(tree)).size).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  it("explains a merge of a merge by plain members", () => {
    const [a, b, c] = [1, 2, 3].map((seed) => step(ORIGIN, seed)) as [number[], number[], number[]]
    const first = blend([
      [0.5, a],
      [0.5, b],
    ])
    const second = blend([
      [0.5, first],
      [0.5, c],
    ])
    const found = merges(distancesOf([ORIGIN, a, b, c, first, second]))
    expect([...found.keys()].sort()).toEqual([4, 5])
    const answer = shares(found.get(5) as Mixture)
    expect([...answer.keys()].sort()).toEqual([1, 2, 3])
    for (const [part, share] of [
      [1, 0.25],
      [2, 0.25],
      [3, 0.5],
    ] as const)
      expect(answer.get(part)).toBeCloseTo(share, 3)
  })

  it("never makes a member its own ancestor, whatever the distances", () => {
    const anything = fc.integer({ min: 3, max: 8 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        points: fc.array(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 2, maxLength: 2 }), { minLength: size, maxLength: size }),
      }),
    )
    fc.assert(
      fc.property(anything, ({ points }) => {
        const found = merges(distancesOf(points))
        const above = (node: number, depth = 0): number[] =>
          depth > points.length ? [] : (found.get(node)?.parts ?? []).flatMap((part) => [part, ...above(part, depth + 1)])
        for (const [node, { parts, shares: values }] of found) {
          expect(above(node)).not.toContain(node)
          expect(new Set(parts).size).toBe(parts.length)
          expect(values.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6)
          expect(values.every((share) => share > 0)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe("merges along task vectors", () => {
  const children = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((seed) => step(ORIGIN, seed))
  const MADE = children.length + 1
  const at = (n: number) => children[n - 1] as number[]

  it("recovers task arithmetic with coefficients that do not sum to one", () => {
    const sum = ORIGIN.map((base, d) => base + 0.8 * (at(1)[d] as number) + 0.5 * (at(3)[d] as number))
    const found = merges(distancesOf([ORIGIN, ...children, sum]))
    expect([...found.keys()]).toEqual([MADE])
    expect(found.get(MADE)?.parts).toEqual([1, 3])
    expect(found.get(MADE)?.shares[0]).toBeCloseTo(0.8 / 1.3, 2)
  })

  it("recovers a sum of three", () => {
    const sum = ORIGIN.map((base, d) => base + 0.6 * ((at(1)[d] as number) + (at(2)[d] as number) + (at(4)[d] as number)))
    const found = merges(distancesOf([ORIGIN, ...children, sum]))
    expect([...(found.get(MADE)?.parts ?? [])].sort()).toEqual([1, 2, 4])
    for (const share of found.get(MADE)?.shares ?? []) expect(share).toBeCloseTo(1 / 3, 2)
  })

  const equalShare = (points: readonly (readonly number[])[]) => (i: number, j: number) =>
    (points[i] as readonly number[]).filter((value, d) => value === points[j]?.[d]).length / ORIGIN.length

  it("recovers a merge that selects elements by their size (TIES)", () => {
    const trimmed = (point: readonly number[]) => {
      const bar = point.map(Math.abs).sort((a, b) => b - a)[Math.floor(0.5 * point.length)] as number
      return point.map((value) => (Math.abs(value) >= bar ? value : 0))
    }
    const [a, b] = [trimmed(at(1)), trimmed(at(2))]
    const ties = a.map((value, d) => {
      const both = [value, b[d] as number].filter((task) => task !== 0 && Math.sign(task) === Math.sign(value + (b[d] as number)))
      return both.length === 0 ? 0 : both.reduce((sum, task) => sum + task, 0) / both.length
    })
    const points = [ORIGIN, ...children, ties]
    const found = merges(distancesOf(points), equalShare(points))
    expect([...found.keys()]).toEqual([MADE])
    expect([...(found.get(MADE)?.parts ?? [])].sort()).toEqual([1, 2])
    expect(found.get(MADE)?.shares[0]).toBeCloseTo(0.5, 1)
  })

  it("recovers a merge that drops elements by chance (DARE)", () => {
    const next = gaussian(9)
    const dropped = (point: readonly number[]) => point.map((value) => (next() > 0 ? 2 * value : 0))
    const [a, b] = [dropped(at(2)), dropped(at(3))]
    const dare = a.map((value, d) => 0.6 * value + 0.4 * (b[d] as number))
    const points = [ORIGIN, ...children, dare]
    const found = findTaskMerge(distancesOf(points), MADE, [...points.keys()], equalShare(points))
    expect([...(found?.parts ?? [])].sort()).toEqual([2, 3])
    expect(found?.shares[0]).toBeCloseTo(0.6, 1)
  })

  it("does not take a fine-tune with frozen elements for a selection", () => {
    const frozen = step(ORIGIN, 50).map((value, d) => (d % 2 === 0 ? value : 0))
    const points = [ORIGIN, ...children, frozen]
    expect(merges(distancesOf(points), equalShare(points)).size).toBe(0)
  })
})
