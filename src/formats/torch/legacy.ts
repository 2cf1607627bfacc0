import type { Windows } from "~src/formats/windows"
import type { TorchFile } from "./archive"
import { badTorch, unreadTorch } from "./errors"
import { type Pickled, readPickle } from "./pickle"
import { MAX_PICKLE_BYTES } from "./pickle-bytes"
import type { PickleValue } from "./pickle-values"
import { type StorageClaim, storageOf } from "./tensors"

/** What the first pickle holds. */
const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001
/** The pickles' length stands nowhere: each read is this many times the one before. */
const GROWTH = 8
/** Before each storage stands its number of elements. */
const COUNT = 8

/** True for the first bytes of {@link openLegacy}'s files: PROTO 2, LONG1 of ten bytes, the magic number. */
export function isLegacy(head: Uint8Array): boolean {
  const pickled = head.length >= 14 && head[2] === 0x8a ? safeMagic(head.subarray(0, 15)) : null
  return pickled === MAGIC
}

function safeMagic(head: Uint8Array): PickleValue {
  try {
    return readPickle("", head, 0)?.value ?? null
  } catch {
    return null
  }
}

/**
 * Opens what torch.save wrote before version 1.6: magic number, protocol, machine, the object and the list of storage names, each
 * a pickle, then the storages in the order of that list (`torch/serialization.py`, `_legacy_save`).
 * @param head bytes that probably hold the pickles
 * @throws PedigreeError "malformed", "unsupported", or what the reader throws
 */
export async function openLegacy(windows: Windows, head: number): Promise<TorchFile> {
  const { path, size } = windows
  for (let length = Math.min(size, head); ; length = Math.min(size, length * GROWTH, MAX_PICKLE_BYTES)) {
    const opened = parseLegacy(path, await windows.read(0, length))
    if (opened) {
      const places = placeStorages(path, size, opened)
      return {
        pickled: opened.pickled,
        headerBytes: opened.end,
        place: async (storage) => {
          const place = places.get(storage.key)
          if (!place)
            throw badTorch(
              path,
              `its pickle names the storage ${JSON.stringify(storage.key.slice(0, 100))}, which the list at byte ${opened.end} lacks`,
            )
          if (place.bytes !== storage.bytes)
            throw badTorch(path, `storage ${JSON.stringify(storage.key.slice(0, 100))} at byte ${place.begin} has two sizes`)
          return place.begin
        },
      }
    }
    if (length === size) throw badTorch(path, `it ends at byte ${size}, before its pickles do`)
    if (length >= MAX_PICKLE_BYTES) throw badTorch(path, `its pickles take more than the ${MAX_PICKLE_BYTES} bytes allowed`)
  }
}

interface Legacy {
  readonly pickled: Pickled
  readonly keys: readonly PickleValue[]
  /** First byte after the pickles. */
  readonly end: number
}

/** Null when the bytes end before the five pickles do. */
function parseLegacy(path: string, bytes: Uint8Array): Legacy | null {
  const pickles: Pickled[] = []
  let at = 0
  while (pickles.length < 5) {
    const pickled = readPickle(path, bytes.subarray(at), at)
    if (pickled === null) return null
    pickles.push(pickled)
    at += pickled.end
  }
  const [, protocol, machine, pickled, keys] = pickles as [Pickled, Pickled, Pickled, Pickled, Pickled]
  if (protocol.value !== PROTOCOL)
    throw unreadTorch(
      path,
      `was written in version ${String(protocol.value).slice(0, 20)} of PyTorch's old format, which Pedigree does not read`,
    )
  if (machine.value instanceof Map && machine.value.get("little_endian") === false) {
    throw unreadTorch(path, "was written on a big-endian machine, whose files Pedigree does not read")
  }
  if (!Array.isArray(keys.value)) throw badTorch(path, `no list of storages ends at byte ${at}`)
  return { pickled, keys: keys.value, end: at }
}

function placeStorages(path: string, size: number, { pickled, keys, end }: Legacy): Map<string, { begin: number; bytes: number }> {
  const claims = new Map<string, StorageClaim>()
  for (const reference of pickled.references) {
    const claim = storageOf(path, reference)
    if (claim && !claims.has(claim.key)) claims.set(claim.key, claim)
  }
  const places = new Map<string, { begin: number; bytes: number }>()
  let at = end
  for (const key of keys) {
    const claim = typeof key === "string" ? claims.get(key) : undefined
    if (!claim || places.has(claim.key)) throw badTorch(path, `the storage at byte ${at} is named nowhere else, or twice`)
    if (claim.bytes === null)
      throw unreadTorch(
        path,
        `holds a storage of the unknown type ${JSON.stringify(claim.typeName.slice(0, 100))}, so what lies behind can't be found`,
      )
    places.set(claim.key, { begin: at + COUNT, bytes: claim.bytes })
    at += COUNT + claim.bytes
    if (at > size)
      throw badTorch(path, `storage ${JSON.stringify(claim.key.slice(0, 100))} reaches to byte ${at} of a file of ${size} bytes`)
  }
  return places
}
