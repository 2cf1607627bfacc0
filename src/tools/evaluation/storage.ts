import type { StoredWeights } from "~src/lineage/weights"
import type { ContainerTruthModel } from "./truth"

/** What a report has to say of how weights are stored, in the engine's words; `text` is part of its sentence. */
export type Storage = Pick<StoredWeights, "format" | "scheme" | "bits" | "text">

/** llama.cpp's quantiser takes these instead where rows don't fill blocks of 256 (llama-quant.cpp). */
const INSTEAD: Readonly<Record<string, string>> = {
  ...{ Q2_K: "IQ4_NL", Q3_K: "IQ4_NL", IQ4_XS: "IQ4_NL", Q4_K: "Q5_0", Q5_K: "Q5_1", Q6_K: "Q8_0" },
}
const FLOATS: Readonly<Record<string, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" }
/** Where the engine has another word for a packing. */
const PACKED: Readonly<Record<string, string>> = { "FP8 E4M3": "FP8" }
const ADAPTERS: Readonly<Record<string, string>> = { rslora: "rsLoRA", dora: "DoRA" }

/**
 * What the engine should say of a container of the zoo. A GGUF scheme such as Q4_K_M is a mixture: the type of most of its matrices counts.
 */
export function expectedStorage({ container: { format, scheme, bits }, recipe }: ContainerTruthModel): Storage {
  const unpacked = { scheme: null, bits: null }
  if (format === "peft") return { format: "adapter", ...unpacked, text: `${ADAPTERS[scheme] ?? "LoRA"} adapter` }
  if (format === "torch") return { format, ...unpacked, text: `, ${recipe.dtype}` }
  if (format === "onnx") return { format, ...unpacked, text: `, ${scheme === "external" ? recipe.dtype : scheme}` }
  if (format === "safetensors") return { format, scheme: PACKED[scheme] ?? scheme, bits, text: scheme.split(" ")[0] ?? "" }
  const float = FLOATS[scheme]
  if (float !== undefined) return { format, ...unpacked, text: `, ${float}` }
  const block = scheme.replace(/_[SML]$/, "")
  const type = recipe.types && !recipe.types.includes(block) ? (INSTEAD[block] ?? block) : block
  return { format, scheme: type, bits: Number(/\d/.exec(type)?.[0]), text: type }
}

/** Whether a report says what it should. */
export function saysStorage(expected: Storage, said: Storage | null): boolean {
  return (
    said !== null &&
    said.format === expected.format &&
    said.scheme === expected.scheme &&
    said.bits === expected.bits &&
    said.text.includes(expected.text)
  )
}
