import { median } from "~src/core/median"
import { squaredDistance } from "../distance"
import type { PlacementInput } from "./input"
import { invert } from "./linear"

/** What speaks for a as the parent of c, seen from a supposed root; each number is scale-free and bounded. */
export const FEATURES = [
  // How near: logarithms of the squared distance over that of the nearest member to c, and to a.
  "near",
  "nearest",
  "back",
  // Whether a is the root; if not, c's way from the root over a: angles at a and c, lengths, what a has that c kept.
  "root",
  "onward",
  "against",
  "overshoot",
  "return",
  "step",
  "rest",
  "kept",
  "along",
  "heir",
  // How much members' ways from the root point the same way: the typical cosine of two.
  "alike",
  // c's way from the root as a combination of all other members' ways: a's coefficient and partial correlation, and what is left over.
  "coefficient",
  "residual",
  "partial",
  "untaken",
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
/** Squared distances below this are none. */
const NOTHING = 1e-9
/** Share of each member's own way added to its square, so that near relatives do not cancel each other out. */
const RIDGE = 0.01
/** Of a merge's part; smaller ones cannot be told in what was trained from it. */
const LEAST_SHARE = 0.1
/** The bars for an heir: share of a's step carried, what of it is missing beside what of c's is, cosine of going on, least step. */
const HEIR = { carried: 0.8, missing: 0.3, onward: 0.3, step: 0.02 }

const clip = (value: number, low: number, high: number) => (Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, value)))

/** Answers the rows for one supposed root; what does not depend on it is computed once. */
export function edgeFeatures(input: PlacementInput): (root: number) => EdgeRows {
  const { nodes, mixtures } = input
  const size = nodes.length
  const distance = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) distance[i * size + j] = squaredDistance(input.distances, nodes[i] as number, nodes[j] as number)
  const far = (i: number, j: number) => distance[i * size + j] as number
  const made = nodes.map((node) => mixtures.get(node)?.kind)
  const plain = nodes.flatMap((_, i) => (made[i] === undefined ? [i] : []))
  const possible = nodes.flatMap((_, i) => (made[i] === "edit" ? [] : [i]))
  const nearest = nodes.map((_, c) => Math.min(...possible.flatMap((k) => (k !== c && far(k, c) > 0 ? [far(k, c)] : []))))
  const candidates = nodes.map((_, c) => candidatesOf(input, c, possible, far))
  const parts = nodes.map((_, a) => partsOf(input, a))
  const fixed: Float64Array[] = Array(size * size)
  for (const c of plain)
    for (const a of new Set([...(candidates[c] as number[]), ...plain]))
      if (a !== c && Number.isFinite(far(a, c))) {
        const row = new Float64Array(FEATURES.length)
        put(row, pairFeatures(input, a, c, [far(a, c), nearest[a] as number, nearest[c] as number]))
        fixed[a * size + c] = row
      }

  return (root) => {
    const ways = waysFrom(root, plain, far)
    const regressed = regression(root, ways, parts)
    const alike = likeness(ways)
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
      row[AT.alike] = alike
      if (a === root) {
        // Whatever its date says, the root came before all others.
        row[AT.root] = 1
        row[AT.earlier] = row[AT.later] = 0
      } else {
        fromRoot(row, far(root, a), far(root, c), far(a, c))
        row[AT.kept] = Number(input.kept(nodes[root] as number, nodes[a] as number, nodes[c] as number))
      }
      regressed(row, a, c)
    }
    return { parents: above, children: below, values }
  }
}

function put(row: Float64Array, numbers: Partial<Record<Feature, number>>): void {
  for (const [name, value] of Object.entries(numbers)) row[AT[name as Feature]] = value
}

