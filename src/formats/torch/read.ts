import { NO_FACTS, type SkippedTensor, type TensorSource, type WeightFile } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import type { OpenOptions, RawTensor, RawWeights } from "~src/formats/safetensors"
import { MAX_TENSORS } from "~src/formats/safetensors-header"
import { readShardIndex } from "~src/formats/safetensors-index"
import { isContiguous, stridedSource } from "~src/formats/strided"
import type { WeightChoice } from "~src/formats/weight-files"
import { Windows } from "~src/formats/windows"
import type { RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import { openZip } from "./archive"
import { badTorch, unreadTorch } from "./errors"
import { isLegacy, openLegacy } from "./legacy"
import { findStateDict } from "./state"
import { isKnownGlobal, type Unreadable } from "./tensors"
import { viewOf } from "./view"

/** Holds the pickle of some 400 tensors, enough for most models of one file. */
const HEAD_BYTES = 65_536
/** A shape, strides and a storage take some 90 bytes in a pickle besides the tensor's name, some 125 in a legacy one. */
const ENTRY_BYTES = 130
/** The archive's directory, at the file's end, takes some 70 to 100 bytes a tensor. */
const TAIL_SHARE = 0.65
const MIN_TAIL = 4_096
/** Two requests each, which leaves as many for rows. */
const MAX_SHARDS_OPENED = 10
const MAX_SHOWN_GLOBALS = 5

export type TorchChoice = Extract<WeightChoice, { readonly kind: "torch" | "torch-index" }>

/** PyTorch files with their pickles read. */
export interface TorchWeights extends RawWeights {
  /** Tensors whose elements don't simply follow each other. */
  readonly strided: readonly TensorSource[]
}

/**
 * Reads the pickles of a model's PyTorch files and finds its tensors, without running anything: two requests a file (its beginning
 * and its end) and one for an index.
 * @throws PedigreeError "malformed", "unsupported", or what `reader` throws
 */
export async function readTorch(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  choice: TorchChoice,
  options: OpenOptions,
): Promise<TorchWeights> {
  const facts = new Map(listed.map((file) => [file.path, file]))
  const sizes = new Map(listed.map(({ path, size }) => [path, size]))
  const layout = { ending: "bin", entryBytes: ENTRY_BYTES, most: MAX_SHARDS_OPENED }
  const index = choice.kind === "torch-index" ? await readShardIndex(reader, ref, choice.path, sizes, layout, options.call) : null
  const reads = index ? index.reads : (choice.kind === "torch" ? choice.paths : []).map((path) => ({ path, expected: HEAD_BYTES }))
  const total = reads.reduce((sum, { path }) => sum + (sizes.get(path) ?? 0), 0)
  const opened = await Promise.all(
    reads.map(({ path, expected }) =>
      openFile(new Windows(reader, ref, path, sizes.get(path) ?? 0, options.call), expected, total <= options.wholeBytes),
    ),
  )
  const paths = index ? [...index.names.keys()] : reads.map(({ path }) => path)
  const files: WeightFile[] = paths.sort().map((path) => ({ path, size: sizes.get(path) ?? 0, oid: facts.get(path)?.oid ?? null }))
  return {
    format: "torch",
    files,
    ...joinTensors(opened),
    metadata: new Map(),
    skipped: opened.flatMap(({ skipped }) => skipped),
    held: opened.flatMap(({ windows }) => windows.held),
    spilled: opened.reduce((sum, { spilled }) => sum + spilled, 0),
    requests: (index ? 1 : 0) + opened.reduce((sum, { windows }) => sum + windows.requests, 0),
    facts: { ...NO_FACTS, notes: notesOf(opened) },
  }
}

interface OpenFile {
  readonly windows: Windows
  readonly tensors: readonly RawTensor[]
  readonly strided: readonly TensorSource[]
  readonly skipped: readonly SkippedTensor[]
  readonly spilled: number
  /** Where the state dict was found in the file's object. */
  readonly statePath: string
  /** Classes that the pickle names and Pedigree does not know. */
  readonly unknown: readonly string[]
}

async function openFile(windows: Windows, expected: number, whole: boolean): Promise<OpenFile> {
  const { path, size } = windows
  if (size < 4) throw unreadTorch(path, `is no file that torch.save writes: it ends after ${size} bytes`)
  const head = Math.min(size, expected)
  const tail = Math.min(size, Math.max(MIN_TAIL, Math.ceil(expected * TAIL_SHARE)))
  if (whole) await windows.read(0, size, "weights")
  else if (head + tail >= size) await windows.read(0, size)
  else await Promise.all([windows.read(0, head), windows.read(size - tail, size)])
  const start = await windows.read(0, Math.min(size, 512))
  const file = await open(windows, start, head, tail)
  const state = findStateDict(path, file.pickled.value)
  const tensors: RawTensor[] = []
  const strided: TensorSource[] = []
  const skipped: SkippedTensor[] = []
  for (const [name, tensor] of state.tensors) {
    const place = "reason" in tensor ? tensor : await file.place(tensor.storage)
    if ("reason" in tensor || typeof place !== "number") {
      skipped.push({ name, reason: (place as Unreadable).reason })
      continue
    }
    const view = viewOf(name, tensor, path, place)
    const { dtype, shape, stride, begin } = view
    const end = begin + shape.reduce((product, side) => product * side, dtypeSize(dtype))
    const source = isContiguous(view) ? null : stridedSource(name, view)
    if (isContiguous(view)) tensors.push({ name, dtype, shape, file: path, begin, end })
    else if (source) strided.push(source)
    else skipped.push({ name, reason: `its elements do not lie together (shape [${shape}], strides [${stride}])` })
  }
  return {
    windows,
    tensors,
    strided,
    skipped,
    spilled: whole ? 0 : Math.max(0, windows.fetched - file.headerBytes),
    statePath: state.path,
    unknown: file.pickled.globals.filter((global) => !isKnownGlobal(global)).map((global) => global.path),
  }
}

function open(windows: Windows, start: Uint8Array, head: number, tail: number) {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (view.getUint32(0, true) === 0x04034b50) return openZip(windows, tail)
  if (isLegacy(start)) return openLegacy(windows, head)
  const text = new TextDecoder("latin1").decode(start)
  if (text.slice(257, 262) === "ustar")
    throw unreadTorch(windows.path, "is a tar archive, as PyTorch wrote them before version 0.2; Pedigree does not read it")
  if (/^\s*</.test(text) || text.startsWith("version https://git-lfs")) throw badTorch(windows.path, "it holds a text instead of weights")
  throw unreadTorch(windows.path, "is no file that torch.save writes: it begins with neither a ZIP archive nor PyTorch's magic number")
}

function joinTensors(opened: readonly OpenFile[]): Pick<TorchWeights, "tensors" | "strided"> {
  const names = new Set<string>()
  for (const { windows, tensors, strided } of opened) {
    for (const { name } of [...tensors, ...strided]) {
      if (names.has(name)) throw badTorch(windows.path, `tensor ${JSON.stringify(name)} is also in another shard`)
      names.add(name)
    }
  }
  if (names.size > MAX_TENSORS) throw badTorch(opened[0]?.windows.path ?? "", `it lists more than ${MAX_TENSORS} tensors`)
  const tensors = opened.flatMap((file) => file.tensors)
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), strided: opened.flatMap((file) => file.strided) }
}

function notesOf(opened: readonly OpenFile[]): [label: string, text: string][] {
  const notes: [string, string][] = []
  const [path] = opened.map(({ statePath }) => statePath).filter((found) => found !== "")
  if (path !== undefined) notes.push(["Part of the file read", shown(path)])
  const unknown = [...new Set(opened.flatMap(({ unknown }) => unknown))].sort()
  if (unknown.length > 0) {
    const more = unknown.length > MAX_SHOWN_GLOBALS ? ` and ${unknown.length - MAX_SHOWN_GLOBALS} more` : ""
    notes.push(["Python objects left unread", `${unknown.slice(0, MAX_SHOWN_GLOBALS).map(shown).join(", ")}${more}`])
  }
  return notes
}

/** A text of the file without control characters and with a bounded length. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 200)
}
