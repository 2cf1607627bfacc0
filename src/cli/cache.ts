import { createHash, randomUUID } from "node:crypto"
import fs from "node:fs/promises"
import os from "node:os"
import path from "node:path"
import { deserialize, serialize } from "node:v8"
import { PedigreeError } from "~src/core/errors"
import { EVICTABLE, STORE_NAMES } from "~src/storage/names"
import type { Store, StoreName } from "~src/storage/types"
import type { Environment } from "./command"

/** The person's own cache folder, by the platform's custom. */
export function defaultCacheFolder(environment: Environment): string {
  if (environment.XDG_CACHE_HOME) return path.join(environment.XDG_CACHE_HOME, "pedigree")
  if (process.platform === "darwin") return path.join(os.homedir(), "Library", "Caches", "pedigree")
  if (process.platform === "win32" && environment.LOCALAPPDATA) return path.join(environment.LOCALAPPDATA, "pedigree", "cache")
  return path.join(os.homedir(), ".cache", "pedigree")
}

/** One folder per endpoint: two Hubs may call different models the same. */
export const endpointFolder = (folder: string, endpoint: string): string =>
  path.join(folder, createHash("sha256").update(endpoint).digest("hex").slice(0, 16))

/**
 * A store of one file per row below `folder`, named by the row's key. Files are written aside and renamed, so that a reader, also
 * in another process, sees whole rows only. A file's modification time is when its row was last used.
 */
export function openFolderStore(folder: string): Store {
  const place = (store: StoreName) => path.join(folder, store)
  const file = (store: StoreName, key: string) => path.join(place(store), `${encodeURIComponent(key)}.row`)

  async function rows(store: StoreName) {
    const names = await fs.readdir(place(store)).catch(() => [])
    const found = names
      .filter((name) => name.endsWith(".row"))
      .map(async (name) => {
        const full = path.join(place(store), name)
        const { size, mtimeMs } = await fs.stat(full).catch(() => ({ size: 0, mtimeMs: 0 }))
        return { full, key: decodeURIComponent(name.slice(0, -".row".length)), size, mtimeMs }
      })
    return Promise.all(found)
  }

  async function write(target: string, bytes: Uint8Array) {
    const aside = `${target}.${randomUUID()}.new`
    try {
      await fs.mkdir(path.dirname(target), { recursive: true })
      await fs.writeFile(aside, bytes)
      await fs.rename(aside, target)
    } catch (thrown) {
      await fs.rm(aside, { force: true })
      throw thrown
    }
  }

  /** Removes, of the rows that can be had again, the half that was not used for longest. */
  async function evict() {
    const all = (await Promise.all(EVICTABLE.map(rows))).flat()
    const oldest = all.sort((a, b) => a.mtimeMs - b.mtimeMs).slice(0, Math.ceil(all.length / 2))
    await Promise.all(oldest.map(({ full }) => fs.rm(full, { force: true })))
  }

  return {
    async get(store, key) {
      const target = file(store, key)
      try {
        const value: unknown = deserialize(await fs.readFile(target))
        const now = new Date()
        await fs.utimes(target, now, now).catch(() => undefined)
        return value
      } catch {
        return undefined // absent, or unreadable, which is as good as absent
      }
    },
    async put(store, key, value) {
      const bytes = serialize(value)
      try {
        await write(file(store, key), bytes)
      } catch (thrown) {
        if (!isFull(thrown)) throw unwritable(folder, thrown)
        await evict()
        await write(file(store, key), bytes).catch((again: unknown) => {
          throw unwritable(folder, again)
        })
      }
    },
    async delete(store, key) {
      await fs.rm(file(store, key), { force: true })
    },
    async keys(store) {
      return (await rows(store)).map(({ key }) => key)
    },
    async clear() {
      await Promise.all(
        STORE_NAMES.filter((store) => store !== "settings").map((store) => fs.rm(place(store), { recursive: true, force: true })),
      )
    },
    async usage() {
      const sums = STORE_NAMES.map(async (store) => {
        const found = await rows(store)
        return [store, { rows: found.length, bytes: found.reduce((sum, { size }) => sum + size, 0) }] as const
      })
      return Object.fromEntries(await Promise.all(sums)) as Awaited<ReturnType<Store["usage"]>>
    },
  }
}

const isFull = (thrown: unknown) => ["ENOSPC", "EDQUOT"].includes((thrown as NodeJS.ErrnoException).code ?? "")

function unwritable(folder: string, thrown: unknown) {
  const cause = thrown instanceof Error ? thrown.message : String(thrown)
  return new PedigreeError(
    "quota",
    `The cache folder ${folder} cannot be written: ${cause}`,
    "Give another one with --cache DIR, or --cache none.",
  )
}
