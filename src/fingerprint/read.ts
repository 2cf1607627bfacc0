import { PedigreeError } from "~src/core/errors"
import type { Container, ContainerFacts, HeldBytes, Span } from "~src/formats/container"
import { matrixShape } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import { openContainer } from "~src/formats/open"
import { SPECULATIVE_BYTES } from "~src/formats/safetensors"
import type { Call, RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import { type Probe, planProbes } from "./plan"
import { withinRequests } from "./ranges"
import type { Fingerprint, Slab } from "./types"

/** Weight bytes read of one model unless asked otherwise. */
export const DEFAULT_BUDGET = 1_048_576
/** Requests spent on one model's weights, headers included. */
const MAX_REQUESTS = 40
/** Reasons told of tensors that can't be read, the most frequent first. */
const MAX_REASONS = 4
/** Bytes that may be read between rows to save requests. */
const GAP_BYTES = 32_768

/** What rows may cost: all of the budget if the model fits it, else less what header reads may bring along unasked, and gaps. */
function rowBudget(budget: number, fileBytes: number, spilled: number): number {
  return fileBytes <= budget ? budget : Math.max(0, budget - Math.max(SPECULATIVE_BYTES, spilled) - GAP_BYTES)
}

/**
 * Reads a model's fingerprint as docs/fingerprint.md specifies it.
 * @param files the commit's files; null fetches the list itself, beside the header of `model.safetensors`
 * @param options.budget weight bytes at most
 * @throws PedigreeError "no-weights", "unsupported", "malformed", or what `reader` throws
 */
export async function readFingerprint(
  reader: RepoReader,
  ref: RepoRef,
  files: readonly RepoFile[] | null,
  options: { readonly budget: number; readonly call: Call },
): Promise<Fingerprint> {
  const container = await openContainer(reader, ref, files, { wholeBytes: options.budget, call: options.call })
  const facts = factsOf(container)
  const fileBytes = container.files.reduce((sum, { size }) => sum + size, 0)
  const planned = planProbes(container.tensors, rowBudget(options.budget, fileBytes, container.spilled))
  const spans = planned.map(({ tensor, from, to }) => container.spans(tensor, from, to))
  const { kept, ranges } = withinRequests(
    spans,
    Math.max(1, MAX_REQUESTS - container.requests),
    fileBytes <= options.budget ? options.budget : GAP_BYTES,
  )
  const bytes = await Promise.all(ranges.map((range) => readRange(reader, ref, container.held, range, options.call)))
  const slabs = planned.slice(0, kept).map((probe, i) => toSlab(container, probe, spans[i] as readonly Span[], ranges, bytes))
  return {
    version: 1,
    repo: ref.id,
    revision: ref.revision,
    format: container.format,
    facts,
    files: container.files,
    tensors: container.tensors.map(({ role, layer, name, dtype, shape, packing }) => ({ role, layer, name, dtype, shape, packing })),
    slabs,
  }
}

/** What can't be read is told among the facts, with the reason. @throws PedigreeError "unsupported" if no matrix is left to compare */
function factsOf({ facts, skipped, tensors, files }: Container): ContainerFacts {
  const counts = new Map<string, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const common = [...counts].sort(([, a], [, b]) => b - a).slice(0, MAX_REASONS)
  if (common[0] && tensors.every(({ shape }) => shape.length < 2)) {
    const message = `No matrix of ${files[0]?.path ?? "this model"} can be read: ${common[0][0]}.`
    throw new PedigreeError("unsupported", message, "Look for a copy of the model in another container or with other packing.")
  }
  const notes = common.map(([reason, count]): [string, string] => ["Not read", `${count} ${count === 1 ? "tensor" : "tensors"}: ${reason}`])
  return { ...facts, notes: [...facts.notes, ...notes] }
}

/** What a header read brought along is not asked for again. */
async function readRange(reader: RepoReader, ref: RepoRef, held: readonly HeldBytes[], range: Span, call: Call): Promise<Uint8Array> {
  const have = held.find(({ file, begin, bytes }) => file === range.file && begin <= range.begin && range.begin < begin + bytes.length)
  const known = have ? have.bytes.subarray(range.begin - have.begin, range.end - have.begin) : new Uint8Array(0)
  const size = range.end - range.begin
  if (known.length === size) return known
  const answer = await reader.range(ref, range.file, range.begin + known.length, range.end, { purpose: "weights" }, call)
  if (known.length + answer.bytes.length !== size) {
    throw new PedigreeError("malformed", `${range.file} ended at byte ${answer.size}, in the middle of its tensors.`, "Try again.")
  }
  const bytes = new Uint8Array(size)
  bytes.set(known)
  bytes.set(answer.bytes, known.length)
  return bytes
}

function toSlab(container: Container, probe: Probe, spans: readonly Span[], ranges: readonly Span[], bytes: readonly Uint8Array[]): Slab {
  const chunks = spans.map((span) => {
    const at = ranges.findIndex(({ file, begin, end }) => file === span.file && begin <= span.begin && span.end <= end)
    const range = ranges[at] as Span
    return (bytes[at] as Uint8Array).subarray(span.begin - range.begin, span.end - range.begin)
  })
  const { tensor, from, to, row0, rows } = probe
  const { role, layer, name, dtype, shape, packing } = tensor
  const unpacked = container.unpack(tensor, from, to, chunks)
  const place = { role, layer, name, dtype, shape, packing, row0, rows }
  // A copy, so that a kept slab doesn't keep a whole answer alive.
  if (tensor.along === "rows") return { ...place, col0: 0, cols: matrixShape(shape).cols, bits: unpacked.slice() }
  const rowBytes = (to - from) * dtypeSize(dtype)
  return { ...place, col0: from, cols: to - from, bits: unpacked.slice(row0 * rowBytes, (row0 + rows) * rowBytes) }
}
