import { blockValues } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { isHeadOrEmbedding } from "./roles"
import { fisher, MATCH_ROWS, matchBlock } from "./row-match"

/** Chance alone: one in a hundred million, as for the plain row match. */
const LOG_P_BAR = Math.log(1e-8)
/** Matrices of a layer that are compared: three of sixteen rows rule out chance, whichever of a thousand pairs of layers they are. */
const ROLES = 3
const MIN_ROWS = 4
/** Share of matched rows from which two layers are one: as in the screen of a pair. */
const LIKELY = 0.4

/** Layers of one tensor role by number. */
type Stack = ReadonlyMap<number, Slab>

/**
 * Which layer of A each layer of B is, where layers were dropped, repeated or put in between: the chain of matching layers, ascending in
 * both, that matches most rows.
 * @returns B under A's numbers, layers that A does not have left out, and ln p of the best pair of layers, corrected for the number of pairs
 *   that were tried; null where chance is not ruled out
 */
export function alignLayers(a: Fingerprint, b: Fingerprint): { readonly b: Fingerprint; readonly logP: number } | null {
  const [inA, inB] = [stacksOf(a), stacksOf(b)]
  const shared = [...inA.keys()].filter((role) => inB.has(role))
  const roles = shared.sort((x, y) => size(inA, y) + size(inB, y) - size(inA, x) - size(inB, x)).slice(0, ROLES)
  const numbers = (stacks: ReadonlyMap<string, Stack>) =>
    [...new Set(roles.flatMap((role) => [...(stacks.get(role) as Stack).keys()]))].sort((x, y) => x - y)
  const [layersA, layersB] = [numbers(inA), numbers(inB)]
  let best = 0
  const alike = layersA.map((i) =>
    layersB.map((j) => {
      const matches = roles.flatMap((role) => {
        const match = matchSlabs(inA.get(role)?.get(i), inB.get(role)?.get(j))
        return match && match.tested > 0 ? [match] : []
      })
      best = Math.min(best, fisher(matches.map(({ logP }) => logP)))
      return matches.reduce((sum, { matched, tested }) => sum + matched / tested, 0) / Math.max(1, matches.length)
    }),
  )
  const logP = Math.min(0, best + Math.log(Math.max(1, layersA.length * layersB.length)))
  if (logP >= LOG_P_BAR) return null
  const numbered = new Map(chain(alike).map(([i, j]) => [layersB[j] as number, layersA[i] as number]))
  const slabs = b.slabs.flatMap((slab) => {
    const layer = slab.layer === null ? null : numbered.get(slab.layer)
    return layer === undefined ? [] : [{ ...slab, layer }]
  })
  return { b: { ...b, slabs }, logP }
}

function stacksOf({ slabs }: Fingerprint): Map<string, Stack> {
  const stacks = new Map<string, Map<number, Slab>>()
  for (const slab of slabs) {
    if (slab.layer === null || slab.shape.length < 2 || slab.rows < MIN_ROWS || isHeadOrEmbedding(slab.role)) continue
    const stack = stacks.get(slab.role) ?? new Map<number, Slab>()
    stacks.set(slab.role, stack.set(slab.layer, slab))
  }
  return stacks
}

const size = (stacks: ReadonlyMap<string, Stack>, role: string) => stacks.get(role)?.size ?? 0

function matchSlabs(a: Slab | undefined, b: Slab | undefined) {
  if (!a || !b || a.row0 !== b.row0 || a.col0 !== b.col0 || a.cols !== b.cols) return null
  const rows = Math.min(a.rows, b.rows, MATCH_ROWS)
  const values = (slab: Slab) => blockValues(slab, slab.row0, slab.row0 + rows, slab.col0, slab.col0 + slab.cols)
  return matchBlock({ a: values(a), b: values(b), rows, cols: a.cols })
}

/** The chain of likely pairs, ascending in both, of the largest sum (longest common subsequence, weighted). */
function chain(alike: readonly (readonly number[])[]): [number, number][] {
  const width = alike[0]?.length ?? 0
  const sums = Array.from({ length: alike.length + 1 }, () => new Float64Array(width + 1))
  const gain = (i: number, j: number) => {
    const share = (alike[i] as readonly number[])[j] as number
    return share >= LIKELY ? share : Number.NEGATIVE_INFINITY
  }
  const at = (i: number, j: number) => (sums[i] as Float64Array)[j] as number
  for (let i = 1; i <= alike.length; i++)
    for (let j = 1; j <= width; j++)
      (sums[i] as Float64Array)[j] = Math.max(at(i - 1, j), at(i, j - 1), at(i - 1, j - 1) + gain(i - 1, j - 1))
  const pairs: [number, number][] = []
  for (let [i, j] = [alike.length, width]; i > 0 && j > 0; ) {
    if (at(i, j) === at(i - 1, j)) i--
    else if (at(i, j) === at(i, j - 1)) j--
    else pairs.unshift([--i, --j])
  }
  return pairs
}
