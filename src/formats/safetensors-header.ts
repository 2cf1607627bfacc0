import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import type { SkippedTensor } from "./container"
import { dtypeSize, isDtype } from "./dtypes"
import { findDuplicateKey } from "./json-keys"
import type { Dtype } from "./types"

/** The reference reader refuses headers over 100 MB; 25 MB holds MAX_TENSORS entries of usual length and bounds our memory. */
export const MAX_HEADER_BYTES = 25_000_000
/** Twice what the largest published mixtures of experts have (some 90,000): bounds time and memory of everything that walks the list. */
export const MAX_TENSORS = 200_000
/** Video convolutions have 5 axes; a few more for stacked ones. */
const MAX_RANK = 8
/** A tensor name is stored and shown; usual ones have 30 to 120 characters. */
export const MAX_NAME = 1_000

export interface HeaderTensor {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Absolute byte offsets [begin, end) in the file. */
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>
  readonly tensors: readonly HeaderTensor[]
  readonly skipped: readonly SkippedTensor[]
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const entrySchema = v.object({
  dtype: v.string(),
  shape: v.pipe(v.array(count), v.maxLength(MAX_RANK)),
  data_offsets: v.strictTuple([count, count]),
})

function malformed(file: string, what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `${file} is not a valid safetensors file: ${what}.`,
    "Ask the repository's owner to upload the file again.",
    { worded: { as: "damaged", values: { file, detail: what } } },
  )
}

/**
 * Length of the JSON header, from the file's first 8 bytes (unsigned 64-bit, little endian).
 * @throws PedigreeError "malformed" when the file can't hold such a header
 */
export function headerLength(file: string, head: Uint8Array, fileSize: number): number {
  if (head.length < 8) throw malformed(file, `it ends after ${head.length} bytes, before the header's length`)
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES))
    throw malformed(file, `its header claims ${length} bytes, more than the ${MAX_HEADER_BYTES} allowed`)
  if (length < 2n) throw malformed(file, `its header claims ${length} bytes`)
  if (8n + length > BigInt(fileSize)) throw malformed(file, `its header claims ${length} bytes, but the file has ${fileSize}`)
  return Number(length)
}

/**
 * Parses and checks a safetensors header (https://github.com/huggingface/safetensors, "Format"). Holes between tensors are let
 * pass, since they can't be read through any tensor; overlaps are not.
 * @param json the header's bytes, without the 8 bytes of its length
 * @throws PedigreeError "malformed", naming file, tensor and cause
 */
export function parseHeader(file: string, json: Uint8Array, fileSize: number): SafetensorsHeader {
  const dataBegin = 8 + json.length
  const metadata = new Map<string, string>()
  const tensors: HeaderTensor[] = []
  const skipped: SkippedTensor[] = []
  const spans: { name: string; begin: number; end: number }[] = []
  for (const [name, value] of parseObject(file, json)) {
    if (name === "__metadata__") {
      readMetadata(file, value, metadata)
      continue
    }
    if (name.length > MAX_NAME) throw malformed(file, `a tensor's name has ${name.length} characters`)
    const parsed = v.safeParse(entrySchema, value)
    if (!parsed.success) {
      const issue = parsed.issues[0]
      throw malformed(file, `tensor ${JSON.stringify(name)}: ${v.getDotPath(issue) ?? "entry"}: ${issue.message}`)
    }
    const { dtype, shape, data_offsets } = parsed.output
    const begin = dataBegin + data_offsets[0]
    const end = dataBegin + data_offsets[1]
    if (begin > end || end > fileSize) {
      throw malformed(file, `tensor ${JSON.stringify(name)} lies at bytes ${begin} to ${end} of a file of ${fileSize} bytes`)
    }
    spans.push({ name, begin, end })
    const elements = shape.reduce((product, side) => product * side, 1)
    if (!Number.isSafeInteger(elements)) throw malformed(file, `tensor ${JSON.stringify(name)} claims ${elements} elements`)
    if (!isDtype(dtype)) {
      skipped.push({ name, reason: `element type ${dtype.slice(0, 40)} is not supported` })
      continue
    }
    if (elements * dtypeSize(dtype) !== end - begin) {
      throw malformed(file, `tensor ${JSON.stringify(name)} of shape [${shape}] and type ${dtype} can't have ${end - begin} bytes`)
    }
    tensors.push({ name, dtype, shape, begin, end })
  }
  refuseOverlaps(file, spans)
  return { metadata, tensors, skipped }
}

function parseObject(file: string, json: Uint8Array): [string, unknown][] {
  // The format demands `{` first; it also keeps away byte-order marks and HTML.
  if (json[0] !== 0x7b) throw malformed(file, "its header is not a JSON object")
  let text: string
  let value: unknown
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(json)
    value = JSON.parse(text)
  } catch {
    throw malformed(file, "its header is not valid JSON")
  }
  // JSON.parse silently keeps the last of equal keys, so one file could show different tensors to different readers.
  const duplicate = findDuplicateKey(text)
  if (duplicate !== null) throw malformed(file, `its header names ${JSON.stringify(duplicate.slice(0, 200))} twice`)
  const entries = Object.entries(value as object)
  if (entries.length > MAX_TENSORS + 1) throw malformed(file, `it lists ${entries.length} tensors, more than the ${MAX_TENSORS} allowed`)
  return entries
}

function readMetadata(file: string, value: unknown, into: Map<string, string>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(file, "__metadata__ is not an object")
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw malformed(file, "__metadata__ holds something other than text")
    into.set(key, text)
  }
}

function refuseOverlaps(file: string, spans: { name: string; begin: number; end: number }[]): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let last: { name: string; end: number } | null = null
  for (const span of spans) {
    if (last !== null && span.begin < last.end)
      throw malformed(file, `tensors ${JSON.stringify(last.name)} and ${JSON.stringify(span.name)} overlap`)
    last = span
  }
}
