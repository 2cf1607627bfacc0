import { nearness } from "~src/atlas/nearness"
import { decodeFingerprint } from "~src/fingerprint/codec"
import type { Fingerprint } from "~src/fingerprint/types"
import type { Store } from "~src/storage/types"
import { recallEvery } from "./recall"
import type { Neighbour } from "./report"

/** Listed at most. */
const MOST = 12

/**
 * Models known here whose weights are near to this one's, nearest first, each once: every stored fingerprint is held against its own, and
 * earlier analyses that met this model count where their fingerprint is gone.
 */
export async function knownNearby(store: Store, model: string): Promise<Neighbour[]> {
  const found = new Map(await nearestFingerprints(store, model))
  // A pair compared in full says more than its sketches.
  for (const { report } of await recallEvery(store)) {
    const update = report.near?.find(({ id }) => id === model)?.update
    if (typeof update === "number") found.set(report.model, update)
  }
  const sorted = [...found].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
  return sorted.slice(0, MOST).map(([id, update]) => ({ id, update }))
}

/** One after the other, because together they may be larger than the memory. */
async function nearestFingerprints(store: Store, model: string): Promise<[string, number][]> {
  const idOf = (key: string) => key.slice(0, key.indexOf("@"))
  const isOwn = (key: string) => idOf(key).toLowerCase() === model.toLowerCase()
  const keys = await store.keys("fingerprints")
  const ownKey = keys.find(isOwn)
  const own = ownKey === undefined ? null : await readStored(store, ownKey)
  if (own === null) return []
  const nearest = new Map<string, number>()
  for (const key of keys) {
    if (isOwn(key)) continue
    const other = await readStored(store, key)
    const update = other && nearness(own, other)
    // Of several commits the nearest stands for the model.
    if (update !== null) nearest.set(idOf(key), Math.min(update, nearest.get(idOf(key)) ?? update))
  }
  return [...nearest].map(([id, update]) => [id, Number(update.toPrecision(3))])
}

/** Null for a row that is gone, or of another version. */
async function readStored(store: Store, key: string): Promise<Fingerprint | null> {
  const stored = await store.get("fingerprints", key)
  if (!(stored instanceof Uint8Array)) return null
  try {
    return decodeFingerprint(stored)
  } catch {
    return null
  }
}
