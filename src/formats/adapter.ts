import { PedigreeError } from "~src/core/errors"
import { plain } from "~src/hub/ids"
import type { AdapterConfig } from "./adapter-config"
import { adapterName, savedName } from "./adapter-names"
import { byModule, findTargets, type Known, type Modules, placed, type Target } from "./adapter-targets"
import { type AdapterFacts, assembleContainer, type Container, matrixShape, type OpenedFiles, type TensorSource } from "./container"
import { decodeValues } from "./dtypes"

/** What is shown of a list of modules. */
const SHOWN_MODULES = 8
const SHOWN_LENGTH = 40

/** Whether a file's tensors are an adapter's: factors in pairs, and less of anything else than of them. */
export function isAdapter(names: Iterable<string>): boolean {
  const counts = { down: 0, up: 0, whole: 0 }
  for (const name of names) {
    const part = adapterName(name)?.part
    if (part === undefined) counts.whole++
    else if (part === "down" || part === "up") counts[part]++
  }
  return counts.down > 0 && counts.up > 0 && counts.whole < counts.down + counts.up
}

/**
 * An adapter (LoRA and its kin as PEFT, diffusers, Kohya's scripts and MLX write them) as a container. Its factors stand beside
 * the matrices they change (`attn.q.lora_a`), the whole tensors that it carries stand under the base's own names.
 * @param opened its files as their own format's reader has them
 * @param sources their tensors under the files' names
 * @param metadata `__metadata__` of safetensors files; empty for others
 * @param config adapter_config.json, or null without one
 * @throws PedigreeError "malformed" when two tensors would be one, "no-weights"
 */
export function adapterContainer(
  opened: OpenedFiles,
  sources: readonly TensorSource[],
  metadata: ReadonlyMap<string, string>,
  config: AdapterConfig | null,
): Container {
  const known = sources.map((source) => ({ source, adapted: adapterName(source.name) }))
  const renamed = known.map(({ source, adapted }) => ({ ...source, name: adapted?.name ?? savedName(source.name) }))
  refuseTwins(opened, sources, renamed)
  const modules = byModule(known)
  const { targets, unclear } = findTargets(modules, config)
  const alpha = config?.alpha ?? firstNumber(metadata.get("ss_network_alpha")) ?? storedAlpha(opened, known)
  const facts: AdapterFacts = {
    kind: kindOf(modules, config),
    rank: mostCommon(targets.map(({ rank }) => rank)) ?? config?.rank ?? null,
    alpha,
    targets: placed(targets, alpha, isUnscaled(known, metadata), config),
  }
  const whole = known.filter(({ adapted }) => adapted === null).map(({ source }) => savedName(source.name))
  const origins = [config?.base, metadata.get("ss_sd_model_name")].filter((origin) => origin !== undefined && origin !== null)
  const notes = [["Adapter", describe(facts, targets, config)] as const, ...furtherNotes(config, metadata, whole, unclear)]
  return assembleContainer(
    {
      ...opened,
      format: "adapter",
      facts: {
        origins: [...new Set([...origins.filter((origin) => origin !== ""), ...opened.facts.origins])],
        architecture: opened.facts.architecture,
        notes: [...notes, ...opened.facts.notes],
        adapter: facts,
      },
    },
    renamed,
  )
}

function refuseTwins(opened: OpenedFiles, before: readonly TensorSource[], after: readonly TensorSource[]): void {
  const seen = new Map<string, string>()
  for (const [i, { name }] of after.entries()) {
    const original = before[i]?.name ?? name
    const other = seen.get(name)
    if (other !== undefined)
      throw new PedigreeError(
        "malformed",
        `${opened.files[0]?.path ?? "The adapter"} is not a valid adapter: ${JSON.stringify(other)} and ${JSON.stringify(original)} are the same tensor.`,
        "Ask the repository's owner to upload the file again.",
      )
    seen.set(name, original)
  }
}

const METHODS: Readonly<Record<string, string>> = {
  LORA: "LoRA",
  DORA: "DoRA",
  ADALORA: "AdaLoRA",
  LOHA: "LoHa",
  LOKR: "LoKr",
  VERA: "VeRA",
  PROMPT_TUNING: "prompt tuning",
  PREFIX_TUNING: "prefix tuning",
  P_TUNING: "p-tuning",
}

