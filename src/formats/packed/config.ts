import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import type { Call, RepoFile, RepoReader, RepoRef } from "~src/hub/types"

/** Vision models with label maps reach some hundred kilobytes; MLX lists every layer that deviates. */
const CONFIG_BYTES = 1_000_000

/** What a repository says of its quantisation beyond names and shapes. Everything is a hint: null where nothing or nonsense is said. */
export interface QuantConfig {
  readonly bits: number | null
  readonly group: number | null
  /** GPTQ: all zero points are the middle of the range. */
  readonly symmetric: boolean
  /** GPTQ: groups in the order of the activations, by `g_idx`; null where nothing is said. */
  readonly actOrder: boolean | null
  /** GPTQ: `gptq` stores zero points minus one, `gptq_v2` as they are. */
  readonly format: string | null
  /** Sides of the blocks that share a scale. */
  readonly block: readonly [number, number] | null
  /** MLX: layers with their own bits and groups. */
  readonly layers: ReadonlyMap<string, { readonly bits: number | null; readonly group: number | null }>
  /** MLX: `affine`, `mxfp4` ... */
  readonly mode: string | null
}

const size = v.fallback(v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000_000))), null)
const flag = v.fallback(v.nullish(v.boolean()), null)
const word = v.fallback(v.nullish(v.string()), null)
const schema = v.fallback(
  v.object({
    bits: size,
    group_size: size,
    sym: flag,
    desc_act: flag,
    checkpoint_format: word,
    mode: word,
    weight_block_size: v.fallback(v.nullish(v.tuple([size, size])), null),
  }),
  {},
)
const record = v.fallback(v.record(v.string(), v.unknown()), {})

/** Reads the description of a quantisation; anything unexpected reads as nothing said. */
export function parseQuantConfig(value: unknown): QuantConfig {
  const { bits, group_size, sym, desc_act, checkpoint_format, mode, weight_block_size: block } = v.parse(schema, value)
  const layers = Object.entries(v.parse(record, value)).flatMap(([name, own]) => {
    const layer = v.parse(schema, own)
    return layer.bits || layer.group_size ? [[name, { bits: layer.bits ?? null, group: layer.group_size ?? null }] as const] : []
  })
  return {
    bits: bits ?? null,
    group: group_size ?? null,
    symmetric: sym ?? false,
    actOrder: desc_act ?? null,
    format: checkpoint_format ?? null,
    block: block?.[0] && block[1] ? [block[0], block[1]] : null,
    layers: new Map(layers),
    mode: mode ?? null,
  }
}

/**
 * What the repository says of its quantisation: in the weights' config.json, else in the file that older tools wrote beside it.
 * @param folder the weights' folder, "" or with a slash at its end
 * @returns the description, and the requests that it took
 */
export async function readQuantConfig(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  folder: string,
  call: Call,
): Promise<{ readonly config: QuantConfig; readonly requests: number }> {
  const paths = ["config.json", "quantize_config.json", "quant_config.json"].map((name) => folder + name)
  let requests = 0
  for (const path of paths) {
    if (!listed.some((file) => file.path === path)) continue
    requests++
    const value = v.parse(record, await readJson(reader, ref, path, call))
    // MLX writes `quantization`, older versions nothing else.
    const found = path === paths[0] ? (value.quantization_config ?? value.quantization) : value
    if (found !== undefined) return { config: parseQuantConfig(found), requests }
  }
  return { config: parseQuantConfig({}), requests }
}

async function readJson(reader: RepoReader, ref: RepoRef, path: string, call: Call): Promise<unknown> {
  try {
    return JSON.parse(await reader.text(ref, path, CONFIG_BYTES, call))
  } catch (error) {
    // Nonsense in it says as little as no file; a lost connection is another matter.
    if (error instanceof SyntaxError || (error instanceof PedigreeError && (error.code === "malformed" || error.code === "no-such-file")))
      return {}
    throw error
  }
}
