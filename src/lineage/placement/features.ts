import { type Distances, squaredDistance } from "../distance"
import { clip, edgeGeometry, type Far, GEOMETRY, type Part } from "./geometry"
import type { PlacementInput } from "./input"

/** The same by the sums of squares and by the volumes of updates, and what is known beside distances. */
export const FEATURES = [
  ...GEOMETRY,
  ...GEOMETRY.map((name) => `volume:${name}` as const),
  // Whether a is the root, and whether c kept tensors that a changed.
  "root",
  "kept",
  // File facts and dates.
  "earlier",
  "later",
  "named",
  "otherNamed",
  "namesChild",
  "files",
  "information",
  "made",
] as const

export type Feature = (typeof FEATURES)[number]

/** Place of each feature in a row. */
export const AT = Object.fromEntries(FEATURES.map((name, at) => [name, at])) as Record<Feature, number>

/** Feature rows of all edges that a root allows: row n speaks of parent[n] -> child[n], places among the nodes. */
export interface EdgeRows {
  readonly parents: readonly number[]
  readonly children: readonly number[]
  /** Row-major [rows, FEATURES]. */
  readonly values: Float64Array
}

/** Members nearest to a child that may be its parent; farther ones never are. */
const NEAREST = 16
/** Of a merge's part; smaller ones cannot be told in what was trained from it. */
const LEAST_SHARE = 0.1

/** Answers the rows for one supposed root; what does not depend on it is computed once. */
export function edgeFeatures(input: PlacementInput): (root: number) => EdgeRows {
  const { nodes, mixtures } = input
  const size = nodes.length
  const far = within(nodes, input.distances)
  const made = nodes.map((node) => mixtures.get(node)?.kind)
  const plain = nodes.flatMap((_, i) => (made[i] === undefined ? [i] : []))
  const possible = nodes.flatMap((_, i) => (made[i] === "edit" ? [] : [i]))
  const candidates = nodes.map((_, c) => candidatesOf(input, c, possible, far))
  const roles = { size, plain, possible, parts: nodes.map((_, a) => partsOf(input, a)) }
  const geometry = edgeGeometry(far, roles)
  const volumes = input.volumes === input.distances ? geometry : edgeGeometry(within(nodes, input.volumes), roles)
  const part = (row: Float64Array, n: number) => row.subarray(n * GEOMETRY.length, (n + 1) * GEOMETRY.length)
  const fixed: Float64Array[] = Array(size * size)
  for (const c of plain)
    for (const a of new Set([...(candidates[c] as number[]), ...plain]))
      if (a !== c && Number.isFinite(far(a, c))) {
        const row = new Float64Array(FEATURES.length)
        for (const [n, { between }] of [geometry, volumes].entries()) between(part(row, n), a, c)
        put(row, factsOf(input, a, c))
        fixed[a * size + c] = row
      }

  return (root) => {
    const seen = geometry.seenFrom(root)
    const writers = [seen, volumes === geometry ? seen : volumes.seenFrom(root)]
    const [above, below]: [number[], number[]] = [[], []]
    for (const c of plain) {
      const near = candidates[c] as number[]
      if (c === root) continue
      for (const a of near.includes(root) ? near : [...near, root])
        if (fixed[a * size + c]) {
          above.push(a)
          below.push(c)
        }
    }
    const values = new Float64Array(above.length * FEATURES.length)
    for (let n = 0; n < above.length; n++) {
      const [a, c] = [above[n] as number, below[n] as number]
      const row = values.subarray(n * FEATURES.length, (n + 1) * FEATURES.length)
      row.set(fixed[a * size + c] as Float64Array)
      for (const [m, write] of writers.entries()) write(part(row, m), a, c)
      if (a === root) {
        // Whatever its date says, the root came before all others.
        row[AT.root] = 1
        row[AT.earlier] = row[AT.later] = 0
      } else row[AT.kept] = Number(input.kept(nodes[root] as number, nodes[a] as number, nodes[c] as number))
    }
    return { parents: above, children: below, values }
  }
}

/** Distances between a family's nodes, by their places. */
function within(nodes: readonly number[], distances: Distances): Far {
  const size = nodes.length
  const own = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) own[i * size + j] = squaredDistance(distances, nodes[i] as number, nodes[j] as number)
  return (i, j) => own[i * size + j] as number
}

function put(row: Float64Array, numbers: Partial<Record<Feature, number>>): void {
  for (const [name, value] of Object.entries(numbers)) row[AT[name as Feature]] = value
}

/** The nearest members, and those that c's card or files name. */
function candidatesOf({ nodes, named, mixtures }: PlacementInput, c: number, possible: readonly number[], far: Far): number[] {
  // A merge is younger than its parts and its base.
  const isMadeFrom = (a: number) => {
    const made = mixtures.get(nodes[a] as number)
    return made?.base === nodes[c] || made?.parts.includes(nodes[c] as number)
  }
  const others = possible
    .filter((a) => a !== c && Number.isFinite(far(a, c)) && !isMadeFrom(a))
    .sort((a, b) => far(a, c) - far(b, c) || a - b)
  return others.filter((a, place) => place < NEAREST || named(nodes[c] as number, nodes[a] as number))
}

/** What files, cards and dates say. */
function factsOf({ nodes, named, cues, times, mixtures }: PlacementInput, a: number, c: number) {
  const [x, y] = [nodes[a] as number, nodes[c] as number]
  const [before, after] = [times[x] ?? null, times[y] ?? null]
  const dated = before !== null && after !== null
  const { files, information } = cues(x, y)
  const isNamed = named(y, x)
  return {
    earlier: Number(dated && before < after),
    later: Number(dated && before > after),
    named: Number(isNamed),
    otherNamed: Number(!isNamed && nodes.some((node) => node !== y && named(y, node))),
    namesChild: Number(named(x, y)),
    files: clip(files, -4, 4),
    information: clip(information, -1, 1),
    made: Number(mixtures.has(x)),
  }
}

/** A merge's parts; any other member is its own. */
function partsOf({ nodes, mixtures }: PlacementInput, a: number): readonly Part[] {
  const made = mixtures.get(nodes[a] as number)
  if (made?.kind !== "merge") return [{ part: a, share: 1 }]
  return made.parts.map((part, n) => ({ part: nodes.indexOf(part), share: Math.max(made.shares[n] as number, LEAST_SHARE) }))
}
