import * as v from "valibot"

/** Catalogues there are (BCP 47 tags); `locales/` has one folder for each. */
export const LANGUAGES = ["en", "de", "fr", "es", "zh-CN", "ja"] as const

/** Weight bytes per model that a person may choose from; the middle one is the engine's own, written out to keep it out of small scripts. */
export const BUDGETS = [262_144, 1_048_576, 4_194_304] as const
/** Requests at once that a person may choose from. */
export const CONCURRENCIES = [1, 2, 4, 6] as const

const oneOf = <const Words extends readonly (string | number)[]>(words: Words, otherwise: Words[number]) =>
  v.fallback(v.picklist(words), otherwise)

/** The person's choices, kept in `chrome.storage.local` under these keys. */
const SettingsSchema = v.object({
  /** When weights are read: by itself on a model's page, on a click, or never (no panel at all). */
  mode: oneOf(["auto", "click", "off"], "auto"),
  /** Reads on a click alone while the browser asks sites to save data. */
  saver: v.fallback(v.boolean(), true),
  /** Weight bytes per model at most. */
  budget: oneOf(BUDGETS, BUDGETS[1]),
  /** Requests under way at once. */
  concurrency: oneOf(CONCURRENCIES, 6),
  /** Where the arithmetic runs. */
  provider: oneOf(["auto", "webgpu", "wasm"], "auto"),
  /** Marks on the Hub's lists of models. */
  badges: v.fallback(v.boolean(), false),
  /** `auto` is the browser's. */
  language: oneOf(["auto", ...LANGUAGES], "auto"),
})
export type Settings = v.InferOutput<typeof SettingsSchema>

/** Settings from storage; what is missing or unknown gets its default. */
export const parseSettings = (stored: Record<string, unknown>): Settings =>
  v.parse(SettingsSchema, Object.fromEntries(Object.keys(SettingsSchema.entries).map((key) => [key, stored[key]])))

/** Whether a model's page is read without being asked to. */
export const readsByItself = ({ mode, saver }: Settings, saveData: boolean): boolean => mode === "auto" && !(saver && saveData)
