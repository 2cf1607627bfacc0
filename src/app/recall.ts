import type { Store } from "~src/storage/types"
import { ENGINE_VERSION } from "./engine-version"
import type { Inspection } from "./inspect-types"
import { readInspection } from "./stored"

/** What was concluded about a model before, found without asking the Hub which commit is the newest. */
export type Recalled = Pick<Inspection, "report" | "atlas">

/** The stored conclusion about a model by this engine with all evidence used, or null. */
export async function recall(store: Store, model: string): Promise<Recalled | null> {
  for (const key of await keysOf(store, model)) {
    const found = readInspection(await store.get("reports", key), await store.get("families", key))
    if (found) return found
  }
  return null
}

/** The stored reports about these models, by the id asked for. */
export async function recallAll(store: Store, models: readonly string[]): Promise<Map<string, Recalled["report"]>> {
  const keys = new Map((await store.keys("reports")).filter(isCurrent).map((key) => [key.slice(0, key.indexOf("@")).toLowerCase(), key]))
  const found = new Map<string, Recalled["report"]>()
  for (const model of models) {
    const key = keys.get(model.toLowerCase())
    const stored = key ? readInspection(await store.get("reports", key), await store.get("families", key)) : null
    if (stored) found.set(model, stored.report)
  }
  return found
}

/** The same for the popup: where the model has no conclusion of its own, the largest family that a relative's found it in. */
export async function recallFamily(store: Store, model: string): Promise<Recalled | null> {
  const own = await recall(store, model)
  if (own) return own
  const name = model.toLowerCase()
  let best: Recalled | null = null
  for (const found of await recallEvery(store)) {
    if (!found.atlas.nodes.some((node) => node.id.toLowerCase() === name)) continue
    if (best === null || found.atlas.nodes.length > best.atlas.nodes.length) best = found
  }
  return best
}

/** Everything that was concluded about any model. */
export async function recallEvery(store: Store): Promise<Recalled[]> {
  const every: Recalled[] = []
  for (const key of (await store.keys("reports")).filter(isCurrent)) {
    const found = readInspection(await store.get("reports", key), await store.get("families", key))
    if (found) every.push(found)
  }
  return every
}

/** Drops conclusions about earlier commits, so that {@link recall} finds the newest. */
export async function forgetEarlier(store: Store, { model, revision }: Inspection["report"]): Promise<void> {
  for (const key of await keysOf(store, model)) {
    if (key.includes(`@${revision}#`)) continue
    await store.delete("reports", key)
    await store.delete("families", key)
  }
}

/** Keys are `owner/name@commit#engine#budget`, and `#no-time` behind it when dates were ignored. */
async function keysOf(store: Store, model: string): Promise<string[]> {
  const prefix = `${model.toLowerCase()}@`
  const keys = await store.keys("reports")
  return keys.filter((key) => key.toLowerCase().startsWith(prefix) && isCurrent(key))
}

/** Of this engine and with all evidence used. */
const isCurrent = (key: string): boolean => key.includes(`#${ENGINE_VERSION}#`) && !key.endsWith("#no-time")
