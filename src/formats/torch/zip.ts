import { PedigreeError } from "~src/core/errors"
import type { Windows } from "~src/formats/windows"

/** Of one file in an archive, what the central directory says and where its data begin. */
export interface ZipEntry {
  readonly name: string
  /** 0 is stored as it is. */
  readonly method: number
  readonly encrypted: boolean
  /** Bytes in the archive. */
  readonly size: number
  /** First byte of the local header. */
  readonly header: number
  /** First byte after its data and data descriptor: the next local header or the directory. */
  readonly next: number
  /** True where 12 to 24 bytes (CRC and sizes) follow the data. */
  readonly described: boolean
}

/** PyTorch writes some 80 bytes an entry; this holds 200,000 tensors with long names and bounds memory. */
const MAX_DIRECTORY = 25_000_000
const MAX_ENTRIES = 200_000
const END = 22
const LOCATOR = 20
const END64 = 56
const CENTRAL = 46
export const LOCAL = 30
/** PyTorch aligns the data of every entry to this many bytes. */
const ALIGNMENT = 64
/** Lengths of a data descriptor: none, with or without signature, with sizes of 4 or 8 bytes. */
const DESCRIPTORS = [16, 24, 12, 20]

function malformed(file: string, at: number, what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `${file} is not a valid ZIP archive: at byte ${at} ${what}.`,
    "Ask the repository's owner to upload the file again.",
    { worded: { as: "damaged", values: { file, detail: `${what} (byte ${at})` } } },
  )
}

const decoder = new TextDecoder()
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * Reads an archive's central directory (PKWARE APPNOTE 4.3), with its zip64 form, from the file's end. One request beyond `tail`
 * at most.
 * @param tail bytes read from the end at first
 * @returns entries by name, in the order of their data
 * @throws PedigreeError "malformed" for entries that overlap, lie outside the file or bear one name; or what the reader throws
 */
export async function readZipDirectory(windows: Windows, tail: number): Promise<ReadonlyMap<string, ZipEntry>> {
  const { path, size } = windows
  const begin = Math.max(0, size - tail)
  const end = await windows.read(begin, size)
  const place = findDirectory(path, end, begin)
  if (place.length > MAX_DIRECTORY) throw malformed(path, place.begin, `its directory claims ${place.length} bytes, more than allowed`)
  if (place.count > MAX_ENTRIES) throw malformed(path, place.begin, `its directory claims ${place.count} entries, more than allowed`)
  return parseDirectory(path, await windows.read(place.begin, place.begin + place.length), place)
}

interface DirectoryPlace {
  readonly begin: number
  readonly length: number
  readonly count: number
}

function findDirectory(path: string, tail: Uint8Array, tailBegin: number): DirectoryPlace {
  const view = viewOf(tail)
  let at = tail.length - END
  // The archive's comment ends the file, so the record's own length tells it from equal bytes in the comment.
  while (at >= 0 && !(view.getUint32(at, true) === 0x06054b50 && at + END + view.getUint16(at + 20, true) === tail.length)) at--
  if (at < 0) throw malformed(path, tailBegin, "no end of a directory follows; the file is cut off or no archive")
  let place = { begin: view.getUint32(at + 16, true), length: view.getUint32(at + 12, true), count: view.getUint16(at + 10, true) }
  let limit = tailBegin + at
  if (at >= LOCATOR && view.getUint32(at - LOCATOR, true) === 0x07064b50) {
    const record = wide(path, view, at - LOCATOR + 8, tailBegin)
    const inTail = record - tailBegin
    if (inTail < 0 || inTail + END64 > at || view.getUint32(inTail, true) !== 0x06064b50) {
      throw malformed(path, limit - LOCATOR, "the zip64 locator points to no zip64 record")
    }
    place = {
      begin: wide(path, view, inTail + 48, tailBegin),
      length: wide(path, view, inTail + 40, tailBegin),
      count: wide(path, view, inTail + 32, tailBegin),
    }
    limit = record
  }
  if (place.begin + place.length > limit) {
    throw malformed(
      path,
      limit,
      `the directory is said to lie at bytes ${place.begin} to ${place.begin + place.length}, beyond its own end`,
    )
  }
  return place
}

/** An unsigned 64-bit number, if it can be a place in a file at all. */
function wide(path: string, view: DataView, at: number, origin: number): number {
  const value = view.getBigUint64(at, true)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(path, origin + at, `stands the number ${value}, which no file reaches`)
  return Number(value)
}

