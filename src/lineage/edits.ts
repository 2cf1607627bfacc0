import { type Distances, squaredDistance } from "./distance"
import type { Form } from "./forms"
import type { Mixture } from "./merge"

/** From this share of exact zeros on, where relatives have none, a model was pruned. */
const PRUNED = 0.15
/** From this share of blocks on a few levels on, where relatives have none, a model was quantised. */
const GRIDDED = 0.8
/** Equal elements that name the source by themselves, if no other member has half as many. */
const TAKEN = 0.2

/**
 * Members whose own weights show that they were made from another by taking information away or by changing the shape: pruned,
 * quantised, with fewer or repeated layers, with another vocabulary, with neurons in another order. Each names its source: the member it has most elements in
 * common with, else the nearest. They are leaves: others are not placed through them.
 * @param equal share of exactly equal elements of a pair's changed body matrices
 * @param misaligned whether rows of some body matrix stand in another order: neurons permuted, layers shifted
 * @param sameShape whether two members have the same tensors in the same shapes
 */
export function findEdits(
  distances: Distances,
  origins: readonly number[],
  forms: readonly Form[],
  equal: (i: number, j: number) => number,
  misaligned: (i: number, j: number) => boolean,
  sameShape: (i: number, j: number) => boolean,
): Map<number, Mixture> {
  const found = new Map<number, Mixture>()
  const edited = origins.filter((x) => {
    const relatives = relativesOf(distances, origins, x)
    const most = (test: (i: number) => boolean) => relatives.filter(test).length > relatives.length / 2
    return isReduced(x, relatives, forms) || most((i) => misaligned(x, i)) || most((i) => !sameShape(x, i))
  })
  const whole = origins.filter((x) => !edited.includes(x))
  for (const x of edited) {
    const source = sourceOf(distances, x, relativesOf(distances, whole, x), equal)
    if (source !== null) found.set(x, { kind: "edit", parts: [source], shares: [1], residual: 0 })
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
  if (best && best.share >= TAKEN && (second?.share ?? 0) < best.share / 2) return best.i
  const near = [...relatives].sort((a, b) => squaredDistance(distances, x, a) - squaredDistance(distances, x, b))
  return near[0] ?? null
}
