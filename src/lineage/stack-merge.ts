import type { Fingerprint } from "~src/fingerprint/types"
import { type Mixture, ranked } from "./merge"

/** Bytes of a tensor that are looked at: enough that no two trained tensors agree in them by chance. */
const BYTES = 256
/** Matrices that two layers must have in common. */
const MATRICES = 2
/** Parts at most. */
const PARTS = 3

/**
 * Models whose layers are other models' layers to the bit, more than one of them needed, as when a deep model is put together from slices of
 * two (passthrough merges). A model stacked of one other alone is an edit.
 * @param changed models of unusual shapes
 * @param whole their possible parts
 */
export function findStacks(
  changed: readonly number[],
  whole: readonly number[],
  fingerprint: (i: number) => Fingerprint,
): Map<number, Mixture> {
  const found = new Map<number, Mixture>()
  const layers = whole.map((i) => ({ i, own: layersOf(fingerprint(i)) }))
  for (const x of changed) {
    const owners = layersOf(fingerprint(x)).map((layer) =>
      layers.filter(({ own }) => own.some((other) => isSame(layer, other))).map(({ i }) => i),
    )
    const known = owners.filter((from) => from.length > 0)
    const mixture = cover(known)
    // A layer that none of the parts has may be one of theirs that was not read.
    const mayBeUnread = () => 2 * known.length > owners.length && mixture?.parts.every((part) => isReadInPart(fingerprint(part)))
    if (mixture && (known.length === owners.length || mayBeUnread())) found.set(x, mixture)
  }
  return found
}

/** The fewest models that have all layers, each of them some that no other of these has. */
function cover(owners: readonly (readonly number[])[]): Mixture | null {
  const parts: number[] = []
  let left = owners
  while (left.length > 0 && parts.length < PARTS) {
    const counts = new Map<number, number>()
    for (const from of left) for (const i of from) counts.set(i, (counts.get(i) ?? 0) + 1)
    const [best] = [...counts].sort(([i, a], [j, b]) => b - a || i - j)
    if (!best) return null
    parts.push(best[0])
    left = left.filter((from) => !from.includes(best[0]))
  }
  if (left.length > 0 || parts.length < 2) return null
  const weights = parts.map((part) => owners.filter((from) => from.includes(part)).length)
  return ranked({ parts, weights, fit: { residual: 0, method: "stack" } })
}

/** The beginnings of a model's matrices by layer and role. */
function layersOf({ slabs }: Fingerprint): ReadonlyMap<string, string>[] {
  const layers = new Map<number, Map<string, string>>()
  for (const { layer, role, shape, bits } of slabs) {
    if (layer === null || shape.length < 2) continue
    const known = layers.get(layer) ?? new Map<string, string>()
    layers.set(layer, known.set(role, bits.subarray(0, BYTES).join(",")))
  }
  return [...layers.values()]
}

/** Whether some layers of a model were not read. */
function isReadInPart(fingerprint: Fingerprint): boolean {
  const layers = new Set(fingerprint.tensors.flatMap(({ layer }) => layer ?? []))
  return layersOf(fingerprint).length < layers.size
}

/** Whether all matrices of two layers that were read in both are equal. */
function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  const common = [...a.keys()].filter((role) => b.has(role))
  return common.length >= MATRICES && common.every((role) => a.get(role) === b.get(role))
}
