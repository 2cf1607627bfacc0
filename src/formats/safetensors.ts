import { PedigreeError } from "~src/core/errors"
import type { Call, RangeAnswer, RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import {
  type HeldBytes,
  NO_FACTS,
  type OpenedFiles,
  plainSource,
  type SkippedTensor,
  type TensorSource,
  type WeightFile,
} from "./container"
import { headerLength, MAX_TENSORS, parseHeader, type SafetensorsHeader } from "./safetensors-header"
import { readShardIndex, SAFETENSORS_SHARDS, type ShardRead } from "./safetensors-index"
import type { Dtype } from "./types"
import type { WeightChoice } from "./weight-files"

/** Four of five published headers are below 25 kB; 64 KiB brings most of the rest too, for the price of one round trip. */
export const SPECULATIVE_BYTES = 65_536

/** One file with its header read. */
export interface OpenFile {
  readonly path: string
  readonly size: number
  readonly header: SafetensorsHeader
  readonly held: HeldBytes
  readonly spilled: number
  readonly requests: number
}

export type SafetensorsChoice = Extract<WeightChoice, { readonly kind: "safetensors" | "safetensors-index" }>

export interface OpenOptions {
  /** Weights not larger than this in all are read whole at once, so that their rows need no second request. */
  readonly wholeBytes: number
  readonly call: Call
}

/** One tensor as a safetensors header lists it. */
export interface RawTensor {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** File that holds it, and absolute byte offsets [begin, end) in that file. */
  readonly file: string
  readonly begin: number
  readonly end: number
}

/** Safetensors files with their headers read, before anything is made of their tensors. */
export interface RawWeights extends OpenedFiles {
  readonly tensors: ReadonlyMap<string, RawTensor>
  /** `__metadata__` of all files; the first file's word counts. */
  readonly metadata: ReadonlyMap<string, string>
}

/** `model.safetensors` read on trust while the file list is still under way; null when there is no such file. */
export async function guessSafetensors(reader: RepoReader, ref: RepoRef, options: OpenOptions): Promise<OpenFile | null> {
  try {
    return await openFile(reader, ref, { path: "model.safetensors", expected: SPECULATIVE_BYTES }, null, false, options)
  } catch (error) {
    if (error instanceof PedigreeError && error.code === "no-such-file") return null
    throw error
  }
}

/**
 * Reads the headers of a model's safetensors files. At most 17 requests besides the file list: one index and 16 headers (rarely
 * two requests for one header).
 * @param listed the commit's files
 * @param guess what {@link guessSafetensors} gave
 * @throws PedigreeError "no-weights", "malformed", or what `reader` throws
 */
export async function readSafetensors(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  choice: SafetensorsChoice,
  guess: OpenFile | null,
  options: OpenOptions,
): Promise<RawWeights> {
  const sizes = new Map(listed.map((file) => [file.path, file.size]))
  if (choice.kind === "safetensors") {
    if (guess && choice.paths[0] === guess.path) return assemble([guess], listed, choice.paths, 0)
    const reads = choice.paths.map((path) => ({ path, expected: SPECULATIVE_BYTES }))
    return assemble(await openAll(reader, ref, reads, sizes, options), listed, choice.paths, 0)
  }
  const index = await readShardIndex(reader, ref, choice.path, sizes, SAFETENSORS_SHARDS, options.call)
  const opened = await openAll(reader, ref, index.reads, sizes, options)
  for (const { path, header } of opened) {
    const present = new Set([...header.tensors, ...header.skipped].map(({ name }) => name))
    const lacking = [...(index.names.get(path) ?? [])].find((name) => !present.has(name))
    if (lacking !== undefined) throw badIndex(choice.path, `it places tensor ${JSON.stringify(lacking)} in ${path}, which lacks it`)
  }
  return assemble(opened, listed, [...index.names.keys()], 1)
}

/** The tensors of safetensors files as they are stored. */
export function plainSources(raw: RawWeights): TensorSource[] {
  return [...raw.tensors.values()].map(({ name, dtype, shape, file, begin }) => plainSource(name, dtype, shape, file, begin))
}

function openAll(
  reader: RepoReader,
  ref: RepoRef,
  reads: readonly ShardRead[],
  sizes: ReadonlyMap<string, number>,
  options: OpenOptions,
): Promise<OpenFile[]> {
  const sizeOf = ({ path }: ShardRead) => sizes.get(path) ?? null
  const whole = reads.reduce((sum, read) => sum + (sizeOf(read) ?? Number.POSITIVE_INFINITY), 0) <= options.wholeBytes
  return Promise.all(reads.map((read) => openFile(reader, ref, read, sizeOf(read), whole, options)))
}

async function openFile(
  reader: RepoReader,
  ref: RepoRef,
  read: ShardRead,
  size: number | null,
  whole: boolean,
  options: OpenOptions,
): Promise<OpenFile> {
  const { path } = read
  if (size !== null && size < 8) headerLength(path, new Uint8Array(size), size)
  const first =
    whole && size !== null
      ? await reader.range(ref, path, 0, size, { purpose: "weights" }, options.call)
      : await reader.range(ref, path, 0, read.expected, { purpose: "header" }, options.call)
  const end = 8 + headerLength(path, first.bytes, first.size)
  let bytes = first.bytes
  let requests = 1
  if (end > bytes.length) {
    const rest = await reader.range(ref, path, bytes.length, end, { purpose: "header" }, options.call)
    bytes = joined(path, first, rest, end)
    requests = 2
  }
  const header = parseHeader(path, bytes.subarray(8, end), first.size)
  return { path, size: first.size, header, held: { file: path, begin: 0, bytes }, spilled: whole ? 0 : bytes.length - end, requests }
}

function joined(path: string, first: RangeAnswer, rest: RangeAnswer, end: number): Uint8Array {
  if (rest.size !== first.size || first.bytes.length + rest.bytes.length !== end) {
    throw new PedigreeError("malformed", `${path} changed or ended while its header was read.`, "Try again.", {
      worded: { as: "changed", values: { file: path } },
    })
  }
  const bytes = new Uint8Array(end)
  bytes.set(first.bytes)
  bytes.set(rest.bytes, first.bytes.length)
  return bytes
}

function badIndex(path: string, what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `${path} is not a valid shard index: ${what}.`,
    "Ask the repository's owner to upload the files again.",
    { worded: { as: "damaged", values: { file: path, detail: what } } },
  )
}

