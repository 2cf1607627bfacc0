import type { Windows } from "~src/formats/windows"
import { badTorch, unreadTorch } from "./errors"
import { type Pickled, readPickle } from "./pickle"
import { MAX_PICKLE_BYTES } from "./pickle-bytes"
import type { StorageClaim, Unreadable } from "./tensors"
import { derivedData, LOCAL, readZipDirectory, requireStored, statedData, type ZipEntry } from "./zip"

/** A file with its pickle read, and the way from a storage's name to its place. */
export interface TorchFile {
  readonly pickled: Pickled
  /** First byte of a storage in the file, or why it can't be read. */
  place(storage: StorageClaim): Promise<number | Unreadable>
  /** Bytes of the file that belong to its header. */
  readonly headerBytes: number
}

/** Local headers read one by one, where the usual layout doesn't tell them; usual files need none. */
const MAX_LOCAL_HEADERS = 6
/** The small entries that torch.save puts between the pickle and the first storage. */
const BEHIND_PICKLE = 512

/**
 * Opens what torch.save has written since version 1.6: a ZIP archive with the pickle `data.pkl`, and each storage as an entry of its
 * own, stored as it is (`caffe2/serialize/inline_container.cc` and `torch/serialization.py` describe it).
 * @param tail bytes at the file's end that probably hold the directory
 * @throws PedigreeError "malformed", "unsupported", or what the reader throws
 */
export async function openZip(windows: Windows, tail: number): Promise<TorchFile> {
  const { path, size } = windows
  const entries = await readZipDirectory(windows, tail)
  const found = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
  const [pickle] = found
  if (!pickle || found.length > 1) throw unreadTorch(path, "is a ZIP archive, but none that torch.save writes: it holds no data.pkl")
  const prefix = pickle.name.slice(0, -"data.pkl".length)
  if (entries.has(`${prefix}constants.pkl`)) throw unreadTorch(path, "is a TorchScript program, which Pedigree does not read")
  requireStored(path, pickle)
  if (pickle.size > MAX_PICKLE_BYTES) {
    throw badTorch(path, `its data.pkl at byte ${pickle.header} claims ${pickle.size} bytes, more than the ${MAX_PICKLE_BYTES} allowed`)
  }
  const derive = derivedData(entries)
  let localReads = 0
  const dataOf = async (entry: ZipEntry): Promise<number | null> => {
    const known = windows.known(entry.header, entry.header + LOCAL)
    if (known) return statedData(path, entry, known)
    const derived = derive(entry)
    if (derived !== null || localReads === MAX_LOCAL_HEADERS) return derived
    localReads++
    return statedData(path, entry, await windows.read(entry.header, entry.header + LOCAL))
  }
  const around = await windows.read(pickle.header, Math.min(size, pickle.next + BEHIND_PICKLE))
  const begin = statedData(path, pickle, around.subarray(0, LOCAL))
  const pickled = readPickle(path, around.subarray(begin - pickle.header, begin - pickle.header + pickle.size), begin)
  if (pickled === null) throw badTorch(path, `the pickle at byte ${begin} ends before it is complete`)
  const order = entries.get(`${prefix}byteorder`)
  if (order) await requireLittle(windows, order, await dataOf(order))
  return {
    pickled,
    // Entries come in the order of their data, so the last one ends where the directory begins.
    headerBytes: pickle.next + size - ([...entries.values()].at(-1)?.next ?? size),
    place: async (storage) => {
      const entry = entries.get(`${prefix}data/${storage.key}`)
      if (!entry)
        throw badTorch(
          path,
          `its pickle at byte ${begin} names the storage ${JSON.stringify(storage.key.slice(0, 100))}, which the archive lacks`,
        )
      requireStored(path, entry)
      if (storage.bytes !== null && storage.bytes !== entry.size) {
        throw badTorch(
          path,
          `storage ${JSON.stringify(entry.name.slice(0, 100))} at byte ${entry.header} has ${entry.size} bytes, not the ${storage.bytes} its pickle says`,
        )
      }
      return (await dataOf(entry)) ?? { reason: "its place in the archive is not the usual one" }
    },
  }
}

async function requireLittle(windows: Windows, order: ZipEntry, begin: number | null): Promise<void> {
  if (begin === null || order.size === 0 || order.size > BEHIND_PICKLE) return
  const word = new TextDecoder().decode(await windows.read(begin, begin + order.size))
  if (word !== "little")
    throw unreadTorch(
      windows.path,
      `was written on a big-endian machine (byteorder ${JSON.stringify(word.slice(0, 20))}), whose files Pedigree does not read`,
    )
}
