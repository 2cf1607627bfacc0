import type { Dirent } from "node:fs"
import fs from "node:fs/promises"
import path from "node:path"
import { PedigreeError } from "~src/core/errors"
import { headerLength, parseHeader } from "~src/formats/safetensors-header"
import type { RangeAnswer } from "~src/hub/types"

const MOST_FILES = 10_000

/** Files below a folder with forward slashes, links to files followed (the Hub's cache consists of them), hidden ones left out. */
export async function listFiles(folder: string, below = ""): Promise<string[]> {
  const entries: Dirent[] = await fs.readdir(path.join(folder, below), { withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`
    if (entry.name.startsWith(".") || found.length >= MOST_FILES) continue
    if (entry.isDirectory()) found.push(...(await listFiles(folder, name)))
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path.join(folder, name))))) found.push(name)
  }
  return found
}

const isFile = (full: string) =>
  fs.stat(full).then(
    (stat) => stat.isFile(),
    () => false,
  )

/** Bytes [begin, end) of a file of `size` bytes. Throws PedigreeError "malformed" when they are not there. */
export async function readRange(full: string, size: number, begin: number, end: number): Promise<RangeAnswer> {
  const length = Math.min(end, size) - begin
  if (length <= 0) throw new PedigreeError("malformed", `${full} ends before byte ${begin}.`, "Download the file again.")
  const handle = await fs.open(full)
  try {
    const bytes = new Uint8Array(length)
    const { bytesRead } = await handle.read(bytes, 0, length, begin)
    if (bytesRead < length) throw new PedigreeError("malformed", `${full} is shorter than it was.`, "Download the file again.")
    return { bytes, size }
  } finally {
    await handle.close()
  }
}

/** Parameters by dtype over safetensors files, as the Hub counts them; null if a header cannot be read, which the engine explains later. */
export async function countParameters(
  folder: string,
  files: readonly { path: string; size: number }[],
): Promise<Record<string, number> | null> {
  const counts: Record<string, number> = {}
  try {
    for (const { path: name, size } of files) {
      const full = path.join(folder, name)
      const length = headerLength(name, (await readRange(full, size, 0, 8)).bytes, size)
      const header = parseHeader(name, (await readRange(full, size, 8, 8 + length)).bytes, size)
      for (const { dtype, shape } of header.tensors)
        counts[dtype] = (counts[dtype] ?? 0) + shape.reduce((product, side) => product * side, 1)
    }
  } catch {
    return null
  }
  return Object.keys(counts).length > 0 ? counts : null
}
