import type { TensorSource } from "../container"

/** Kinds of packing named at most: mixtures of bits have three or four. */
const MAX_KINDS = 4

/** How a model's matrices are packed, in plain words, the most usual way first. */
export function describePacking(sources: readonly TensorSource[]): (readonly [label: string, text: string])[] {
  const counts = new Map<string, number>()
  for (const { packing } of sources) {
    if (!packing) continue
    const group = packing.group === null ? "" : `, groups of ${packing.group}`
    const kind = `${packing.scheme}, ${packing.bits} bits${group}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const kinds = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_KINDS)
  return kinds.length === 0 ? [] : [["Quantised with", kinds.map(([kind]) => kind).join("; ")]]
}
