import { expect } from "vitest"
import type { Family } from "~src/lineage/family"

/** What holds of every charted family: one parent each but for merges, none its own, and no way back. */
export function descendsNowhere({ members, edges }: Family): void {
  for (const [child] of members.entries()) {
    const above = edges.filter((edge) => edge.child === child)
    if (above.some(({ kind }) => kind !== "merge")) expect(above).toHaveLength(1)
    expect(new Set(above.map(({ parent }) => parent)).size).toBe(above.length)
    const seen = new Set<number>()
    const queue = above.map(({ parent }) => parent)
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      expect(node).not.toBe(child)
      if (seen.has(node)) continue
      seen.add(node)
      queue.push(...edges.filter((edge) => edge.child === node).map(({ parent }) => parent))
    }
  }
}
