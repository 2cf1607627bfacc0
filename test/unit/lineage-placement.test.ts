import fc from "fast-check"
import { describe, expect, it } from "vitest"
import learned from "~assets/placement.json"
import { uniform } from "~src/core/uniform"
import { directionCues } from "~src/lineage/cues"
import type { Distances } from "~src/lineage/distance"
import { probableTree, treeProbabilities } from "~src/lineage/placement/arborescence"
import { edgeFeatures, FEATURES } from "~src/lineage/placement/features"
import type { PlacementInput } from "~src/lineage/placement/input"
import { invert } from "~src/lineage/placement/linear"
import { type PlacedEdge, placeFamily } from "~src/lineage/placement/place"
import { blend, distancesOf, step } from "./lineage-models"
import { ORIGIN, randomTree, trees, wanted } from "./lineage-trees"

const DAY = 86_400_000

const inputOf = (distances: Distances, times: readonly (number | null)[], changes: Partial<PlacementInput> = {}): PlacementInput => ({
  distances,
  volumes: distances,
  nodes: Array.from({ length: distances.size }, (_, i) => i),
  mixtures: new Map(),
  times,
  named: () => false,
  cues: () => ({ information: 0, files: 0, weights: 0 }),
  kept: () => false,
  ...changes,
})
const place = (distances: Distances, times: readonly (number | null)[], changes?: Partial<PlacementInput>): PlacedEdge[] =>
  placeFamily(inputOf(distances, times, changes))
const treeOf = (edges: readonly PlacedEdge[]) =>
  new Map(edges.map(({ child, parent }) => [child, parent] as const).sort(([a], [b]) => a - b))
const rootOf = (edges: readonly PlacedEdge[], size: number) =>
  Array.from({ length: size }, (_, i) => i).find((i) => !edges.some(({ child }) => child === i))

/** Every tree over the nodes with this root, as parents by node. */
function* allTrees(size: number, root: number): Generator<number[]> {
  const parents = Array<number>(size).fill(0)
  const reaches = (node: number) => {
    let up = node
    for (let hops = 0; hops < size && up !== root; hops++) up = parents[up] as number
    return up === root
  }
  for (let code = 0; code < size ** size; code++) {
    for (let i = 0, rest = code; i < size; i++, rest = Math.floor(rest / size)) parents[i] = rest % size
    if (parents[root] === 0 && parents.every((parent, i) => i === root || (parent !== i && reaches(i)))) yield [...parents]
  }
}

describe("all trees together", () => {
  it("have the edge probabilities that counting them one by one gives", () => {
    for (const size of [2, 3, 4]) {
      const next = uniform(size + 7)
      const scores = Float64Array.from({ length: size * size }, () => 4 * next() - 2)
      for (let root = 0; root < size; root++) {
        let sum = 0
        const share = new Float64Array(size * size)
        for (const parents of allTrees(size, root)) {
          const weight = Math.exp(
            parents.reduce((total, parent, i) => (i === root ? total : total + (scores[parent * size + i] as number)), 0),
          )
          sum += weight
          for (const [i, parent] of parents.entries())
            if (i !== root) share[parent * size + i] = (share[parent * size + i] as number) + weight
        }
        const edges = treeProbabilities(scores, size, root)
        expect([...edges]).toEqual([...share].map((weight) => expect.closeTo(weight / sum, 8)))
      }
    }
  })

  it("give every member one parent, whatever the edges", () => {
    const numbers = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 36, maxLength: 36 })
    fc.assert(
      fc.property(numbers, fc.nat(5), (edges, root) => {
        const parents = probableTree(Float64Array.from(edges), 6, root)
        expect([...parents.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5].filter((i) => i !== root))
        for (const node of parents.keys()) {
          let up = node
          for (let hops = 0; up !== root; hops++) {
            expect(hops).toBeLessThan(6)
            up = parents.get(up) as number
          }
        }
      }),
    )
  })

  it("rest on an inverse that is one, and on none where there is none", () => {
    const next = uniform(3)
    const matrix = Float64Array.from({ length: 25 }, () => next() - 0.5)
    const solved = invert(matrix, 5)
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 5; j++) {
        const product = Array.from({ length: 5 }, (_, k) => (matrix[i * 5 + k] as number) * (solved?.[k * 5 + j] as number))
        expect(product.reduce((sum, value) => sum + value, 0)).toBeCloseTo(Number(i === j), 8)
      }
    expect(invert(Float64Array.from([1, 2, 2, 4]), 2)).toBeNull()
  })
})

