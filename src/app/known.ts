import type { Store } from "~src/storage/types"
import { recallEvery } from "./recall"
import type { Neighbour } from "./report"

/** Listed at most. */
const MOST = 12

/**
 * Models of earlier visits whose analysis found this one near: a search that starts at the other end may meet models that this one's own
 * did not. Nearest first, each once.
 */
export async function knownNearby(store: Store, model: string): Promise<Neighbour[]> {
  const found = new Map<string, number>()
  for (const { report } of await recallEvery(store)) {
    const update = report.near?.find(({ id }) => id === model)?.update
    if (typeof update === "number") found.set(report.model, Math.min(update, found.get(report.model) ?? update))
  }
  const sorted = [...found].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
  return sorted.slice(0, MOST).map(([id, update]) => ({ id, update }))
}
