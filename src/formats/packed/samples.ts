import { PedigreeError } from "~src/core/errors"
import type { RepoReader, RepoRef } from "~src/hub/types"
import type { HeldBytes } from "../container"
import type { OpenOptions, RawTensor } from "../safetensors"
import type { Sample, SampleBytes } from "./module"

/** Requests for samples: a usual model has 7 kinds of layers; more would be missing for rows. */
const MAX_READS = 10
/** A gap that is cheaper to read than another request. */
const MAX_GAP = 16_384

export interface ReadSamples {
  /** The bytes of a sample, of its own or of its kind; null where none was read. */
  of(sample: Sample): SampleBytes | null
  readonly requests: number
  readonly spilled: number
  readonly held: readonly HeldBytes[]
}

/**
 * Reads one sample of each kind and takes all those that came along with the headers.
 * @param samples of each kind the one to read first
 * @throws what `reader` throws, PedigreeError "malformed" when a file ends too early
 */
export async function readSamples(
  reader: RepoReader,
  ref: RepoRef,
  held: readonly HeldBytes[],
  samples: readonly Sample[],
  options: OpenOptions,
): Promise<ReadSamples> {
  const first = new Map<string, RawTensor>()
  for (const sample of samples) if (!first.has(sample.kind)) first.set(sample.kind, sample.tensor)
  const wanted = [...first.values()].filter((tensor) => tensor.end > tensor.begin && cut(held, tensor) === null)
  const ranges = joined(wanted).slice(0, MAX_READS)
  const read = await Promise.all(
    ranges.map(async ({ file, begin, end }) => {
      const { bytes, size } = await reader.range(ref, file, begin, end, { purpose: "header" }, options.call)
      if (bytes.length === end - begin) return { file, begin, bytes }
      throw new PedigreeError("malformed", `${file} ended at byte ${size}, in the middle of its tensors.`, "Try again.")
    }),
  )
  const all = [...held, ...read]
  return {
    of: (sample) => {
      const own = cut(all, sample.tensor)
      if (own) return { bytes: own, own: true }
      const other = cut(all, first.get(sample.kind) ?? sample.tensor)
      return other && { bytes: other, own: false }
    },
    requests: ranges.length,
    spilled: read.reduce((sum, { bytes }) => sum + bytes.length, 0),
    held: read,
  }
}

function cut(held: readonly HeldBytes[], { file, begin, end }: RawTensor): Uint8Array | null {
  const have = held.find((piece) => piece.file === file && piece.begin <= begin && end <= piece.begin + piece.bytes.length)
  return have ? have.bytes.subarray(begin - have.begin, end - have.begin) : null
}

function joined(tensors: readonly RawTensor[]): { file: string; begin: number; end: number }[] {
  const sorted = [...tensors].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.begin - b.begin))
  const ranges: { file: string; begin: number; end: number }[] = []
  for (const { file, begin, end } of sorted) {
    const last = ranges.at(-1)
    if (last && last.file === file && begin - last.end <= MAX_GAP) last.end = Math.max(last.end, end)
    else ranges.push({ file, begin, end })
  }
  return ranges
}
