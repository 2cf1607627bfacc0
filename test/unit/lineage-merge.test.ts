import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { findExactMerges, type Mixture } from "~src/lineage/merge"
import { findSelections } from "~src/lineage/selection-merge"
import type { WeightSample } from "~src/lineage/weight-sample"
import { blend, gaussian, step } from "./lineage-models"

const TENSORS = 8
const SIZE = 200
const ORIGIN: readonly number[] = step(Array(TENSORS * SIZE).fill(0), 77, 10)
type Point = readonly number[]

/** Points as eight tensors of four layers, stored with so many significant binary digits. */
function sampleOf(points: readonly Point[], digits = 24): WeightSample {
  const grid = (value: number) => {
    if (value === 0) return 0
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) + 1 - digits)
    return Math.round(value / unit) * unit
  }
  return {
    values: points.map((point) => Float64Array.from(point, grid)),
    tensors: Array.from({ length: TENSORS }, (_, t) => ({
      layer: t >> 1,
      from: t * SIZE,
      to: (t + 1) * SIZE,
      rounding: points.map(() => 2 ** -digits),
    })),
  }
}
const contextOf = (points: readonly Point[], times: readonly (number | null)[] = points.map(() => null)) => {
  const spread = points.map((p) => points.reduce((sum, q) => sum + Math.sqrt(p.reduce((s, x, d) => s + (x - (q[d] as number)) ** 2, 0)), 0))
  return { centre: [...points.keys()].sort((a, b) => (spread[a] as number) - (spread[b] as number)), times }
}
const exact = (points: readonly Point[], digits?: number) => findExactMerges(sampleOf(points, digits), contextOf(points))
const selections = (points: readonly Point[], digits?: number) => findSelections(sampleOf(points, digits), contextOf(points), new Map())
const shares = ({ parts, shares: values }: Mixture) => new Map(parts.map((part, n) => [part, values[n] as number]))
const byTensor = (make: (t: number, d: number) => number) => ORIGIN.map((_, d) => make(Math.floor(d / SIZE), d))
const seeds = fc.nat(100_000)
const children = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => step(ORIGIN, seed))
const at = (n: number) => children[n - 1] as number[]
const MADE = children.length + 1

