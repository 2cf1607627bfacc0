/**
 * What a person may choose, the default first. Kept in `chrome.storage.local` under these keys; written without a library, because
 * the smallest scripts read it before they do anything.
 */
export const CHOICES = {
  /** When weights are read: by itself on a model's page, on a click, or never (no panel at all). */
  mode: ["auto", "click", "off"],
  /** Reads on a click alone while the browser asks sites to save data. */
  saver: [true, false],
  /** Weight bytes per model at most; the default is the engine's. */
  budget: [1_048_576, 262_144, 4_194_304],
  /** Requests under way at once. */
  concurrency: [6, 4, 2, 1],
  /** Where the arithmetic runs. */
  provider: ["auto", "webgpu", "wasm"],
  /** Marks on the Hub's lists of models. */
  badges: [false, true],
  /** Whether the login of the browser on the Hub goes along where a model cannot be read without; asked where one blocked an answer. */
  login: ["ask", "yes", "no"],
  /** `auto` is the browser's; the others are the catalogues in `locales/`, as BCP 47 tags. */
  language: ["auto", "en", "de", "fr", "es", "zh-CN", "ja"],
} as const

export type Settings = { readonly [Key in keyof typeof CHOICES]: (typeof CHOICES)[Key][number] }

/** Settings from storage; what is missing or no choice gets its default. */
export function parseSettings(stored: Readonly<Record<string, unknown>>): Settings {
  const parsed = Object.entries(CHOICES).map(([key, choices]) => [key, choices.find((choice) => choice === stored[key]) ?? choices[0]])
  return Object.fromEntries(parsed) as Settings
}

/** Whether a model's page is read without being asked to. */
export const readsByItself = ({ mode, saver }: Settings, saveData: boolean): boolean => mode === "auto" && !(saver && saveData)
