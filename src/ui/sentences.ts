import type { LineageReport, NotCompared } from "~src/app/report"
import type { ErrorCode, Failure } from "~src/core/errors"
import type { Evidence, Worded } from "~src/core/words"
import { plain } from "~src/hub/ids"
import { part, span, times } from "./format"
import { code, isKey, locale, type MessageKey, t, type Values } from "./i18n"
import { modelName } from "./wording"

/** The engine's sentences in the person's language. Where one came without its data, from an older record, its own English stays. */

const LONGEST = 600

export function evidenceText({ text, worded }: Pick<Evidence, "text" | "worded">): string {
  const key = `evidence_${worded?.as ?? ""}`
  return worded && isKey(key) ? sentence(key, worded) : plain(text, LONGEST)
}

export function reasonText({ reason, worded }: Pick<LineageReport, "reason" | "worded">): string {
  const key = `reason_${worded?.as ?? ""}`
  return worded && isKey(key) ? sentence(key, worded) : plain(reason, LONGEST)
}

const readsEnglish = (): boolean => locale().startsWith("en")

/** Why a model was not compared: the whole English sentence for those who read English, else its kind. */
export const unreadText = ({ reason, code: kind }: Pick<NotCompared, "reason" | "code">): string =>
  kind === undefined || readsEnglish() ? plain(reason, LONGEST) : t(`failure_${code(kind)}`)

/** Where the extension's next step is another than that of the command line, which takes tokens and other endpoints. */
const OWN_ADVICE: ReadonlySet<ErrorCode> = new Set(["gated", "not-found", "not-a-range"])

/** What to do about a failure: the failure's own English advice, which knows its case best, or that for its sentence or its kind. */
export function adviceText({ code: kind, advice, worded }: Pick<Failure, "code" | "advice" | "worded">): string {
  if (readsEnglish() && !OWN_ADVICE.has(kind)) return plain(advice, LONGEST)
  const key = `advice_for_${worded?.as ?? ""}`
  return isKey(key) ? t(key) : t(`advice_${code(kind)}`)
}

/** What happened, in the person's language, and what is known in English alone: a detail of a damaged file, a rare sentence. */
export function failureWords({ message, worded }: Pick<Failure, "message" | "worded">): {
  readonly said: string | null
  readonly english: string | null
} {
  const key = `failed_${worded?.as ?? ""}`
  if (!worded || !isKey(key)) return { said: null, english: plain(message, LONGEST) }
  const { detail } = worded.values
  return { said: sentence(key, worded), english: detail === undefined ? null : plain(String(detail), LONGEST) }
}

/** What a weight file's statement is about; one that no catalogue knows keeps its English. */
export function noteLabel(label: string): string {
  const key = `note_${label.toLowerCase().replace(/[^a-z0-9]+/g, "_")}`
  return isKey(key) ? t(key) : plain(label, 100)
}

const FORMATS_OF_WEIGHTS: Readonly<Record<LineageReport["weights"]["format"], string>> = {
  safetensors: "safetensors",
  gguf: "GGUF",
  torch: "PyTorch",
  onnx: "ONNX",
  adapter: "adapter",
}

/** How the weights are stored; element types and kinds of adapters are called alike everywhere. */
export function weightsText({ format, scheme, bits, group, text }: LineageReport["weights"]): string {
  if (readsEnglish() || scheme === null || bits === null || !Object.hasOwn(FORMATS_OF_WEIGHTS, format)) return plain(text, 200)
  const packed = { format: FORMATS_OF_WEIGHTS[format], scheme, bits: Math.round(bits) }
  return group === null ? t("weights_packed", packed) : t("weights_packed_groups", { ...packed, group })
}

/** What the fillings that are neither names nor counts are. */
const FORMATS: Readonly<Record<string, (value: number) => string>> = { share: part, rest: part, unrelated: part, span, times }

function sentence(key: MessageKey, { values }: Worded): string {
  const said = Object.entries(values).map(([name, value]) => {
    const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
    return [name, typeof value === "string" ? modelName(value, LONGEST) : format ? format(value) : value]
  })
  return t(key, Object.fromEntries(said) as Values)
}
