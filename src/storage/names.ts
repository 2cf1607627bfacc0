import type { StoreName } from "./types"

/** Every store, in the order in which they are made. */
export const STORE_NAMES = [
  "records",
  "trees",
  "fingerprints",
  "reports",
  "families",
  "jobs",
  "settings",
] as const satisfies readonly StoreName[]

/** Stores whose rows can be had again from the Hub or by computing; the least recently used go when space runs out. */
export const EVICTABLE = ["records", "trees", "fingerprints", "reports", "families"] as const satisfies readonly StoreName[]

/** The fullest the cache is left after clearing out, as a part of what is allowed: so that not every write has to clear out. */
export const LEAVE = 0.9
