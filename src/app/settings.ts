import * as v from "valibot"

/** The person's choices, kept in `chrome.storage.local` under these keys. */
const Settings = v.object({
  /** Where the arithmetic runs. */
  provider: v.fallback(v.picklist(["auto", "webgpu", "wasm"]), "auto"),
})
export type Settings = v.InferOutput<typeof Settings>

/** Settings from storage; what is missing or unknown gets its default. */
export const parseSettings = (stored: Record<string, unknown>): Settings => v.parse(Settings, { provider: stored.provider })
