import { parse as parseYaml } from "yaml"
import { fileText, type RepoFile } from "./files"
import { type GgufFacts, ggufFacts } from "./gguf-header"
import { asObject, countParameters, type ParameterCounts, parse } from "./weights-header"

export type HubRelation = "adapter" | "merge" | "quantized" | "finetune"

/** What the real Hub derives from a repository's files. Parents are as the card names them. */
export interface Facts {
  /** The card's front matter; null without one. */
  readonly card: Record<string, unknown> | null
  readonly parents: readonly string[]
  readonly relation: HubRelation
  readonly library: string | undefined
  readonly pipeline: string | undefined
  /** All tags but those about parents, which depend on renames. */
  readonly tags: readonly string[]
  readonly config: Record<string, unknown>
  readonly safetensors: ParameterCounts | null
  readonly gguf: GgufFacts | null
  /** Weights by either description, as lists count them. */
  readonly parameters: number | null
  readonly transformersInfo: Record<string, unknown> | undefined
}

const RELATIONS: readonly HubRelation[] = ["adapter", "merge", "quantized", "finetune"]
/** Beginning and end of a class name, its task and the class that loads it. */
const TASKS: readonly [ending: RegExp, task: string, auto: string][] = [
  [/ForCausalLM$|LMHeadModel$/, "text-generation", "AutoModelForCausalLM"],
  [/ForMaskedLM$/, "fill-mask", "AutoModelForMaskedLM"],
  [/ForImageClassification$/, "image-classification", "AutoModelForImageClassification"],
  [/ForSequenceClassification$/, "text-classification", "AutoModelForSequenceClassification"],
  [/ForTokenClassification$/, "token-classification", "AutoModelForTokenClassification"],
  [/ForQuestionAnswering$/, "question-answering", "AutoModelForQuestionAnswering"],
  [/ForConditionalGeneration$/, "text2text-generation", "AutoModelForSeq2SeqLM"],
  [/Model$/, "feature-extraction", "AutoModel"],
]
const FORMATS: readonly [ending: RegExp, tag: string][] = [
  [/\.safetensors$/, "safetensors"],
  [/\.gguf$/, "gguf"],
  [/\.onnx$/, "onnx"],
  [/^(pytorch_model.*|.*)\.(bin|pth?)$/, "pytorch"],
]

export function deriveFacts(files: ReadonlyMap<string, RepoFile>): Facts {
  const card = frontMatter(fileText(files, "README.md"))
  const config = asObject(parse(fileText(files, "config.json") ?? ""))
  const adapter = files.has("adapter_config.json") ? asObject(parse(fileText(files, "adapter_config.json") ?? "")) : null
  const paths = [...files.keys()]
  const own = strings(card?.tags)
  const parents = strings(card?.base_model)
  const formats = FORMATS.filter(([ending]) => paths.some((path) => ending.test(path))).map(([, tag]) => tag)
  const modelType = text(config.model_type)
  const [architecture] = strings(config.architectures)
  const task = TASKS.find(([ending]) => architecture !== undefined && ending.test(architecture))
  const library = text(card?.library_name) ?? (adapter ? "peft" : modelType === undefined ? undefined : "transformers")
  const pipeline = text(card?.pipeline_tag) ?? (library === "transformers" ? task?.[1] : undefined)
  const license = text(card?.license)
  const excerpt = configExcerpt(files, config, adapter)
  // ONNX exports count as quantized, whatever their precision.
  const exported = formats.includes("onnx") && !formats.includes("safetensors") && !formats.includes("pytorch")
  const quantized = formats.includes("gguf") || exported || Object.keys(asObject(config.quantization_config)).length > 0
  const named = RELATIONS.find((relation) => relation === card?.base_model_relation)
  const inferred: HubRelation = quantized
    ? "quantized"
    : own.includes("merge") || parents.length > 1
      ? "merge"
      : adapter || library === "peft"
        ? "adapter"
        : "finetune"
  const [safetensors, gguf] = [countParameters(files), ggufFacts(files)]
  return {
    card,
    parents,
    relation: named ?? inferred,
    library,
    pipeline,
    tags: unique([
      library,
      ...formats,
      modelType,
      pipeline,
      ...own,
      ...strings(card?.language),
      ...strings(card?.datasets).map((name) => `dataset:${name}`),
      license && `license:${license}`,
      library === "transformers" ? "endpoints_compatible" : undefined,
      "region:us",
    ]),
    config: excerpt,
    safetensors,
    gguf,
    parameters: safetensors?.total ?? gguf?.total ?? null,
    transformersInfo: library === "transformers" && task ? { auto_model: task[2], pipeline_tag: task[1] } : undefined,
  }
}

/** The YAML between two lines of three dashes at the beginning; null when it is missing or broken. */
function frontMatter(readme: string | null): Record<string, unknown> | null {
  const yaml = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(\r?\n|$)/.exec(readme ?? "")?.[1]
  if (yaml === undefined) return null
  try {
    return asObject(parseYaml(yaml))
  } catch {
    return null
  }
}

/** The properties that the Hub shows of config.json, tokenizer_config.json and adapter_config.json. */
function configExcerpt(files: ReadonlyMap<string, RepoFile>, config: Record<string, unknown>, adapter: Record<string, unknown> | null) {
  const excerpt = pick(config, ["architectures", "auto_map", "model_type"])
  if ("quantization_config" in config)
    excerpt.quantization_config = pick(asObject(config.quantization_config), ["bits", "load_in_4bit", "load_in_8bit", "quant_method"])
  const tokenizer = fileText(files, "tokenizer_config.json")
  if (tokenizer !== null)
    excerpt.tokenizer_config = pick(asObject(parse(tokenizer)), [
      "bos_token",
      "chat_template",
      "eos_token",
      "mask_token",
      "pad_token",
      "unk_token",
    ])
  if (adapter !== null) excerpt.peft = pick(adapter, ["base_model_name_or_path", "task_type"])
  return excerpt
}

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(from, name)).map((name) => [name, from[name]]))
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined)
const strings = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).filter((item) => typeof item === "string")
const unique = (items: readonly (string | undefined)[]) =>
  [...new Set(items.filter((item) => item !== undefined && item !== ""))] as string[]
