import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import { EVICTABLE } from "~src/storage/names"
import type { Store } from "~src/storage/types"
import { parseSettings, type Settings } from "./settings"

/**
 * Everything that the extension keeps as lines of JSON: a head with the settings, then one row of the store a line. The token is
 * never part of it. Bytes are written as base64.
 */

const SCHEMA = "pedigree/backup@1"
const Head = v.object({ schema: v.literal(SCHEMA), settings: v.record(v.string(), v.unknown()) })
const Line = v.object({ store: v.picklist(EVICTABLE), key: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)), value: v.unknown() })

export async function* backupLines(store: Store, settings: Settings): AsyncGenerator<string> {
  yield JSON.stringify({ schema: SCHEMA, settings })
  for (const name of EVICTABLE) {
    for (const key of await store.keys(name)) {
      const value = await store.get(name, key)
      if (value !== undefined) yield JSON.stringify({ store: name, key, value: packed(value) })
    }
  }
}

/**
 * Puts a backup's rows into the store; what is there under other keys stays.
 * @returns the settings of the backup, with defaults for what it lacks, and how many rows came
 * @throws PedigreeError "malformed" when a line is none of a backup; the lines before it have been taken by then
 */
export async function restoreLines(store: Store, lines: AsyncIterable<string>): Promise<{ settings: Settings; rows: number }> {
  let settings: Settings | null = null
  let rows = 0
  for await (const text of lines) {
    if (text === "") continue
    if (settings === null) settings = parseSettings(read(Head, text).settings)
    else {
      const { store: name, key, value } = read(Line, text)
      await store.put(name, key, unpacked(value))
      rows += 1
    }
  }
  if (settings === null) throw malformed()
  return { settings, rows }
}

function read<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> {
  try {
    return v.parse(schema, JSON.parse(text))
  } catch {
    throw malformed()
  }
}

const malformed = () =>
  new PedigreeError("malformed", "This file is not a backup of Pedigree, or is damaged.", "Choose a file that Pedigree exported.", {
    worded: { as: "no_backup", values: {} },
  })

const BYTES = "$base64"

/** Stored values are plain data with `Uint8Array`s in them, and nothing else that JSON lacks. */
function packed(value: unknown): unknown {
  if (value instanceof Uint8Array) return { [BYTES]: toBase64(value) }
  if (Array.isArray(value)) return value.map(packed)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, packed(part)]))
}

function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === BYTES && typeof first[1] === "string") return fromBase64(first[1])
  return Object.fromEntries(entries.map(([key, part]) => [key, unpacked(part)]))
}

/** More would be more arguments than a call can have. */
const CHUNK = 32_768

function toBase64(bytes: Uint8Array): string {
  let binary = ""
  for (let start = 0; start < bytes.length; start += CHUNK) binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK))
  return btoa(binary)
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  } catch {
    throw malformed()
  }
}