describe("weighted means", () => {
  it.each([
    [[0.5, 0.5]],
    [[0.7, 0.3]],
    [[0.9, 0.1]],
    [[1 / 3, 1 / 3, 1 / 3]],
    [[0.5, 0.3, 0.2]],
    [[0.25, 0.25, 0.25, 0.25]],
    [[0.4, 0.3, 0.2, 0.1]],
  ])("recovers %j among siblings, a base and grandchildren", (planted) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const own = [1, 2, 3, 4, 5].map((n) => step(ORIGIN, seed + n, 10 ** -(n % 3)))
        const merge = blend(planted.map((share, n) => [share, own[n] as number[]] as const))
        const found = exact([ORIGIN, ...own, step(own[4] as number[], seed + 6, 0.5), merge])
        expect([...found.keys()]).toEqual([7])
        const answer = found.get(7) as Mixture
        expect(answer).toMatchObject({ kind: "merge", fit: { method: "mean" } })
        expect([...shares(answer).keys()].sort()).toEqual(planted.map((_, n) => n + 1))
        for (const [n, share] of planted.entries()) expect(shares(answer).get(n + 1)).toBeCloseTo(share, 3)
        expect(answer.shares).toEqual([...answer.shares].sort((a, b) => b - a))
        expect(answer.fit?.residual).toBeLessThan(1e-4)
      }),
      { numRuns: 5 },
    )
  })

  it("bears the rounding of bfloat16", () => {
    const [a, b] = [step(ORIGIN, 1, 5), step(ORIGIN, 2, 5)]
    const mean = blend([
      [0.6, a],
      [0.4, b],
    ])
    const found = exact([ORIGIN, a, b, step(ORIGIN, 4, 5), mean], 8)
    expect([...found.keys()]).toEqual([4])
    expect(found.get(4)?.parts).toEqual([1, 2])
    expect(found.get(4)?.shares[0]).toBeCloseTo(0.6, 1)
  })

  it("takes no chain, sibling, parent of many children or snapshot of one training for one", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 9 }), (seed, count) => {
        const chain = [[...ORIGIN]]
        for (let n = 0; n < count; n++) chain.push(step(chain[n] as number[], seed + n))
        expect(exact(chain).size).toBe(0)
        // One direction, as far as it goes, with the noise of every stretch.
        const towards = gaussian(seed)
        const heading = ORIGIN.map(() => towards())
        const drift = chain.map((_, n) =>
          step(
            ORIGIN.map((x, d) => x + n * (heading[d] as number)),
            seed + 50 + n,
            0.05,
          ),
        )
        expect(exact(drift).size).toBe(0)
        expect(exact([ORIGIN, ...Array.from({ length: count }, (_, n) => step(ORIGIN, seed + 100 + n))]).size).toBe(0)
      }),
      { numRuns: 8 },
    )
  })

  it("takes no ancestor of partly trained models for a mixture of them", () => {
    const upper = byTensor((t, d) => (t >= 4 ? (at(1)[d] as number) : (ORIGIN[d] as number)))
    const odd = byTensor((t, d) => (t % 2 ? (at(2)[d] as number) : (ORIGIN[d] as number)))
    const even = byTensor((t, d) => (t % 2 ? (ORIGIN[d] as number) : (at(3)[d] as number)))
    expect(exact([ORIGIN, upper, odd, even]).size).toBe(0)
  })

  it("names the merge that another was made from, and plain parts where as few do", () => {
    const [a, b, c] = [at(1), at(2), at(3)]
    const first = blend([
      [0.3, a],
      [0.7, b],
    ])
    const second = blend([
      [0.6, first],
      [0.4, c],
    ])
    const third = blend([
      [0.6, a],
      [0.4, b],
    ])
    const found = exact([ORIGIN, a, b, c, first, second, third])
    expect([...found.keys()].sort()).toEqual([4, 5, 6])
    expect(found.get(4)?.parts).toEqual([2, 1])
    expect(found.get(5)?.parts).toEqual([4, 3])
    expect(found.get(6)?.parts).toEqual([1, 2])
  })

  it("never makes a member its own ancestor, whatever the weights", () => {
    const few = fc.array(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 2, maxLength: 2 }), { minLength: 3, maxLength: 7 })
    const [u, v] = [step(Array(ORIGIN.length).fill(0), 1), step(Array(ORIGIN.length).fill(0), 2)] as [number[], number[]]
    fc.assert(
      fc.property(few, (places) => {
        const points = places.map(([p, q]) => ORIGIN.map((x, d) => x + (p as number) * (u[d] as number) + (q as number) * (v[d] as number)))
        const found = exact(points)
        const above = (node: number, depth = 0): number[] =>
          depth > points.length ? [] : (found.get(node)?.parts ?? []).flatMap((part) => [part, ...above(part, depth + 1)])
        for (const [node, { parts, shares: values }] of found) {
          expect(above(node)).not.toContain(node)
          expect(new Set(parts).size).toBe(parts.length)
          expect(values.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6)
          expect(values.every((share) => share > 0)).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe("tensor by tensor", () => {
  const task = (n: number, d: number) => (at(n)[d] as number) - (ORIGIN[d] as number)
  const found = (made: Point) => exact([ORIGIN, ...children, made])

  it("recovers sums of task vectors, whatever they sum to, and not the base or the parts as made from the sum", () => {
    for (const [a, b] of [
      [0.8, 0.5],
      [0.92, 0.76],
      [0.4, 0.25],
    ] as const) {
      const sum = found(byTensor((_, d) => (ORIGIN[d] as number) + a * task(1, d) + b * task(3, d)))
      expect([...sum.keys()]).toEqual([MADE])
      expect(sum.get(MADE)).toMatchObject({ parts: [1, 3], fit: { method: "sum" }, base: 0 })
      expect(sum.get(MADE)?.shares[0]).toBeCloseTo(a / (a + b), 2)
    }
  })

  it("recovers SLERP with a share that changes over the tensors", () => {
    const slerp = byTensor((t, d) => {
      const share = [0.2, 0.3, 0.5, 0.7][t % 4] as number
      return 1.002 * ((1 - share) * (at(2)[d] as number) + share * (at(5)[d] as number))
    })
    expect(found(slerp).get(MADE)).toMatchObject({ fit: { method: "by-tensor" } })
    expect([...(found(slerp).get(MADE)?.parts ?? [])].sort()).toEqual([2, 5])
  })

  it("recovers model stock and leaves its base out", () => {
    const stock = byTensor((t, d) => (ORIGIN[d] as number) + ((0.1 * (t + 1)) / 3) * (task(1, d) + task(2, d) + task(4, d)))
    const answer = found(stock).get(MADE) as Mixture
    expect([...answer.parts].sort()).toEqual([1, 2, 4])
    expect(answer.base).toBe(0)
    for (const share of answer.shares) expect(share).toBeCloseTo(1 / 3, 2)
  })

  it("recovers model stock that stays near its base", () => {
    const stock = byTensor((t, d) => (ORIGIN[d] as number) + ((0.01 * (t + 1)) / 3) * (task(1, d) + task(2, d) + task(4, d)))
    expect([...(found(stock).get(MADE)?.parts ?? [])].sort()).toEqual([1, 2, 4])
  })

  it("takes what has a part more than whole for the less likely sum", () => {
    const sum = ORIGIN.map((base, d) => base + 0.9 * task(1, d) + 0.88 * task(2, d))
    const points = [ORIGIN, ...children, sum]
    // Whichever of the four is taken for the base: by how central it is alone, a part would be made of the sum.
    const answer = findExactMerges(sampleOf(points), { ...contextOf(points), centre: [2, 0, 1, ...points.keys()] })
    expect(answer.get(MADE)).toMatchObject({ base: 0 })
    expect([...answer.keys()]).toEqual([MADE])
  })

  it("recovers layers taken by turns", () => {
    const turns = byTensor((t, d) => at((t >> 1) % 4 === 3 ? 6 : 4)[d] as number)
    expect(found(turns).get(MADE)).toMatchObject({ parts: [4, 6], shares: [0.75, 0.25], fit: { method: "layers" } })
  })
})

describe("merges that select elements", () => {
  const task = (n: number) => at(n).map((value, d) => value - (ORIGIN[d] as number))
  const onto = (change: Point) => ORIGIN.map((base, d) => base + (change[d] as number))
  const trimmed = (change: Point, density: number) => {
    const bar = change.map(Math.abs).sort((a, b) => b - a)[Math.floor(density * change.length)] as number
    return change.map((value) => (Math.abs(value) >= bar ? value : 0))
  }
  const ties = (changes: readonly Point[]) =>
    onto(
      ORIGIN.map((_, d) => {
        const sign = Math.sign(changes.reduce((sum, change) => sum + (change[d] as number), 0))
        const agreeing = changes.map((change) => change[d] as number).filter((value) => value !== 0 && Math.sign(value) === sign)
        return agreeing.length === 0 ? 0 : agreeing.reduce((sum, value) => sum + value, 0) / agreeing.length
      }),
    )

  it.each([2, 3])("recovers TIES of %i", (count) => {
    const chosen = [1, 2, 5].slice(0, count)
    const found = selections([ORIGIN, ...children, ties(chosen.map((n) => trimmed(task(n), 0.5)))])
    expect([...found.keys()]).toEqual([MADE])
    expect([...(found.get(MADE)?.parts ?? [])].sort()).toEqual(chosen)
    expect(found.get(MADE)).toMatchObject({ fit: { method: "selection" }, base: 0 })
    for (const share of found.get(MADE)?.shares ?? []) expect(share).toBeCloseTo(1 / count, 2)
  })

  it("recovers TIES of few elements, from a small part as well", () => {
    const small = step(ORIGIN, 61, 0.02)
    const changes = [task(2), small.map((value, d) => value - (ORIGIN[d] as number))]
    const found = selections([ORIGIN, ...children, small, ties(changes.map((change) => trimmed(change, 0.15)))])
    expect([...found.keys()]).toEqual([MADE + 1])
    const { parts, base } = found.get(MADE + 1) as Mixture
    // The small part is nearly the base: the two may change places.
    expect([...parts, base as number].sort((a, b) => a - b)).toEqual([0, 2, MADE])
    expect(parts).toContain(2)
  })

  it("recovers DARE with a part a hundred times smaller than the other", () => {
    const next = gaussian(9)
    const small = step(ORIGIN, 60, 0.01)
    const dropped = (change: Point) => change.map((value) => (next() > 0 ? 2 * value : 0))
    const [a, b] = [dropped(task(2)), dropped(small.map((value, d) => value - (ORIGIN[d] as number)))]
    const dare = onto(a.map((value, d) => 0.6 * value + 0.4 * (b[d] as number)))
    const found = selections([ORIGIN, ...children, small, dare])
    expect([...found.keys()]).toEqual([MADE + 1])
    expect(found.get(MADE + 1)?.parts).toEqual([2, MADE])
    expect(found.get(MADE + 1)?.shares[0]).toBeCloseTo(0.6, 2)
  })

  it("recovers model breadcrumbs", () => {
    const middle = (change: Point) => {
      const [low, high] = [trimmed(change, 0.75), trimmed(change, 0.05)]
      return low.map((value, d) => (high[d] === 0 ? value : 0))
    }
    const [a, b] = [middle(task(3)), middle(task(4))]
    const found = selections([ORIGIN, ...children, onto(a.map((value, d) => 0.6 * (value + (b[d] as number))))])
    expect([...found.keys()]).toEqual([MADE])
    expect([...(found.get(MADE)?.parts ?? [])].sort()).toEqual([3, 4])
  })

  it("takes neither fine-tunes with frozen elements nor chains for selections", () => {
    const frozen = step(ORIGIN, 50).map((value, d) => (d % 2 === 0 ? value : (ORIGIN[d] as number)))
    const onward = step(frozen, 51).map((value, d) => (d % 3 === 0 ? value : (frozen[d] as number)))
    expect(selections([ORIGIN, ...children, frozen, onward, step(onward, 52)]).size).toBe(0)
  })
})
