import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb"
import { PedigreeError } from "~src/core/errors"
import { STORE_NAMES } from "./names"
import type { StoreName } from "./types"

/** One row of any store. */
export interface Row {
  readonly key: string
  /** Parsed by the layer that owns its type. */
  readonly value: unknown
  /** Approximate size. */
  readonly bytes: number
  /** Milliseconds since the epoch of the last use, give or take a minute. */
  readonly usedAt: number
}

interface StoreSchema {
  key: string
  value: Row
  indexes: { use: [number, number] }
}
interface Schema extends DBSchema, Record<StoreName, StoreSchema> {}

export type Database = IDBPDatabase<Schema>
type Upgrade = IDBPTransaction<Schema, StoreName[], "versionchange">
export type Migration = (database: Database, upgrade: Upgrade) => void

/** The step from version n to n + 1 is item n. Steps are only ever added, so that any older database can be brought up to date. */
export const MIGRATIONS: readonly Migration[] = [
  (database) => {
    for (const name of STORE_NAMES) {
      const store = database.createObjectStore(name, { keyPath: "key" })
      // By time of use; with the size in the index's key, usage is known without loading a value.
      store.createIndex("use", ["usedAt", "bytes"])
    }
  },
]

const DATABASE = "pedigree"
/** How long another page may keep an older version open before we give up. Milliseconds. */
const BLOCKED_FOR = 5000

/**
 * Opens the database and brings it to the version that `migrations` ends with.
 *
 * @param lost called when the connection is gone: closed by the browser, or by us to let a newer version upgrade
 * @throws PedigreeError "unsupported" when another page keeps an older version open, or the database is of a newer version
 */
export function openDatabase(lost: () => void, migrations: readonly Migration[] = MIGRATIONS): Promise<Database> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let late = false
    const opening = openDB<Schema>(DATABASE, migrations.length, {
      upgrade(database, oldVersion, _newVersion, upgrade) {
        for (const step of migrations.slice(oldVersion)) step(database, upgrade as Upgrade)
      },
      blocked() {
        timer = setTimeout(() => {
          late = true
          reject(inUse())
        }, BLOCKED_FOR)
      },
      blocking(_current, _blocked, event) {
        ;(event.target as IDBDatabase).close()
        lost()
      },
      terminated: lost,
    })
    opening
      .then(
        (database) => (late ? database.close() : resolve(database)),
        (error: unknown) => reject(error instanceof Error && error.name === "VersionError" ? inUse() : error),
      )
      .finally(() => clearTimeout(timer))
  })
}

function inUse(): PedigreeError {
  return new PedigreeError(
    "unsupported",
    "Pedigree's cache is in use by another version of the extension.",
    "Close or reload the other pages of the extension, then try again.",
    { worded: { as: "cache_in_use", values: {} } },
  )
}
