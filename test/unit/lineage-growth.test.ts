import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { descends } from "~src/lineage/descent"
import type { Distances } from "~src/lineage/distance"
import { growTree } from "~src/lineage/growth"
import { type PlacedEdge, placeFamily } from "~src/lineage/rooting"
import { components, minimumForest } from "~src/lineage/skeleton"
import { blend, distancesOf, gaussian, step } from "./lineage-models"

const ORIGIN: readonly number[] = Array(2000).fill(0)
const DAY = 86_400_000

/** A tree of independent steps: parents[i] is the parent of i, 0 the root. */
interface Tree {
  readonly parents: readonly number[]
  readonly points: readonly (readonly number[])[]
}

function randomTree(seed: number, size: number): Tree {
  const next = gaussian(seed)
  const uniform = (n: number) => Math.floor(Math.abs(next()) * 1e6) % n
  const parents = [-1]
  const points: (readonly number[])[] = [ORIGIN]
  for (let i = 1; i < size; i++) {
    const parent = uniform(i)
    parents.push(parent)
    points.push(step(points[parent] as number[], seed + i, 0.8 + uniform(50) / 100))
  }
  return { parents, points }
}

const wanted = ({ parents }: Tree) => new Map(parents.flatMap((parent, child) => (parent < 0 ? [] : [[child, parent] as const])))
const nodesOf = (distances: Distances) => Array.from({ length: distances.size }, (_, i) => i)
const grow = (distances: Distances, root: number) =>
  growTree(root, nodesOf(distances), {
    distances,
    mixtures: new Map(),
    heir: (p, a, b) => descends(distances, p, a, b, 0),
  })
const place = (distances: Distances, times: readonly (number | null)[]): PlacedEdge[] =>
  placeFamily({
    distances,
    nodes: nodesOf(distances),
    roots: nodesOf(distances),
    grow: (root) => grow(distances, root),
    times,
    cues: () => ({ information: 0, files: 0, weights: 0 }),
    placed: new Set(),
  })
const rootOf = (edges: readonly PlacedEdge[], size: number) =>
  Array.from({ length: size }, (_, i) => i).find((i) => !edges.some(({ child }) => child === i))
const trees = fc.record({ seed: fc.nat(50_000), size: fc.integer({ min: 2, max: 12 }) })

