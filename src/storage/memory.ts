import { quota } from "./errors"
import { EVICTABLE, LEAVE, STORE_NAMES } from "./names"
import { approximateBytes } from "./size"
import type { Store, StoreName } from "./types"

interface Row {
  readonly name: StoreName
  readonly key: string
  readonly value: unknown
  readonly bytes: number
}

/**
 * A store that lasts as long as the process, with the same rules as the one in IndexedDB: values are copied in and out, and the least
 * recently used rows go when those that can be had again take more than `maxBytes`.
 */
export function openMemoryStore(maxBytes = Number.POSITIVE_INFINITY): Store {
  /** Least recently used first: a Map keeps the order of insertion. */
  const rows = new Map<string, Row>()
  let bytes = 0
  const address = (name: StoreName, key: string) => `${name} ${key}`
  const counts = (name: StoreName) => EVICTABLE.some((one) => one === name)

  function remove(name: StoreName, key: string): void {
    const row = rows.get(address(name, key))
    if (row !== undefined && counts(name)) bytes -= row.bytes
    rows.delete(address(name, key))
  }

  function evict(): void {
    for (const { name, key } of rows.values()) {
      if (bytes <= maxBytes * LEAVE) return
      if (counts(name)) remove(name, key)
    }
  }

  return {
    async get(name, key) {
      const row = rows.get(address(name, key))
      if (row === undefined) return undefined
      rows.delete(address(name, key))
      rows.set(address(name, key), row)
      return structuredClone(row.value)
    },
    async put(name, key, value) {
      const row = { name, key, value: structuredClone(value), bytes: approximateBytes(value) }
      if (counts(name) && row.bytes > maxBytes) throw quota()
      remove(name, key)
      rows.set(address(name, key), row)
      if (counts(name)) bytes += row.bytes
      if (bytes > maxBytes) evict()
    },
    async delete(name, key) {
      remove(name, key)
    },
    async keys(name) {
      return [...rows.values()].filter((row) => row.name === name).map((row) => row.key)
    },
    async clear() {
      for (const { name, key } of [...rows.values()]) if (name !== "settings") remove(name, key)
    },
    async usage() {
      const usage = Object.fromEntries(STORE_NAMES.map((name) => [name, { rows: 0, bytes: 0 }])) as Awaited<ReturnType<Store["usage"]>>
      for (const row of rows.values()) {
        usage[row.name].rows += 1
        usage[row.name].bytes += row.bytes
      }
      return usage
    },
  }
}
