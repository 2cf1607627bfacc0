import type { Fingerprint } from "~src/fingerprint/types"
import type { ContainerFormat } from "~src/formats/container"
import { packingOf } from "./quantized"

/** What a model's weights are stored as. */
export interface StoredWeights {
  readonly format: ContainerFormat
  /** The packing of most matrices, null where elements are stored as they are. */
  readonly scheme: string | null
  readonly bits: number | null
  readonly group: number | null
  /** In plain words, e.g. `GGUF, 4-bit Q4_K in groups of 32`. */
  readonly text: string
  /** What the files state of themselves, as label and text. */
  readonly notes: readonly (readonly [label: string, text: string])[]
}

const FORMATS: Readonly<Record<ContainerFormat, string>> = {
  safetensors: "safetensors",
  gguf: "GGUF",
  torch: "PyTorch pickle (read, not run)",
  onnx: "ONNX",
  adapter: "adapter",
}
const DTYPES: Readonly<Record<string, string>> = { F64: "float64", F32: "float32", F16: "float16", BF16: "bfloat16" }

/** Describes how a fingerprint's model is stored. */
export function storedWeights(fingerprint: Fingerprint): StoredWeights {
  const { format, facts } = fingerprint
  const { packing } = packingOf(fingerprint)
  return {
    format,
    scheme: packing?.scheme ?? null,
    bits: packing?.bits ?? null,
    group: packing?.group ?? null,
    text: facts.adapter ? adapterText(facts.adapter) : `${FORMATS[format]}, ${packing ? packingText(packing) : dtypesText(fingerprint)}`,
    notes: facts.notes,
  }
}

function adapterText({ kind, rank, targets }: NonNullable<Fingerprint["facts"]["adapter"]>): string {
  return `${kind} adapter${rank === null ? "" : ` of rank ${rank}`} on ${targets.length} matrices`
}

function packingText({ scheme, bits, group }: { scheme: string; bits: number; group: number | null }): string {
  return `${Math.round(bits)}-bit ${scheme}${group === null ? "" : ` in groups of ${group}`}`
}

/** Element types of the matrices, most common first; biases and norms follow their own habits. */
function dtypesText({ tensors }: Fingerprint): string {
  const counts = new Map<string, number>()
  for (const { dtype, shape } of tensors) if (shape.length > 1) counts.set(dtype, (counts.get(dtype) ?? 0) + 1)
  const [first = "no matrices", second] = [...counts].sort(([, m], [, n]) => n - m).map(([dtype]) => DTYPES[dtype] ?? dtype)
  return second === undefined ? first : `${first} and ${second}`
}
