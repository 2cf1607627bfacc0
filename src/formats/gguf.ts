import { PedigreeError } from "~src/core/errors"
import type { RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import type { OpenedFiles, SkippedTensor, TensorSource, WeightFile } from "./container"
import { depthOrder } from "./depth"
import { changeOf } from "./gguf/changes"
import { quoted } from "./gguf/errors"
import { ggufFacts } from "./gguf/facts"
import { type GgufHeader, type GgufTensor, readHeader } from "./gguf/header"
import { ggufNames } from "./gguf/names"
import { ggufSource, slices } from "./gguf/source"
import { countOf, type GgufValue } from "./gguf/values"
import type { OpenOptions } from "./safetensors"
import { MAX_TENSORS } from "./safetensors-header"
import { Windows } from "./windows"

/** Parts of a split model that are opened: a long vocabulary takes 14 requests, rows 16, and 40 are allowed. */
const MAX_PARTS = 10
/** What the first request for a file asks for: the general keys and, without a long vocabulary, all of the header. */
const FIRST_BYTES = 65_536
/** ... and for a later part, which has little but its tensor table. */
const PART_BYTES = 16_384

/** A GGUF model with its headers read. */
export interface GgufModel {
  readonly opened: OpenedFiles
  readonly sources: readonly TensorSource[]
}

interface Part {
  readonly windows: Windows
  readonly header: GgufHeader
}

/**
 * Reads the headers of a GGUF model, one file or the parts of a split one (of more than 10 parts those spread over the depth).
 * @param listed the commit's files
 * @param paths the model's files, in order
 * @throws PedigreeError "no-weights", "unsupported", "malformed", or what `reader` throws
 */
export async function readGguf(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  paths: readonly string[],
  options: OpenOptions,
): Promise<GgufModel> {
  const facts = new Map(listed.map((file) => [file.path, file]))
  const files: WeightFile[] = paths.map((path) => ({ path, size: facts.get(path)?.size ?? 0, oid: facts.get(path)?.oid ?? null }))
  const whole = files.reduce((sum, { size }) => sum + size, 0) <= options.wholeBytes
  const chosen = depthOrder(files.length)
    .slice(0, MAX_PARTS)
    .sort((a, b) => a - b)
  const parts = await Promise.all(
    chosen.map(async (i): Promise<Part> => {
      const { path, size } = files[i] as WeightFile
      const windows = new Windows(reader, ref, path, size, options.call)
      if (whole && size > 0) await windows.read(0, size, "weights")
      return { windows, header: await readHeader(windows, i === 0 ? FIRST_BYTES : PART_BYTES) }
    }),
  )
  return assemble(files, parts, whole)
}

function assemble(files: readonly WeightFile[], parts: readonly Part[], whole: boolean): GgufModel {
  const values = new Map<string, GgufValue>()
  // The first part speaks for all; the others repeat little.
  for (const { header } of parts) for (const [key, value] of header.values) if (!values.has(key)) values.set(key, value)
  if (values.get("general.type") === "adapter") throw adapterFile(files[0]?.path ?? "")
  const nameOf = ggufNames(values)
  const skipped: SkippedTensor[] = []
  const sources = new Map<string, TensorSource>()
  const stored = new Set<string>()
  for (const { windows, header } of parts) {
    for (const tensor of header.tensors) {
      if (stored.has(tensor.name)) throw twice(windows.path, tensor.name)
      stored.add(tensor.name)
      for (const source of sourcesOf(tensor, nameOf(tensor.name), windows.path, values, skipped)) {
        // An unknown architecture may have two tensors where Llama has one: the second keeps llama.cpp's word.
        const name = sources.has(source.name) ? tensor.name : source.name
        if (sources.has(name)) throw twice(windows.path, name)
        sources.set(name, { ...source, name })
      }
      if (sources.size + skipped.length > MAX_TENSORS) throw tooMany(windows.path)
    }
  }
  const stated = ggufFacts(values)
  const split = countOf(values, "split.count") ?? 1
  const lacking: [string, string][] = split > files.length ? [["Parts", `${files.length} of ${split} are here`]] : []
  return {
    sources: [...sources.values()],
    opened: {
      format: "gguf",
      files,
      skipped,
      held: parts.flatMap(({ windows, header }) => windows.held.filter(({ begin, bytes }) => begin + bytes.length > header.dataBegin)),
      spilled: whole ? 0 : parts.reduce((sum, part) => sum + spilled(part), 0),
      requests: parts.reduce((sum, { windows }) => sum + windows.requests, 0),
      facts: { ...stated, notes: [...stated.notes, ...lacking] },
    },
  }
}

/** Bytes that header reads brought along from behind the header. */
function spilled({ windows, header }: Part): number {
  return windows.held.reduce((sum, { begin, bytes }) => sum + Math.max(0, begin + bytes.length - Math.max(begin, header.dataBegin)), 0)
}

/** A stored tensor as PyTorch tensors: itself, or the experts stacked in it. What can't be read goes to `skipped`. */
function sourcesOf(
  tensor: GgufTensor,
  name: string,
  file: string,
  values: ReadonlyMap<string, GgufValue>,
  skipped: SkippedTensor[],
): TensorSource[] {
  const { type, typeId } = tensor
  const skip = (reason: string) => {
    skipped.push({ name, reason })
    return []
  }
  if (type === null) return skip(`GGUF type ${typeId} is not known`)
  if (type.kind === "unread") return skip(`GGUF type ${type.name} is not supported yet`)
  const change = changeOf(tensor, values)
  if (typeof change === "string") return skip(change)
  if (!name.includes("*")) return [ggufSource(name, type, tensor.shape, file, tensor.begin, change)]
  if ((tensor.shape[0] ?? 0) > MAX_TENSORS) throw tooMany(file)
  return slices(tensor).map(({ shape, begin }, expert) => ggufSource(name.replace("*", String(expert)), type, shape, file, begin, change))
}

function adapterFile(file: string): PedigreeError {
  const message = `${file} is an adapter, and Pedigree does not read adapters in GGUF yet.`
  return new PedigreeError("unsupported", message, "Look for a copy of the adapter with safetensors files.", {
    worded: { as: "not_read", values: { file, detail: "an adapter in GGUF" } },
  })
}

function twice(file: string, name: string): PedigreeError {
  const message = `${file} holds the tensor ${quoted(name)}, which came before.`
  return new PedigreeError("malformed", message, "Ask the repository's owner to upload the files again.")
}

function tooMany(file: string): PedigreeError {
  const message = `${file} holds more tensors and experts than the ${MAX_TENSORS} allowed.`
  return new PedigreeError("malformed", message, "Ask the repository's owner to upload the files again.")
}