function kindOf(modules: Modules, config: AdapterConfig | null): string {
  const method = config?.method ?? null
  if (method !== null && method !== "LORA") return METHODS[method] ?? plain(method, SHOWN_LENGTH)
  const ends = [...modules.values()].flatMap((parts) => parts.map(({ source }) => source.name))
  if (config?.decomposed || ends.some((name) => /lora_magnitude_vector|\.dora_scale$/.test(name))) return "DoRA"
  if (ends.some((name) => /\.hada_w1_a$/.test(name))) return "LoHa"
  if (ends.some((name) => /\.lokr_w[12]/.test(name))) return "LoKr"
  return config?.rankStabilised ? "rsLoRA" : "LoRA"
}

function mostCommon(numbers: readonly number[]): number | null {
  const counts = new Map<number, number>()
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || b - a)[0]?.[0] ?? null
}

function firstNumber(text: string | undefined): number | null {
  const number = Number(text === undefined || text === "" ? Number.NaN : text)
  return Number.isFinite(number) ? number : null
}

/** diffusers' files without any alpha are applied as they are; newer ones may keep it in their metadata. */
function isUnscaled(known: Known, metadata: ReadonlyMap<string, string>): boolean {
  return !metadata.has("lora_adapter_metadata") && !known.some(({ adapted }) => adapted?.part === "alpha")
}

/** Kohya's files keep alpha as a scalar beside each pair: read where it came along with the header, never asked for. */
function storedAlpha(opened: OpenedFiles, known: Known): number | null {
  for (const { source, adapted } of known) {
    const [span] = adapted?.part === "alpha" && matrixShape(source.shape).cols === 1 ? source.spans(0, 1) : []
    const held =
      span && opened.held.find(({ file, begin, bytes }) => file === span.file && begin <= span.begin && span.end <= begin + bytes.length)
    if (!span || !held) continue
    const [alpha] = decodeValues(source.dtype, source.unpack(0, 1, [held.bytes.slice(span.begin - held.begin, span.end - held.begin)]))
    if (alpha !== undefined && Number.isFinite(alpha)) return alpha
  }
  return null
}

/** "LoRA of rank 16 (alpha 32) on q_proj, v_proj". */
function describe(facts: AdapterFacts, targets: readonly Target[], config: AdapterConfig | null): string {
  const ranks = targets.map(({ rank }) => rank)
  const [low, high] = [ranks.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY), ranks.reduce((a, b) => Math.max(a, b), 0)]
  const rank = facts.rank === null ? "" : low < high ? ` of rank ${low} to ${high}` : ` of rank ${facts.rank}`
  const alpha =
    facts.alpha === null ? "" : ` (alpha ${facts.alpha}${config !== null && config.alphas.size > 0 ? ", others by module" : ""})`
  const on = targets.length === 0 ? "" : ` on ${listed(targets.map(({ module }) => module))}`
  return `${facts.kind}${rank}${alpha}${on}`
}

/** The modules' own names, without the path to them. */
function listed(modules: readonly string[]): string {
  const distinct = [...new Set(modules.map((path) => path.replace(/(\.\d+)+$/, "").replace(/^.*\./, "")))].map((name) =>
    plain(name, SHOWN_LENGTH),
  )
  const more = distinct.length > SHOWN_MODULES ? ` and ${distinct.length - SHOWN_MODULES} more` : ""
  return distinct.slice(0, SHOWN_MODULES).join(", ") + more
}

/** Kohya's statements of what was trained on. */
const KOHYA_NOTES: readonly (readonly [key: string, label: string])[] = [
  ["ss_base_model_version", "Base model version"],
  ["ss_new_sd_model_hash", "Base checkpoint's sha256"],
]

function furtherNotes(
  config: AdapterConfig | null,
  metadata: ReadonlyMap<string, string>,
  whole: readonly string[],
  unclear: number,
): (readonly [string, string])[] {
  const notes: (readonly [string, string])[] = []
  if (whole.length > 0) notes.push(["Carries whole", listed(whole.map((name) => name.replace(/\.(weight|bias)$/, "")))])
  if (config?.start) notes.push(["Began as", plain(config.start, SHOWN_LENGTH)])
  if (unclear > 0) notes.push(["Not checked", `${unclear} modules whose factors do not say what shape they change`])
  for (const [key, label] of KOHYA_NOTES) {
    const text = plain(metadata.get(key) ?? "", 80)
    if (text !== "" && text !== "None") notes.push([label, text])
  }
  return notes
}