describe("placing a family", () => {
  it("weighs the features that were learned, in their order", () => {
    expect(learned.features).toEqual([...FEATURES])
  })

  it("gives bounded features, on any distances, however degenerate", () => {
    const points = fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 9 })
    fc.assert(
      fc.property(points, fc.nat(8), (list, at) => {
        const { values } = edgeFeatures(inputOf(distancesOf(list), Array(list.length).fill(null)))(at % list.length)
        for (const value of values) expect(Math.abs(value)).toBeLessThanOrEqual(6)
      }),
      { numRuns: 200 },
    )
  })

  it("finds families of random steps and orients them by their dates", () => {
    let [right, all] = [0, 0]
    for (let seed = 1; seed <= 25; seed++) {
      const tree = randomTree(1000 * seed, 2 + (seed % 11))
      const edges = place(
        distancesOf(tree.points),
        tree.parents.map((_, i) => i * DAY),
      )
      const made = wanted(tree)
      right += edges.filter(({ parent, child }) => made.get(child) === parent).length
      all += made.size
      for (const { direction } of edges) expect(direction).toBeGreaterThan(0.5)
    }
    expect(right / all).toBeGreaterThan(0.97)
  })

  it("does not chain siblings whose data pulled them the same way", () => {
    for (const shared of [0.5, 1, 2]) {
      const common = step(ORIGIN, 1, shared)
      const siblings = [2, 3, 4, 5].map((seed) => step(common, seed))
      // Nearer to each other than to their parent once the shared part is large: nearness alone would chain them.
      const edges = placeFamily(inputOf(distancesOf([ORIGIN, ...siblings]), Array(5).fill(null)), [0])
      expect(edges.map(({ parent }) => parent)).toEqual([0, 0, 0, 0])
    }
  })

  it("hangs a grandchild on its parent although it also shares its aunts' direction", () => {
    const common = step(ORIGIN, 1)
    const [a, b, c] = [2, 3, 4].map((seed) => step(common, seed)) as [number[], number[], number[]]
    const edges = placeFamily(inputOf(distancesOf([ORIGIN, a, b, c, step(a, 9, 0.5)]), Array(5).fill(null)), [0])
    expect(treeOf(edges)).toEqual(new Map([1, 2, 3, 4].map((child) => [child, child === 4 ? 1 : 0])))
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
    const mixtures = new Map([[3, { kind: "merge" as const, parts: [2, 1], shares: [0.6, 0.4] }]])
    const edges = placeFamily(inputOf(distances, [1, 2, 3, 4], { mixtures }), [0])
    expect(Object.fromEntries(treeOf(edges))).toEqual({ 1: 0, 2: 0, 3: 2 })
  })

  it("is not turned round by a parent that was uploaded again", () => {
    const children = [1, 2, 3, 4, 5].map((seed) => step(ORIGIN, seed))
    const times = [900, 100, 200, 300, 400, 500].map((day) => day * DAY)
    const edges = place(distancesOf([ORIGIN, ...children]), times)
    expect(edges.map(({ parent }) => parent)).toEqual([0, 0, 0, 0, 0])
    for (const { direction } of edges) expect(direction).toBeGreaterThan(0.5)
  })

  it("prefers the hub of a star without dates, and is surer the more children there are", () => {
    const sure = [3, 5, 9].map((count) => {
      const children = Array.from({ length: count }, (_, n) => step(ORIGIN, 20 + n))
      const edges = place(distancesOf([ORIGIN, ...children]), Array(count + 1).fill(null))
      expect(rootOf(edges, count + 1)).toBe(0)
      return Math.min(...edges.map(({ direction }) => direction))
    })
    expect(sure).toEqual([...sure].sort((a, b) => a - b))
    expect(sure[2]).toBeGreaterThan(0.8)
  })

  it("leaves the direction of a pair open without dates", () => {
    const [edge] = place(distancesOf([ORIGIN, step(ORIGIN, 1)]), [null, null])
    expect(edge?.direction).toBeCloseTo(0.5, 6)
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
        for (const { parent, child, attachment, direction, geometry } of edges) {
          expect(parent).not.toBe(child)
          for (const value of [attachment, direction, geometry]) {
            expect(value).toBeGreaterThanOrEqual(0)
            expect(value).toBeLessThanOrEqual(1 + 1e-9)
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe("direction cues", () => {
  it("say that the base of a merge of selected elements came before its parts", () => {
    const merge = { kind: "merge" as const, parts: [1, 2], shares: [0.5, 0.5], base: 0 }
    const cues = (method: "selection" | "sum") =>
      directionCues(
        [],
        () => false,
        () => undefined,
        new Map([[3, { ...merge, fit: { residual: 0, method } }]]),
      )
    expect(cues("selection")(0, 2).information).toBeGreaterThan(1)
    expect(cues("selection")(2, 0).information).toBeLessThan(-1)
    expect(cues("selection")(1, 2).information).toBe(0)
    expect(cues("sum")(0, 2).information, "whose base is told by how central it is").toBe(0)
  })
})