/** The nearest members, and those that c's card or files name. */
function candidatesOf(
  { nodes, named, mixtures }: PlacementInput,
  c: number,
  possible: readonly number[],
  far: (i: number, j: number) => number,
): number[] {
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

/** What holds of a and c wherever the root is. */
function pairFeatures(input: PlacementInput, a: number, c: number, [own, nearestToA, nearestToC]: readonly [number, number, number]) {
  const { nodes, named, cues, times, mixtures } = input
  const [x, y] = [nodes[a] as number, nodes[c] as number]
  const [before, after] = [times[x] ?? null, times[y] ?? null]
  const dated = before !== null && after !== null
  const beyond = (nearest: number) => clip(Math.log(Math.max(own, NOTHING) / Math.max(nearest, NOTHING)), 0, 6)
  const { files, information } = cues(x, y)
  const isNamed = named(y, x)
  return {
    near: beyond(nearestToC),
    nearest: Math.min(beyond(nearestToC), 0.5),
    back: beyond(nearestToA),
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

/** The triangle of root, a and c. With u = a - root and v = c - root, inner products come from squared distances alone. */
function fromRoot(row: Float64Array, step: number, whole: number, rest: number): void {
  const own = Math.max(step, 1e-12)
  if (!Number.isFinite(own + whole)) return
  const shared = (own + whole - rest) / 2
  const [forth, back] = [shared / own, shared / whole]
  const missing = (1 - forth) / Math.max(1 - back, 1e-3)
  const across = Math.max(rest, 1e-12 * whole)
  const onward = (shared - own) / Math.sqrt(own * across)
  const heir = forth >= HEIR.carried && Math.abs(missing) <= HEIR.missing && Math.abs(onward) <= HEIR.onward && own >= HEIR.step * whole
  row[AT.onward] = clip(onward, -1, 1)
  row[AT.against] = Math.max(0, -clip(onward, -1, 1))
  row[AT.overshoot] = Math.max(0, clip(onward, -1, 1) - 0.2)
  row[AT.return] = clip((shared - whole) / Math.sqrt(whole * across), -1, 0)
  row[AT.step] = clip(Math.log(own / whole), -6, 1.5)
  row[AT.rest] = clip(Math.log(Math.max(rest, NOTHING) / whole), -6, 1.5)
  row[AT.along] = clip(shared / Math.sqrt(own * whole), -1, 1)
  row[AT.heir] = Number(heir)
}

/** The ways of the members from a supposed root. */
interface Ways {
  readonly members: readonly number[]
  readonly lengths: readonly number[]
  /** Row-major [members, members]; NaN where two are not related. */
  readonly cosines: Float64Array
}

function waysFrom(root: number, plain: readonly number[], far: (i: number, j: number) => number): Ways {
  const members = plain.filter((i) => i !== root && Number.isFinite(far(root, i)) && far(root, i) > NOTHING)
  const lengths = members.map((i) => Math.sqrt(far(root, i)))
  const cosines = new Float64Array(members.length ** 2)
  for (const [x, i] of members.entries())
    for (const [y, j] of members.entries()) {
      const between = far(i, j)
      const inner = Number.isFinite(between) ? (far(root, i) + far(root, j) - between) / 2 : Number.NaN
      cosines[x * members.length + y] = inner / ((lengths[x] as number) * (lengths[y] as number))
    }
  return { members, lengths, cosines }
}

/** One of the members that another's way is made of. */
interface Part {
  readonly part: number
  readonly share: number
}

/** A merge's parts; any other member is its own. */
function partsOf({ nodes, mixtures }: PlacementInput, a: number): readonly Part[] {
  const made = mixtures.get(nodes[a] as number)
  if (made?.kind !== "merge") return [{ part: a, share: 1 }]
  return made.parts.map((part, n) => ({ part: nodes.indexOf(part), share: Math.max(made.shares[n] as number, LEAST_SHARE) }))
}

/** The median cosine of two members' ways. */
function likeness({ members, cosines }: Ways): number {
  const size = members.length
  const pairs = members.flatMap((_, x) => [...cosines.subarray(x * size + x + 1, (x + 1) * size)])
  return clip(median(pairs.filter(Number.isFinite)) ?? 0, -1, 1)
}

/**
 * Every member's way from the root regressed on all others' ways (the precision matrix of the ways, ridge-regularised): what siblings have
 * in common is explained by all of them together, where a parent's own step is found in its heirs alone.
 */
function regression(root: number, { members, lengths, cosines }: Ways, parts: readonly (readonly Part[])[]) {
  const size = members.length
  const place = new Map(members.map((node, n) => [node, n]))
  const precision =
    size < 2
      ? null
      : invert(
          cosines.map((value, at) => (value || 0) + (at % (size + 1) === 0 ? RIDGE : 0)),
          size,
        )
  if (!precision) return () => {}
  const at = (x: number, y: number) => precision[x * size + y] as number
  const coefficient = (x: number, y: number) => ((-at(y, x) / at(x, x)) * (lengths[x] as number)) / (lengths[y] as number)
  const left = members.map((_, x) => 1 - members.reduce((sum, _other, y) => (x === y ? sum : sum + coefficient(x, y)), 0))
  const partial = (x: number, y: number) => -at(x, y) / Math.sqrt(Math.max(at(x, x) * at(y, y), 1e-6))
  // What was made from a merge has each of its parts in it, by that part's share.
  const least = (x: number, a: number, value: (x: number, y: number, share: number) => number) => {
    let found = Number.POSITIVE_INFINITY
    for (const { part, share } of parts[a] as readonly Part[]) {
      const y = place.get(part)
      if (y !== undefined && y !== x) found = Math.min(found, value(x, y, share))
    }
    return found
  }
  return (row: Float64Array, a: number, c: number): void => {
    const x = place.get(c)
    if (x === undefined) return
    const found = a === root ? (left[x] as number) : least(x, a, (x, y, share) => coefficient(x, y) / share)
    if (found === Number.POSITIVE_INFINITY) return
    row[AT.residual] = clip(Math.log(Math.max(1 / at(x, x), 1e-3)), -6, 1)
    if (a === root) row[AT.coefficient] = row[AT.untaken] = clip(found, -2, 2)
    else {
      row[AT.coefficient] = clip(found, -1, 2)
      row[AT.partial] = clip(least(x, a, partial), -1, 1)
    }
  }
}
