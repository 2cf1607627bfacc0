import type { ContainerFacts } from "../container"
import { countOf, type GgufValues, textOf } from "./values"

/** Merges name two to ten parents. */
const MAX_BASES = 32

/** What `general.file_type` says most tensors are (`enum llama_ftype` in llama.h). */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  7: "Q8_0",
  8: "Q5_0",
  9: "Q5_1",
  10: "Q2_K",
  11: "Q3_K_S",
  12: "Q3_K_M",
  13: "Q3_K_L",
  14: "Q4_K_S",
  15: "Q4_K_M",
  16: "Q5_K_S",
  17: "Q5_K_M",
  18: "Q6_K",
  19: "IQ2_XXS",
  20: "IQ2_XS",
  21: "Q2_K_S",
  22: "IQ3_XS",
  23: "IQ3_XXS",
  24: "IQ1_S",
  25: "IQ4_NL",
  26: "IQ3_S",
  27: "IQ3_M",
  28: "IQ2_S",
  29: "IQ2_M",
  30: "IQ4_XS",
  31: "IQ1_M",
  32: "BF16",
  36: "TQ1_0",
  37: "TQ2_0",
  38: "MXFP4",
  39: "NVFP4",
  40: "Q1_0",
}

/** What a GGUF file says of its origin: the model that it was converted from, that model's bases, who quantised it and how. */
export function ggufFacts(values: GgufValues): ContainerFacts {
  const source = repositoryOf(textOf(values, "general.source.repo_url")) || textOf(values, "general.source.huggingface.repository")
  const origins = new Set([source, ...bases(values)].filter((origin) => origin !== ""))
  const fileType = countOf(values, "general.file_type")
  const notes: [string, string][] = [
    ["Name", textOf(values, "general.name")],
    ["Architecture", textOf(values, "general.architecture")],
    ["Quantisation", fileType === null ? "" : (FILE_TYPES[fileType] ?? `type ${fileType}`)],
    ["Quantised by", textOf(values, "general.quantized_by")],
    ["Converted from", source],
  ]
  return {
    origins: [...origins],
    architecture: textOf(values, "general.architecture") || null,
    notes: notes.filter(([, text]) => text !== ""),
    adapter: null,
  }
}

function bases(values: GgufValues): string[] {
  const count = Math.min(countOf(values, "general.base_model.count") ?? 0, MAX_BASES)
  return Array.from({ length: count }, (_, i) => {
    const text = (field: string) => textOf(values, `general.base_model.${i}.${field}`)
    const [owner, name] = [text("organization"), text("name")].map((words) => words.replaceAll(" ", "-"))
    return repositoryOf(text("repo_url")) || [owner, name].filter(Boolean).join("/")
  })
}

/** `owner/name` out of a model's address on the Hub; other addresses as they are. */
function repositoryOf(address: string): string {
  return (
    /^https?:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/([\w.-]+\/[\w.-]+)\/?(?:[?#].*|(?:tree|resolve|blob)\/.*)?$/.exec(address)?.[1] ??
    address
  )
}
