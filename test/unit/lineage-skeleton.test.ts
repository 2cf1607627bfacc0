import fc from "fast-check"
import { expect, it } from "vitest"
import { components, minimumForest } from "~src/lineage/skeleton"
import { distancesOf } from "./lineage-models"
import { randomTree, trees, wanted } from "./lineage-trees"

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
