import fc from "fast-check"
import { gaussian, step } from "./lineage-models"

export const ORIGIN: readonly number[] = Array(2000).fill(0)

/** A tree of independent steps: parents[i] is the parent of i, 0 the root. */
export interface Tree {
  readonly parents: readonly number[]
  readonly points: readonly (readonly number[])[]
}

export function randomTree(seed: number, size: number): Tree {
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

export const wanted = ({ parents }: Tree) => new Map(parents.flatMap((parent, child) => (parent < 0 ? [] : [[child, parent] as const])))

export const trees = fc.record({ seed: fc.nat(50_000), size: fc.integer({ min: 2, max: 12 }) })
