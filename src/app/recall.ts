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
  return keys.filter((key) => key.toLowerCase().startsWith(prefix) && key.includes(`#${ENGINE_VERSION}#`) && !key.endsWith("#no-time"))
}
