import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { assignMaximum } from "~src/lineage/assignment"
import { fisher, logFixedPointTail, matchRows } from "~src/lineage/row-match"
import { gaussian } from "./lineage-models"

function permutations(n: number): number[][] {
  if (n === 0) return [[]]
  return permutations(n - 1).flatMap((short) => Array.from({ length: n }, (_, at) => [...short.slice(0, at), n - 1, ...short.slice(at)]))
}
const fixedPoints = (permutation: readonly number[]) => permutation.filter((to, from) => to === from).length

describe("the null distribution of the row match", () => {
  it.each([1, 2, 3, 4, 5, 6, 7])("counts the permutations of %i rows as they are", (n) => {
    const all = permutations(n)
    for (let fixed = 0; fixed <= n; fixed++) {
      const share = all.filter((permutation) => fixedPoints(permutation) >= fixed).length / all.length
      expect(Math.exp(logFixedPointTail(n, fixed)), `${fixed} of ${n}`).toBeCloseTo(share, 12)
    }
  })

  it("stays finite and falls with every further match, for any number of rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), (n) => {
        for (let fixed = 1; fixed <= n; fixed++) {
          const [less, more] = [logFixedPointTail(n, fixed - 1), logFixedPointTail(n, fixed)]
          expect(Number.isFinite(more)).toBe(true)
          // One of n and n - 1 of n fixed points leave no choice for the rest: equal tails, up to rounding.
          expect(more).toBeLessThanOrEqual(less + 1e-9)
        }
      }),
    )
  })
})

describe("Fisher's combination", () => {
  it("keeps a single p-value and knows nothing of nothing", () => {
    expect(fisher([])).toBe(0)
    expect(fisher([0, 0])).toBe(0)
    fc.assert(
      fc.property(fc.double({ min: -600, max: -1e-6, noNaN: true }), (logP) => {
        expect(fisher([logP])).toBeCloseTo(logP, 9)
      }),
    )
  })

  it.each([2, 3, 8])("gives the frequency with which %i uniform p-values are jointly so small", (tests) => {
    const normal = gaussian(tests)
    // Twice an exponential is the square sum of two normals: -ln p of a uniform p.
    const sums = Array.from({ length: 20_000 }, () => {
      let sum = 0
      for (let i = 0; i < tests; i++) sum += (normal() ** 2 + normal() ** 2) / 2
      return sum
    }).sort((a, b) => b - a)
    for (const rank of [200, 2_000, 10_000]) {
      const each = -(sums[rank] as number) / tests
      const expected = rank / sums.length
      const error = 4 * Math.sqrt((expected * (1 - expected)) / sums.length)
      expect(Math.abs(Math.exp(fisher(Array(tests).fill(each))) - expected)).toBeLessThan(error)
    }
  })

  it("does not underflow on many certain matches", () => {
    const combined = fisher(Array(60).fill(logFixedPointTail(16, 16)))
    expect(combined).toBeLessThan(-1000)
    expect(Number.isFinite(combined)).toBe(true)
  })
})

it("assigns the largest total weight, as trying all permutations does", () => {
  const square = fc.integer({ min: 1, max: 7 }).chain((n) =>
    fc.record({
      n: fc.constant(n),
      weight: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n * n, maxLength: n * n }),
    }),
  )
  const total = (weight: readonly number[], n: number, columns: ArrayLike<number>) =>
    Array.from({ length: n }, (_, row) => weight[row * n + (columns[row] as number)] as number).reduce((a, b) => a + b, 0)
  fc.assert(
    fc.property(square, ({ n, weight }) => {
      const assigned = assignMaximum(weight, n)
      expect([...assigned].sort()).toEqual(Array.from({ length: n }, (_, i) => i))
      const best = Math.max(...permutations(n).map((columns) => total(weight, n, columns)))
      expect(total(weight, n, assigned)).toBeCloseTo(best, 9)
    }),
    { numRuns: 60 },
  )
})

describe("matchRows", () => {
  /** Cosines of rows that match themselves by `own` and others by noise; `flat` rows have no variation and thus cosine 0. */
  function cosines(head: number, own: number, flat: readonly number[] = []): Float32Array {
    const next = gaussian(head)
    return Float32Array.from({ length: head * head }, (_, i) => {
      const [row, col] = [Math.floor(i / head), i % head]
      return flat.includes(row) || flat.includes(col) ? 0 : row === col ? own : 0.1 * Math.tanh(next())
    })
  }

  it("matches every row of shared weights and says how surprising that is", () => {
    expect(matchRows(cosines(16, 0.9), 16)).toEqual({ tested: 16, matched: 16, logP: logFixedPointTail(16, 16) })
  })

  it("matches about one row of unrelated weights", () => {
    const matched = Array.from({ length: 40 }, (_, seed) => {
      const next = gaussian(seed)
      return matchRows(
        Float32Array.from({ length: 256 }, () => next()),
        16,
      ).matched
    })
    const mean = matched.reduce((a, b) => a + b, 0) / matched.length
    expect(mean).toBeGreaterThan(0.3)
    expect(mean).toBeLessThan(2)
  })

  it("leaves rows without variation out", () => {
    expect(matchRows(cosines(16, 0.9, [0, 3, 9]), 16)).toEqual({ tested: 13, matched: 13, logP: logFixedPointTail(13, 13) })
    expect(matchRows(cosines(16, 0.9, [...Array(13).keys()]), 16)).toEqual({ tested: 0, matched: 0, logP: 0 })
    expect(matchRows(new Float32Array(256), 16)).toEqual({ tested: 0, matched: 0, logP: 0 })
  })

  it("tests no fewer than four rows and no more than sixteen", () => {
    expect(matchRows(cosines(3, 0.9), 3).tested).toBe(0)
    expect(matchRows(cosines(4, 0.9), 4).tested).toBe(4)
    expect(matchRows(cosines(64, 0.9), 64).tested).toBe(16)
  })
})
