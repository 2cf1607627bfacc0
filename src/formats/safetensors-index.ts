import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import type { Call, RepoReader, RepoRef } from "~src/hub/types"
import { depthOrder } from "./depth"
import { canonicalNames } from "./names"
import { MAX_HEADER_BYTES, MAX_NAME, MAX_TENSORS } from "./safetensors-header"
import { MAX_HEADERS } from "./weight-files"

/** The largest models have between 100 and 200 shards; more than 1,000 is no model but an attempt to make us work. */
const MAX_SHARDS = 1_000
/** `__metadata__`, braces and the padding that aligns the data. */
const FRAME_BYTES = 512

/** What the shards of one container have in common. */
export interface ShardLayout {
  /** How their file names end, without the dot. */
  readonly ending: string
  /** What one tensor takes in the header besides its name. */
  readonly entryBytes: number
  /** Headers read at most. */
  readonly most: number
}

/** Two sides of five digits and two offsets of ten make 82 bytes. */
export const SAFETENSORS_SHARDS: ShardLayout = { ending: "safetensors", entryBytes: 84, most: MAX_HEADERS }

/** One header to read, with the bytes expected to hold it. */
export interface ShardRead {
  readonly path: string
  readonly expected: number
}

export interface ShardIndex {
  /** Every shard, with the tensors that the index places there. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>
  /** The shards whose headers are to be read. */
  readonly reads: readonly ShardRead[]
}

const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) })

function badIndex(path: string, what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `${path} is not a valid shard index: ${what}.`,
    "Ask the repository's owner to upload the files again.",
    { worded: { as: "damaged", values: { file: path, detail: what } } },
  )
}

/**
 * Reads `*.safetensors.index.json` or its like. All shards are opened if there are at most `layout.most`; of more, those that hold the tensors outside
 * the stack and the layers at the depths the probe plan asks for first, so that the choice hangs on names and not on shard borders.
 * @throws PedigreeError "malformed"
 */
export async function readShardIndex(
  reader: RepoReader,
  ref: RepoRef,
  path: string,
  sizes: ReadonlyMap<string, number>,
  layout: ShardLayout,
  call: Call,
): Promise<ShardIndex> {
  const text = await reader.text(ref, path, MAX_HEADER_BYTES, call)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw badIndex(path, "it is not JSON")
  }
  const parsed = v.safeParse(indexSchema, json)
  if (!parsed.success) throw badIndex(path, "it has no weight_map from tensor names to file names")
  const places = Object.entries(parsed.output.weight_map)
  if (places.length === 0) throw badIndex(path, "its weight_map is empty")
  if (places.length > MAX_TENSORS) throw badIndex(path, `it lists ${places.length} tensors, more than the ${MAX_TENSORS} allowed`)
  const names = new Map<string, Set<string>>()
  const folder = path.slice(0, path.lastIndexOf("/") + 1)
  for (const [tensor, file] of places) {
    // Shards lie beside the index; a name with a slash could point anywhere.
    if (/[/\\]/.test(file) || !file.endsWith(`.${layout.ending}`))
      throw badIndex(path, `${JSON.stringify(file.slice(0, 200))} can't be a shard's name`)
    const shard = folder + file
    if (tensor.length > MAX_NAME) throw badIndex(path, `a tensor's name has ${tensor.length} characters`)
    const known = names.get(shard)
    if (known) known.add(tensor)
    else if (names.size === MAX_SHARDS) throw badIndex(path, `it names more than ${MAX_SHARDS} shards`)
    else names.set(shard, new Set([tensor]))
  }
  for (const shard of names.keys()) {
    if (!sizes.has(shard)) throw badIndex(path, `it names ${shard}, which the repository lacks`)
  }
  const chosen = names.size <= layout.most ? [...names.keys()].sort() : choose(names, layout.most)
  return { names, reads: chosen.map((shard) => ({ path: shard, expected: expectedHeader(names.get(shard) ?? [], layout) })) }
}

function expectedHeader(names: Iterable<string>, { entryBytes }: ShardLayout): number {
  let bytes = 8 + FRAME_BYTES
  for (const name of names) bytes += name.length + entryBytes
  return Math.min(bytes, 8 + MAX_HEADER_BYTES)
}

function choose(names: ReadonlyMap<string, ReadonlySet<string>>, most: number): string[] {
  const shardOf = new Map<string, string>()
  for (const [shard, tensors] of names) for (const tensor of tensors) shardOf.set(tensor, shard)
  const byLayer = new Map<number | null, Set<string>>()
  for (const [name, { layer }] of canonicalNames(shardOf.keys())) {
    const shards = byLayer.get(layer) ?? new Set()
    byLayer.set(layer, shards.add(shardOf.get(name) as string))
  }
  const layers = [...byLayer.keys()].filter((layer) => layer !== null).sort((a, b) => a - b)
  const order = [null, ...depthOrder(layers.length).map((at) => layers[at] as number)]
  const chosen = new Set<string>()
  for (const layer of order) {
    for (const shard of [...(byLayer.get(layer) ?? [])].sort()) {
      if (chosen.size === most) return [...chosen]
      chosen.add(shard)
    }
  }
  return [...chosen]
}