describe("growth", () => {
  it("recovers trees of independent steps from their root", () => {
    fc.assert(
      fc.property(trees, ({ seed, size }) => {
        const tree = randomTree(seed, size)
        expect(new Map([...grow(distancesOf(tree.points), 0)].sort(([a], [b]) => a - b))).toEqual(wanted(tree))
      }),
      { numRuns: 40 },
    )
  })

  it("spans every member once from any root, on any distances", () => {
    const points = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(points, fc.nat(8), (list, at) => {
        const root = at % list.length
        const parents = grow(distancesOf(list), root)
        expect([...parents.keys()].sort()).toEqual([...list.keys()].filter((i) => i !== root))
        for (const node of parents.keys()) {
          let up = node
          for (let hops = 0; up !== root; hops++) {
            expect(hops).toBeLessThan(list.length)
            up = parents.get(up) as number
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it("does not chain siblings whose data pulled them the same way", () => {
    for (const shared of [0.5, 1, 2]) {
      const common = step(ORIGIN, 1, shared)
      const siblings = [2, 3, 4, 5].map((seed) => step(common, seed))
      // Nearer to each other than to their parent once the shared part is large: nearness alone would chain them.
      expect(new Set(grow(distancesOf([ORIGIN, ...siblings]), 0).values())).toEqual(new Set([0]))
    }
  })

  it("hangs a grandchild on its parent although it also shares its aunts' direction", () => {
    const common = step(ORIGIN, 1)
    const [a, b, c] = [2, 3, 4].map((seed) => step(common, seed)) as [number[], number[], number[]]
    const parents = grow(distancesOf([ORIGIN, a, b, c, step(a, 9, 0.5)]), 0)
    expect(parents.get(4)).toBe(1)
    expect([1, 2, 3].map((i) => parents.get(i))).toEqual([0, 0, 0])
  })

  it("hangs a merge below its largest part and nothing on a merge's mean by mistake", () => {
    const [a, b] = [step(ORIGIN, 1), step(ORIGIN, 2)]
    const distances = distancesOf([
      ORIGIN,
      a,
      b,
      blend([
        [0.4, a],
        [0.6, b],
      ]),
    ])
    const parents = growTree(0, [0, 1, 2, 3], {
      distances,
      mixtures: new Map([[3, { kind: "merge" as const, parts: [2, 1], shares: [0.6, 0.4] }]]),
      heir: (p, x, y) => descends(distances, p, x, y, 0),
    })
    expect(Object.fromEntries(parents)).toEqual({ 1: 0, 2: 0, 3: 2 })
  })
})

describe("descent", () => {
  it("tells heirs from siblings and from the other direction", () => {
    const parent = step(ORIGIN, 1)
    const distances = distancesOf([ORIGIN, parent, step(parent, 2), step(ORIGIN, 3)])
    expect(descends(distances, 0, 1, 2, 0)).toBe(true)
    expect(descends(distances, 0, 2, 1, 0)).toBe(false)
    expect(descends(distances, 0, 1, 3, 0)).toBe(false)
  })

  it("is not moved by a card where the weights clearly disagree, nor by members that are not related", () => {
    const distances = distancesOf([ORIGIN, step(ORIGIN, 1), step(ORIGIN, 2)])
    expect(descends(distances, 0, 1, 2, 1)).toBe(false)
    const apart = { size: 3, squared: Float64Array.from([0, 1, Number.POSITIVE_INFINITY, 1, 0, 1, Number.POSITIVE_INFINITY, 1, 0]) }
    expect(descends(apart, 0, 1, 2, 0)).toBe(false)
  })
})

describe("rooting", () => {
  it("orients a family by its dates", () => {
    fc.assert(
      fc.property(trees, ({ seed, size }) => {
        const tree = randomTree(seed, size)
        const edges = place(
          distancesOf(tree.points),
          tree.parents.map((_, i) => i * DAY),
        )
        expect(new Map(edges.map(({ child, parent }) => [child, parent] as const).sort(([a], [b]) => a - b))).toEqual(wanted(tree))
        for (const { probability } of edges) expect(probability).toBeGreaterThan(0.5)
      }),
      { numRuns: 25 },
    )
  })

  it("is not turned round by a parent that was uploaded again", () => {
    const children = [1, 2, 3, 4, 5].map((seed) => step(ORIGIN, seed))
    const times = [900, 100, 200, 300, 400, 500].map((day) => day * DAY)
    const edges = place(distancesOf([ORIGIN, ...children]), times)
    expect(edges.map(({ parent }) => parent)).toEqual([0, 0, 0, 0, 0])
    for (const { probability } of edges) expect(probability).toBeGreaterThan(0.5)
  })

  it("prefers the hub of a star without dates, and is surer the more children there are", () => {
    const sure = [3, 5, 9].map((count) => {
      const children = Array.from({ length: count }, (_, n) => step(ORIGIN, 20 + n))
      const edges = place(distancesOf([ORIGIN, ...children]), Array(count + 1).fill(null))
      expect(rootOf(edges, count + 1)).toBe(0)
      return Math.min(...edges.map(({ probability }) => probability))
    })
    expect(sure).toEqual([...sure].sort((a, b) => a - b))
    expect(sure[2]).toBeGreaterThan(0.8)
  })

  it("leaves the direction of a pair open without dates", () => {
    const [edge] = place(distancesOf([ORIGIN, step(ORIGIN, 1)]), [null, null])
    expect(edge?.probability).toBeCloseTo(0.5, 6)
  })

  it("gives probabilities, and one parent for each but the root, on any family and any dates", () => {
    const dates = fc.array(fc.option(fc.integer({ min: 0, max: 2_000 })), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(trees, dates, ({ seed, size }, days) => {
        const { points } = randomTree(seed, size)
        const edges = place(
          distancesOf(points),
          days.slice(0, size).map((day) => (day === null ? null : day * DAY)),
        )
        expect(edges).toHaveLength(size - 1)
        expect(new Set(edges.map(({ child }) => child)).size).toBe(size - 1)
        for (const { parent, child, probability, geometry } of edges) {
          expect(parent).not.toBe(child)
          for (const value of [probability, geometry]) {
            expect(value).toBeGreaterThanOrEqual(0)
            expect(value).toBeLessThanOrEqual(1 + 1e-9)
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe("skeleton", () => {
  it("is the tree without its arrows", () => {
    fc.assert(
      fc.property(trees, ({ seed, size }) => {
        const tree = randomTree(seed, size)
        const links = minimumForest(distancesOf(tree.points), [...tree.points.keys()])
        const names = (pairs: Iterable<readonly [number, number]>) =>
          [...pairs].map((pair) => [...pair].sort((a, b) => a - b).join("-")).sort()
        expect(names(links)).toEqual(names(wanted(tree)))
      }),
      { numRuns: 40 },
    )
  })

  it("keeps what is not related in components of its own", () => {
    const infinite = Number.POSITIVE_INFINITY
    const squared = Float64Array.from([0, 1, infinite, 1, 0, infinite, infinite, infinite, 0])
    const links = minimumForest({ size: 3, squared }, [0, 1, 2])
    expect(components([0, 1, 2], links)).toEqual([[0, 1], [2]])
  })
})
