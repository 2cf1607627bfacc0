import type { StoredWeights } from "~src/lineage/weights"
import type { ContainerTruthModel } from "./truth"

/** What a report has to say of how weights are stored, in the engine's words; `text` is part of its sentence. */
export type Storage = Pick<StoredWeights, "format" | "scheme" | "bits" | "text">

const FLOATS: Readonly<Record<string, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" }
/** Where the engine has another word for a packing. */
const PACKED: Readonly<Record<string, string>> = { "FP8 E4M3": "FP8" }
const ADAPTERS: Readonly<Record<string, string>> = { rslora: "rsLoRA", dora: "DoRA" }

/**
 * What the engine may say of a container of the zoo. A GGUF scheme such as Q4_K_M is a mixture: what counts is the type of most of the file's
 * matrices, as the gguf package reads them (training/containers/zoo.py); where two are as common, either will do.
 */
export function expectedStorage({ container: { format, scheme, bits }, recipe }: ContainerTruthModel): readonly Storage[] {
  const unpacked = { scheme: null, bits: null }
  if (format === "peft") return [{ format: "adapter", ...unpacked, text: `${ADAPTERS[scheme] ?? "LoRA"} adapter` }]
  if (format === "torch") return [{ format, ...unpacked, text: `, ${recipe.dtype}` }]
  if (format === "onnx") return [{ format, ...unpacked, text: `, ${scheme === "external" ? recipe.dtype : scheme}` }]
  if (format === "safetensors") return [{ format, scheme: PACKED[scheme] ?? scheme, bits, text: scheme.split(" ")[0] ?? "" }]
  const counts = Object.entries(recipe.matrices ?? {})
  const most = Math.max(...counts.map(([, count]) => count))
  return counts.flatMap(([type, count]) => {
    const float = FLOATS[type]
    if (count < most) return []
    return [float ? { format, ...unpacked, text: `, ${float}` } : { format, scheme: type, bits: Number(/\d/.exec(type)?.[0]), text: type }]
  })
}

/** Whether a report says what it should. */
export function saysStorage(expected: readonly Storage[], said: Storage | null): boolean {
  return expected.some(
    ({ format, scheme, bits, text }) =>
      said !== null && said.format === format && said.scheme === scheme && said.bits === bits && said.text.includes(text),
  )
}
