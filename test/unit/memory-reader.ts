import { PedigreeError } from "~src/core/errors"
import type { Call, RepoFile, RepoReader } from "~src/hub/types"

export interface Read {
  readonly path: string
  readonly begin: number
  readonly end: number
  readonly purpose: string
}

export const call: Call = { signal: new AbortController().signal, meter: { add: () => undefined } }
export const ref = { id: "someone/model", revision: "0123456789abcdef0123456789abcdef01234567" }

/** A repository of files in memory that notes what was read of it. */
export function memoryReader(
  files: Readonly<Record<string, Uint8Array>>,
): RepoReader & { readonly reads: Read[]; readonly list: RepoFile[] } {
  const reads: Read[] = []
  const list = Object.entries(files).map(([path, bytes]) => ({ path, size: bytes.length, oid: `oid-of-${path}`, xetHash: null }))
  const find = (path: string) => {
    const bytes = Object.hasOwn(files, path) ? files[path] : undefined
    if (!bytes) throw new PedigreeError("no-such-file", `There is no ${path}.`, "Check the name.")
    return bytes
  }
  return {
    reads,
    list,
    files: async () => list,
    text: async (_ref, path) => new TextDecoder().decode(find(path)),
    range: async (_ref, path, begin, end, { purpose }) => {
      const bytes = find(path)
      if (begin >= bytes.length || begin >= end) throw new Error(`read outside ${path}: ${begin} to ${end} of ${bytes.length}`)
      reads.push({ path, begin, end, purpose })
      return { bytes: bytes.slice(begin, end), size: bytes.length }
    },
  }
}