function assemble(opened: readonly OpenFile[], listed: readonly RepoFile[], paths: readonly string[], extraRequests: number): RawWeights {
  const tensors = new Map<string, RawTensor>()
  const skipped: SkippedTensor[] = []
  const metadata = new Map<string, string>()
  for (const { path, header } of opened) {
    skipped.push(...header.skipped)
    for (const [key, text] of header.metadata) if (!metadata.has(key)) metadata.set(key, text)
    for (const tensor of header.tensors) {
      const other = tensors.get(tensor.name)
      if (other) throw badIndex(path, `tensor ${JSON.stringify(tensor.name)} is also in ${other.file}`)
      tensors.set(tensor.name, { ...tensor, file: path })
    }
  }
  if (tensors.size + skipped.length > MAX_TENSORS) throw badIndex(opened[0]?.path ?? "", `more than ${MAX_TENSORS} tensors in all`)
  const facts = new Map(listed.map((file) => [file.path, file]))
  const sizes = new Map(opened.map(({ path, size }) => [path, size]))
  const files: WeightFile[] = [...paths]
    .sort()
    .map((path) => ({ path, size: sizes.get(path) ?? facts.get(path)?.size ?? 0, oid: facts.get(path)?.oid ?? null }))
  return {
    format: "safetensors",
    files,
    tensors,
    metadata,
    skipped,
    held: opened.map(({ held }) => held),
    spilled: opened.reduce((sum, { spilled }) => sum + spilled, 0),
    requests: extraRequests + opened.reduce((sum, { requests }) => sum + requests, 0),
    facts: NO_FACTS,
  }
}