function parseDirectory(path: string, bytes: Uint8Array, place: DirectoryPlace): ReadonlyMap<string, ZipEntry> {
  const view = viewOf(bytes)
  const found: Omit<ZipEntry, "next">[] = []
  let at = 0
  while (at < bytes.length) {
    const offset = place.begin + at
    if (at + CENTRAL > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw malformed(path, offset, "no entry of the directory stands")
    if (found.length === MAX_ENTRIES) throw malformed(path, offset, `there are more than ${MAX_ENTRIES} entries`)
    const nameEnd = at + CENTRAL + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const entryEnd = extraEnd + view.getUint16(at + 32, true)
    if (entryEnd > bytes.length) throw malformed(path, offset, "an entry reaches beyond the directory")
    const flags = view.getUint16(at + 8, true)
    const [unpacked, size, header] = sizes(path, view, at, nameEnd, extraEnd, place.begin)
    const method = view.getUint16(at + 10, true)
    const name = decoder.decode(bytes.subarray(at + CENTRAL, nameEnd))
    if (method === 0 && unpacked !== size) throw malformed(path, offset, `${JSON.stringify(name.slice(0, 200))} has two sizes`)
    found.push({ name, method, encrypted: (flags & 1) !== 0, size, header, described: (flags & 8) !== 0 })
    at = entryEnd
  }
  if (found.length !== place.count) throw malformed(path, place.begin, `stand ${found.length} entries where ${place.count} are announced`)
  return inOrder(path, found, place.begin)
}

/** Unpacked size, size and header offset; fields that are full stand in the zip64 extra field, in this order. */
function sizes(path: string, view: DataView, at: number, extra: number, extraEnd: number, origin: number): [number, number, number] {
  const fields = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)] as [number, number, number]
  if (!fields.includes(0xffffffff)) return fields
  for (let field = extra; field + 4 <= extraEnd; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue
    let next = field + 4
    const end = Math.min(extraEnd, next + view.getUint16(field + 2, true))
    for (const i of [0, 1, 2] as const) {
      if (fields[i] !== 0xffffffff || next + 8 > end) continue
      fields[i] = wide(path, view, next, origin)
      next += 8
    }
    break
  }
  return fields
}

function inOrder(path: string, found: Omit<ZipEntry, "next">[], directory: number): ReadonlyMap<string, ZipEntry> {
  found.sort((a, b) => a.header - b.header)
  const entries = new Map<string, ZipEntry>()
  for (const [i, entry] of found.entries()) {
    const next = found[i + 1]?.header ?? directory
    const shown = JSON.stringify(entry.name.slice(0, 200))
    if (entry.header + LOCAL + entry.size > next)
      throw malformed(path, entry.header, `${shown} of ${entry.size} bytes overlaps what follows`)
    if (entries.has(entry.name)) throw malformed(path, entry.header, `${shown} stands a second time`)
    entries.set(entry.name, { ...entry, next })
  }
  return entries
}

/**
 * Where stored entries' data begin, without their local headers. PyTorch pads to 64 bytes, and the data with their descriptor end where
 * the next entry begins: both agree on one place only. An archive where they don't for a single entry was written by something else;
 * there only entries without a descriptor are found, by their end.
 * @returns null where the local header must tell
 */
export function derivedData(entries: ReadonlyMap<string, ZipEntry>): (entry: ZipEntry) => number | null {
  const usual = [...entries.values()].every((entry) => alignedData(entry) !== null)
  return (entry) => {
    if (usual) return alignedData(entry)
    return entry.described ? null : entry.next - entry.size
  }
}

function alignedData(entry: ZipEntry): number | null {
  for (const descriptor of entry.described ? DESCRIPTORS : [0]) {
    const begin = entry.next - descriptor - entry.size
    if (begin % ALIGNMENT === 0 && begin >= entry.header + LOCAL) return begin
  }
  return null
}

/**
 * Where an entry's data begin as its local header says.
 * @param header {@link LOCAL} bytes at `entry.header`
 * @throws PedigreeError "malformed" when there is no such header or the data don't fit behind it
 */
export function statedData(path: string, entry: ZipEntry, header: Uint8Array): number {
  const view = viewOf(header)
  if (header.length < LOCAL || view.getUint32(0, true) !== 0x04034b50) throw malformed(path, entry.header, "no entry of the archive begins")
  const begin = entry.header + LOCAL + view.getUint16(26, true) + view.getUint16(28, true)
  if (begin + entry.size > entry.next) throw malformed(path, entry.header, "an entry's data reach into what follows")
  return begin
}

/** @throws PedigreeError "unsupported" for an entry that is not stored as it is */
export function requireStored(path: string, entry: ZipEntry): void {
  if (entry.method === 0 && !entry.encrypted) return
  throw new PedigreeError(
    "unsupported",
    `${path} holds ${JSON.stringify(entry.name.slice(0, 200))} ${entry.encrypted ? "encrypted" : "compressed"}, so its parts can't be read alone.`,
    "Look for a copy of the model that torch.save wrote itself, or one with safetensors files.",
  )
}
