import { PedigreeError } from "~src/core/errors"
import type { RepoReader } from "~src/hub/types"
import type { Read } from "./memory-reader"
import type { Piece } from "./torch-writer"

export interface PiecedFile {
  readonly pieces: readonly Piece[]
  readonly size: number
}

/** Bytes [begin, end) of a file of which only some pieces are stored; byte i of the rest is i mod 251. */
export function readPieces({ pieces }: PiecedFile, begin: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - begin).map((_, i) => (begin + i) % 251)
  for (const piece of pieces) {
    const from = Math.max(begin, piece.begin)
    const to = Math.min(end, piece.begin + piece.bytes.length)
    if (from < to) bytes.set(piece.bytes.subarray(from - piece.begin, to - piece.begin), from - begin)
  }
  return bytes
}

/** A repository of such files. */
export function piecedReader(files: Readonly<Record<string, PiecedFile>>): RepoReader & { readonly reads: Read[] } {
  const reads: Read[] = []
  const find = (path: string) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined
    if (!file) throw new PedigreeError("no-such-file", `There is no ${path}.`, "Check the name.")
    return file
  }
  const read = (path: string, begin: number, end: number) => {
    const file = find(path)
    const stop = Math.min(end, file.size)
    if (begin >= stop) throw new Error(`read outside ${path}: ${begin} to ${end} of ${file.size}`)
    return { bytes: readPieces(file, begin, stop), size: file.size }
  }
  return {
    reads,
    files: async () => Object.entries(files).map(([path, { size }]) => ({ path, size, oid: null, xetHash: null })),
    text: async (_ref, path) => new TextDecoder().decode(read(path, 0, find(path).size).bytes),
    range: async (_ref, path, begin, end, { purpose }) => {
      const answer = read(path, begin, end)
      reads.push({ path, begin, end: begin + answer.bytes.length, purpose })
      return answer
    },
  }
}
