import { median } from "~src/core/median"
import { invert } from "./linear"

/** What distances say of a as the parent of c, seen from a supposed root; each number is scale-free and bounded. */
export const GEOMETRY = [
  // How near: logarithms of the squared distance over that of the nearest member to c, and to a.
  "near",
  "nearest",
  "back",
  // c's way from the root over a: angles at a and c, lengths, how much of a's step c carries, and by how much of what lies between c's way is the longer.
  "onward",
  "against",
  "overshoot",
  "return",
  "step",
  "rest",
  "along",
  "carried",
  "growth",
  "heir",
  // How much members' ways from the root point the same way: the typical cosine of two.
  "alike",
  // c's way from the root as a combination of all other members' ways: a's coefficient and partial correlation, and what is left over.
  "coefficient",
  "residual",
  "partial",
  "untaken",
] as const

type Geometry = (typeof GEOMETRY)[number]

/** A squared distance between two of a family's nodes. */
export type Far = (i: number, j: number) => number

/** The numbers of an edge a -> c, written to the first {@link GEOMETRY} places of a row. */
export type Writer = (row: Float64Array, a: number, c: number) => void

/** What a family's nodes are besides their distances: places among the nodes. */
interface Roles {
  readonly size: number
  /** Members that are not made from others in one visible step. */
  readonly plain: readonly number[]
  /** Members that others may be made from. */
  readonly possible: readonly number[]
  /** What each member is made of. */
  readonly parts: readonly (readonly Part[])[]
}

/** One of the members that another's way is made of. */
export interface Part {
  readonly part: number
  readonly share: number
}

const AT = Object.fromEntries(GEOMETRY.map((name, at) => [name, at])) as Record<Geometry, number>
/** Squared distances below this are none. */
const NOTHING = 1e-9
/** Share of each member's own way added to its square, so that near relatives do not cancel each other out. */
const RIDGE = 0.01
/** The bars for an heir: share of a's step carried, what of it is missing beside what of c's is, cosine of going on, least step. */
const HEIR = { carried: 0.8, missing: 0.3, onward: 0.3, step: 0.02 }

/** The number within bounds; 0 for none. */
export const clip = (value: number, low: number, high: number) => (Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, value)))

/** What holds of an edge wherever the root is, and a function of the root for what does not. */
export function edgeGeometry(far: Far, roles: Roles): { readonly between: Writer; readonly seenFrom: (root: number) => Writer } {
  const nearest = Array.from({ length: roles.size }, (_, c) =>
    Math.min(...roles.possible.flatMap((k) => (k !== c && far(k, c) > 0 ? [far(k, c)] : []))),
  )
  return {
    between: (row, a, c) => {
      if (!Number.isFinite(far(a, c))) return
      const beyond = (other: number) => clip(Math.log(Math.max(far(a, c), NOTHING) / Math.max(nearest[other] as number, NOTHING)), 0, 6)
      row[AT.near] = beyond(c)
      row[AT.nearest] = Math.min(beyond(c), 0.5)
      row[AT.back] = beyond(a)
    },
    seenFrom: (root) => {
      const ways = waysFrom(root, roles.plain, far)
      const regressed = regression(root, ways, roles.parts)
      const alike = likeness(ways)
      return (row, a, c) => {
        row[AT.alike] = alike
        if (a !== root) fromRoot(row, far(root, a), far(root, c), far(a, c))
        regressed(row, a, c)
      }
    },
  }
}

/** The triangle of root, a and c. With u = a - root and v = c - root, inner products come from squared distances alone. */
function fromRoot(row: Float64Array, step: number, whole: number, rest: number): void {
  const own = Math.max(step, 1e-12)
  if (!Number.isFinite(own + whole + rest)) return
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
  row[AT.carried] = clip(forth, -1, 2)
  row[AT.growth] = clip((whole - own) / across, -2, 3)
  row[AT.heir] = Number(heir)
}

/** The ways of the members from a supposed root. */
interface Ways {
  readonly members: readonly number[]
  readonly lengths: readonly number[]
  /** Row-major [members, members]; NaN where two are not related. */
  readonly cosines: Float64Array
}

function waysFrom(root: number, plain: readonly number[], far: Far): Ways {
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
function regression(root: number, { members, lengths, cosines }: Ways, parts: readonly (readonly Part[])[]): Writer {
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
  return (row, a, c) => {
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
