import { type Database, openDatabase } from "./database"
import { isQuotaError, quota } from "./errors"
import { EVICTABLE, LEAVE, STORE_NAMES } from "./names"
import { approximateBytes } from "./size"
import type { Store, StoreName } from "./types"

/** The last use of a row is written down again only after so long: reading should not cost a write. Milliseconds. */
const TOUCH_AFTER = 60_000

export interface IndexedDbOptions {
  /** About how many bytes the rows that can be had again may take; jobs and settings do not count. */
  readonly maxBytes: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * The store in the browser's IndexedDB (the global `indexedDB`).
 *
 * @throws PedigreeError "unsupported" when another version of the extension holds the database
 */
export async function openIndexedDbStore({ maxBytes, now }: IndexedDbOptions): Promise<Store> {
  let connection: Promise<Database> | null = null
  /** At least what the evictable rows take: every write adds to it, counting anew corrects it. */
  let bytes = 0

  function open(): Promise<Database> {
    const lost = () => {
      if (connection === opening) connection = null
    }
    if (connection !== null) return connection
    const opening = openDatabase(lost)
    opening.catch(lost)
    connection = opening
    return opening
  }

  /** Runs `work` on the open database, reopened once when the connection turns out to be closed. */
  async function use<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const opening = open()
    try {
      return await work(await opening)
    } catch (error) {
      if (!(error instanceof Error && error.name === "InvalidStateError")) throw error
      if (connection === opening) connection = null
      return work(await open())
    }
  }

  /** Removes the least recently used rows until the others take at most `most` bytes. */
  async function evict(database: Database, most: number): Promise<void> {
    const rows: { name: (typeof EVICTABLE)[number]; key: string; usedAt: number; bytes: number }[] = []
    for (const name of EVICTABLE) {
      let cursor = await database.transaction(name).store.index("use").openKeyCursor()
      for (; cursor !== null; cursor = await cursor.continue()) {
        rows.push({ name, key: cursor.primaryKey, usedAt: cursor.key[0], bytes: cursor.key[1] })
      }
    }
    rows.sort((a, b) => a.usedAt - b.usedAt)
    bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
    if (bytes <= most) return
    const transaction = database.transaction(EVICTABLE, "readwrite")
    for (const row of rows) {
      if (bytes <= most * LEAVE) break
      transaction.objectStore(row.name).delete(row.key)
      bytes -= row.bytes
    }
    await transaction.done
  }

  async function write(database: Database, name: StoreName, key: string, value: unknown): Promise<void> {
    const row = { key, value, bytes: approximateBytes(value), usedAt: now() }
    const counts = EVICTABLE.some((one) => one === name)
    if (counts && row.bytes > maxBytes) throw quota()
    try {
      await database.put(name, row)
    } catch (error) {
      if (!isQuotaError(error)) throw error
      // The disk is fuller than we may know: give up half of what we hold.
      await evict(database, Number.POSITIVE_INFINITY)
      await evict(database, bytes / 2)
      await database.put(name, row).catch((again) => {
        throw isQuotaError(again) ? quota() : again
      })
    }
    if (!counts) return
    bytes += row.bytes
    if (bytes > maxBytes) await evict(database, maxBytes)
  }

  async function touch(database: Database, name: StoreName, key: string): Promise<void> {
    const transaction = database.transaction(name, "readwrite")
    const row = await transaction.store.get(key)
    if (row !== undefined) await transaction.store.put({ ...row, usedAt: now() })
    await transaction.done
  }

  await use((database) => evict(database, maxBytes))

  return {
    get: (name, key) =>
      use(async (database) => {
        const row = await database.get(name, key)
        // A full disk must not turn reading into an error.
        if (row !== undefined && now() - row.usedAt > TOUCH_AFTER) await touch(database, name, key).catch(() => {})
        return row?.value
      }),
    put: (name, key, value) => use((database) => write(database, name, key, value)),
    delete: (name, key) => use((database) => database.delete(name, key)),
    keys: (name) => use((database) => database.getAllKeys(name)),
    clear: () =>
      use(async (database) => {
        const names = STORE_NAMES.filter((name) => name !== "settings")
        const transaction = database.transaction(names, "readwrite")
        for (const name of names) transaction.objectStore(name).clear()
        await transaction.done
        bytes = 0
      }),
    usage: () =>
      use(async (database) => {
        const counted = STORE_NAMES.map(async (name) => {
          const index = await database.transaction(name).store.index("use")
          let rows = 0
          let taken = 0
          for (let cursor = await index.openKeyCursor(); cursor !== null; cursor = await cursor.continue()) {
            rows += 1
            taken += cursor.key[1]
          }
          return [name, { rows, bytes: taken }] as const
        })
        return Object.fromEntries(await Promise.all(counted)) as Awaited<ReturnType<Store["usage"]>>
      }),
  }
}
