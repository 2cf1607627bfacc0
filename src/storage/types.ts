/**
 * What is kept, by kind. Facts (`record`, `tree`, `fingerprint`) are keyed by `owner/name@sha` and never go stale;
 * conclusions (`report`, `family`) carry the engine's version in their key. Values are structured-clonable and are parsed by
 * the layer that owns their type: a row of an older version reads as absent.
 */
export type StoreName = "records" | "trees" | "fingerprints" | "reports" | "families" | "jobs" | "settings"

export interface Store {
  get(store: StoreName, key: string): Promise<unknown>
  /** Evicts least recently used rows and tries once more when space runs out; then throws PedigreeError "quota". */
  put(store: StoreName, key: string, value: unknown): Promise<void>
  delete(store: StoreName, key: string): Promise<void>
  keys(store: StoreName): Promise<string[]>
  /** Empties everything except `settings`. */
  clear(): Promise<void>
  /** Rows and approximate bytes per store. */
  usage(): Promise<Record<StoreName, { rows: number; bytes: number }>>
}
