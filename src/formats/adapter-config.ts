import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import { plain } from "~src/hub/ids"
import type { Call, RepoFile, RepoReader, RepoRef } from "~src/hub/types"

/** What an adapter's configuration says; absent or odd fields are null. */
export interface AdapterConfig {
  /** PEFT's word in capitals: LORA, ADALORA, LOHA, IA3 ... */
  readonly method: string | null
  /** `base_model_name_or_path`, verbatim: a repository id or somebody's local path. */
  readonly base: string | null
  readonly rank: number | null
  readonly alpha: number | null
  readonly rankStabilised: boolean
  readonly decomposed: boolean
  /** The base keeps its matrices [in, out], as GPT-2 does. */
  readonly inputsFirst: boolean
  /** How A and B began where it isn't the usual zero update: `pissa`, `olora` ... */
  readonly start: string | null
  /** Ends of module paths that have an alpha of their own; PEFT takes regular expressions too, which are never run here. */
  readonly alphas: ReadonlyMap<string, number>
  /** Parameters that are no module's `weight` (stacked experts): the factors beside them don't say which one they change. */
  readonly parameters: readonly string[]
  /** Ranges of the base's layers that were stacked anew; null where they stand as they are. */
  readonly replication: readonly (readonly [number, number])[] | null
}

/** PEFT's own files have 1 to 2 kB; per-module patterns and target lists of large models make some 100 kB. */
const MAX_CONFIG_BYTES = 1_000_000
/** Parameters of the largest mixtures of experts, named one by one. */
const MAX_PARAMETERS = 20_000
/** Layers of a base, and ranges of them stacked anew: several times what exists, and 100,000 layers at most. */
const MAX_LAYERS = 1_000
const MAX_RANGES = 100
/** Alphas of single modules: each is looked for at the end of every module's path. */
const MAX_ALPHAS = 1_000
const MAX_PATH = 500

const text = v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(MAX_PATH))), null)
const flag = v.fallback(v.boolean(), false)
const number = v.fallback(v.nullable(v.pipe(v.number(), v.finite())), null)
const texts = v.fallback(v.pipe(v.array(v.pipe(v.string(), v.maxLength(MAX_PATH))), v.maxLength(MAX_PARAMETERS)), [])
const layer = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_LAYERS))
const schema = v.object({
  base_model_name_or_path: text,
  peft_type: text,
  r: number,
  lora_alpha: number,
  use_rslora: flag,
  use_dora: flag,
  fan_in_fan_out: flag,
  init_lora_weights: v.fallback(v.union([v.boolean(), v.pipe(v.string(), v.maxLength(40))]), true),
  alpha_pattern: v.fallback(v.record(v.string(), v.pipe(v.number(), v.finite())), {}),
  target_parameters: texts,
  layer_replication: v.fallback(v.nullable(v.pipe(v.array(v.strictTuple([layer, layer])), v.maxLength(MAX_RANGES))), null),
  // MLX writes a file of the same name with other keys.
  model: text,
  fine_tune_type: text,
  lora_parameters: v.fallback(v.object({ rank: number, alpha: number, scale: number }), { rank: null, alpha: null, scale: null }),
})

/**
 * Reads adapter_config.json as PEFT (docs "LoRA: configuration") and MLX write it. Fields of a wrong type read as absent: what
 * counts is in the tensors.
 * @throws PedigreeError "malformed" when it is not a JSON object
 */
export function parseAdapterConfig(json: string): AdapterConfig {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw malformed(`it is not JSON (${plain(String((error as Error).message), 120)})`)
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("it is not an object")
  const said = v.parse(schema, value)
  const { init_lora_weights: start, lora_parameters: mlx } = said
  return {
    method: said.peft_type?.toUpperCase() ?? said.fine_tune_type?.toUpperCase() ?? null,
    base: said.base_model_name_or_path || said.model || null,
    rank: said.r ?? mlx.rank,
    alpha: said.lora_alpha ?? mlx.alpha ?? (mlx.scale !== null && mlx.rank !== null ? mlx.scale * mlx.rank : null),
    rankStabilised: said.use_rslora,
    decomposed: said.use_dora || said.fine_tune_type?.toLowerCase() === "dora",
    inputsFirst: said.fan_in_fan_out,
    start: typeof start === "string" && start !== "gaussian" ? start : null,
    alphas: new Map(Object.entries(said.alpha_pattern).slice(0, MAX_ALPHAS)),
    parameters: said.target_parameters,
    replication: said.layer_replication,
  }
}

function malformed(what: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `adapter_config.json is not a valid adapter configuration: ${what}.`,
    "Ask the repository's owner to upload the file again.",
    { worded: { as: "damaged", values: { file: "adapter_config.json", detail: what } } },
  )
}

/**
 * The configuration beside an adapter's weights; null where there is none.
 * @throws PedigreeError "malformed", or what `reader` throws
 */
export async function readAdapterConfig(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  call: Call,
): Promise<AdapterConfig | null> {
  const path = "adapter_config.json"
  return listed.some((file) => file.path === path) ? parseAdapterConfig(await reader.text(ref, path, MAX_CONFIG_BYTES, call)) : null
}
