import { type Distances, squaredDistance } from "./distance"
import type { Form } from "./forms"
import type { Mixture } from "./merge"

/** From this share of exact zeros on, where relatives have none, a model was pruned. */
const PRUNED = 0.15
/** From this share of blocks on a few levels on, where relatives have none, a model was quantised. */
const GRIDDED = 0.8
/** Share of equal elements that names the source by itself. */
const TAKEN = 0.2
/** Others have fewer equal elements than the source by this factor at least: those of layers that were frozen when they were trained from it. */
const FEWER = 0.9

/** How much farther than the nearest whole member one of the same new shape may lie and still be what a model was made from. */
const AS_NEAR = 1.1

/** How two members stand to each other besides their distance. */
export interface Standing {
  /** Share of exactly equal elements of a pair's changed body matrices. */
  equal(i: number, j: number): number
  /** Whether rows of some body matrix stand in another order: neurons permuted, layers shifted. */
  misaligned(i: number, j: number): boolean
  /** Whether two members have the same tensors in the same shapes, whatever their heads are. */
  sameBody(i: number, j: number): boolean
  /** Whether i is narrower than j: then it was made from j, not j from it. */
  narrower(i: number, j: number): boolean
  /** Whether what the two have in common is descent and not a shared initialisation. */
  descends(i: number, j: number): boolean
  /** Whether i is a mixture of experts beside a dense j: both stand in one order, and training placed them. */
  grown(i: number, j: number): boolean
}

/**
 * Members whose own weights show that they were made from another by taking information away or by changing the shape: pruned,
 * quantised, with fewer or repeated layers, narrower, with another vocabulary, with rows or columns in another order. Each names its
 * source: the member it has most elements in common with, else the nearest; or, trained further after the change, the nearest that was
 * changed in the same way. They are leaves: others are not placed through them.
 */
export function findEdits(
  distances: Distances,
  origins: readonly number[],
  forms: readonly Form[],
  standing: Standing,
): Map<number, Mixture> {
  const { misaligned, sameBody, narrower, grown } = standing
  const reduced = new Set(origins.filter((x) => isReduced(x, relativesOf(distances, origins, x), forms)))
  const edited = origins.filter((x) => {
    const relatives = relativesOf(distances, origins, x)
    const most = (test: (i: number) => boolean) => relatives.filter((i) => test(i) && !narrower(i, x)).length > relatives.length / 2
    return reduced.has(x) || most((i) => misaligned(x, i)) || most((i) => !sameBody(x, i) && !grown(x, i) && !grown(i, x))
  })
  const whole = origins.filter((x) => !edited.includes(x))
  const sources = edited.flatMap((x) => {
    const source = sourceOf(distances, x, relativesOf(distances, whole, x), standing.equal)
    return source === null || !standing.descends(x, source) ? [] : [{ x, source, way: squaredDistance(distances, x, source) }]
  })
  sources.sort((a, b) => a.way - b.way || a.x - b.x)
  const found = new Map<number, Mixture>()
  for (const { x, source, way } of sources) {
    const [changed] = relativesOf(distances, [...found.keys()], x)
      .filter((y) => !reduced.has(x) && !reduced.has(y) && sameBody(x, y) && !misaligned(x, y))
      .sort((a, b) => squaredDistance(distances, x, a) - squaredDistance(distances, x, b))
    // The same order or the same choice of rows is no coincidence; the same number of layers or words can be one.
    const further = changed !== undefined && (misaligned(x, source) || squaredDistance(distances, x, changed) <= AS_NEAR * way)
    found.set(x, { kind: "edit", parts: [further ? changed : source], shares: [1] })
  }
  return found
}

function relativesOf(distances: Distances, nodes: readonly number[], x: number): number[] {
  return nodes.filter((i) => i !== x && Number.isFinite(squaredDistance(distances, x, i)))
}

function isReduced(x: number, relatives: readonly number[], forms: readonly Form[]): boolean {
  const own = forms[x]
  if (!own || relatives.length === 0) return false
  const share = (test: (form: Form) => boolean) => relatives.filter((i) => test(forms[i] as Form)).length / relatives.length
  if (own.zeros >= PRUNED && share((form) => form.zeros < own.zeros / 3) > 0.5) return true
  return own.gridded >= GRIDDED && share((form) => form.gridded < GRIDDED / 2) > 0.5
}

function sourceOf(distances: Distances, x: number, relatives: readonly number[], equal: (i: number, j: number) => number): number | null {
  const shares = relatives.map((i) => ({ i, share: equal(x, i) })).sort((a, b) => b.share - a.share)
  const [best, second] = shares
  if (best && best.share >= TAKEN && (second?.share ?? 0) < FEWER * best.share) return best.i
  const near = [...relatives].sort((a, b) => squaredDistance(distances, x, a) - squaredDistance(distances, x, b))
  return near[0] ?? null
}
