import type { Windows } from "../windows"
import { CHUNK, type Cursor, isScalar, MAX_HEADER } from "./cursor"
import type { GgufValues } from "./values"

/** A probe shows a hundred entries of a vocabulary. */
const PROBE = 2_048
/** Entries of a vocabulary are shorter than this, but for a few. */
const MAX_ENTRY = 512
/** So many entries that are not empty are no accident: each has six zero bytes in its length. */
const MIN_CHAIN = 8
/** Where the list may end, in bytes for each of its entries: of byte-pair vocabularies the merges follow the tokens. */
const GUESSES = { merges: [26, 39], plain: [11, 19] }

/**
 * Where a long list of strings ends, without reading it. Every string begins with its length (64 bits, most of them zero), hence a
 * small piece from anywhere shows whether it lies in such a list. The end of the list, or of one that follows it, is found by galloping
 * and halving, then the last piece is read and walked to the key behind it.
 * @param from where the first string begins
 * @returns where that key begins; null if none was found, so that the list must be walked
 */
export async function afterStrings(windows: Windows, from: number, count: number, values: GgufValues): Promise<number | null> {
  const limit = Math.min(windows.size, MAX_HEADER) - PROBE
  let low = from
  let high: number | null = null
  const look = async (at: number) => {
    const found = chainStart(await windows.read(at, at + PROBE))
    if (found === null) high = at
    else low = at + found
  }
  const guesses = values.get("tokenizer.ggml.model") === "gpt2" ? GUESSES.merges : GUESSES.plain
  for (const guess of guesses) {
    const at = Math.floor(from + guess * count)
    if (high === null && at < limit) await look(at)
  }
  while (high === null) {
    const at = Math.floor(from + 1.5 * (low - from) + CHUNK)
    if (at < limit) await look(at)
    else high = Math.max(low, limit)
  }
  while (high - low > CHUNK) await look((low + high) >>> 1)
  const end = Math.min(windows.size, high + PROBE)
  return keyBehind(await windows.read(low, end), low, values)
}

/** Where a chain of strings that reaches to the end of `bytes` begins, or null if there is none. */
function chainStart(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0; start < Math.min(MAX_ENTRY + 8, bytes.length - 8); start++) {
    let at = start
    let filled = 0
    for (let next = link(view, at); next !== null; next = link(view, at)) {
      if (next > at + 8) filled++
      at = next
    }
    if (filled >= MIN_CHAIN && at + 8 > bytes.length) return start
  }
  return null
}

/** Where the string ends whose length stands at `at`; null if none plausible does. */
function link(view: DataView, at: number): number | null {
  if (at + 8 > view.byteLength || view.getUint32(at + 4, true) !== 0) return null
  const length = view.getUint32(at, true)
  return length <= MAX_ENTRY ? at + 8 + length : null
}

/** Walks strings from the first byte on to one that is a key with its type behind it. */
function keyBehind(bytes: Uint8Array, begin: number, values: GgufValues): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = new TextDecoder()
  let at = 0
  for (let next = longLink(view, at); next !== null; next = longLink(view, at)) {
    const typed = next + 4 <= bytes.length && isValueType(view.getUint32(next, true))
    if (typed && knownKey(text.decode(bytes.subarray(at + 8, next)), values)) return begin + at
    at = next
  }
  return null
}

/** As {@link link}, for strings of any length that end here. */
function longLink(view: DataView, at: number): number | null {
  if (at + 8 > view.byteLength || view.getUint32(at + 4, true) !== 0) return null
  const next = at + 8 + view.getUint32(at, true)
  return next <= view.byteLength ? next : null
}

function isValueType(type: number): boolean {
  return type === 8 || type === 9 || isScalar(type)
}

/** Keys that come behind a vocabulary. A tensor's name never begins like them. */
function knownKey(key: string, values: GgufValues): boolean {
  const known = ["tokenizer", "general", "split", "quantize", values.get("general.architecture")]
  return known.includes(key.split(".", 1)[0]) && /^[\w-]+(\.[\w-]+)+$/.test(key)
}

/** Whether a key comes next, of those that stand behind vocabularies. */
export async function isKey(cursor: Cursor, values: GgufValues): Promise<boolean> {
  const at = cursor.at
  const key = await cursor.string("a key", MAX_ENTRY)
  cursor.at = at
  return knownKey(key, values)
}
