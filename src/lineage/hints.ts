import * as v from "valibot"

/** Facts that config.json states about a model's origin. */
export interface ConfigHints {
  readonly namedOrigin: string | null
  readonly libraryVersion: readonly number[] | null
}

const Config = v.object({ _name_or_path: v.optional(v.unknown()), transformers_version: v.optional(v.unknown()) })
const REPO_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/

/** Reads config.json; anything unexpected reads as nothing, since hints are never needed. */
export function parseConfigHints(text: string): ConfigHints {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { namedOrigin: null, libraryVersion: null }
  }
  const parsed = v.safeParse(Config, value)
  if (!parsed.success) return { namedOrigin: null, libraryVersion: null }
  const { _name_or_path: path, transformers_version: version } = parsed.output
  return {
    namedOrigin: typeof path === "string" && REPO_ID.test(path) ? path : null,
    libraryVersion:
      typeof version === "string" && /^\d{1,4}(\.\d{1,4}){1,3}/.test(version)
        ? version
            .split(".")
            .slice(0, 3)
            .map((part) => Number.parseInt(part, 10) || 0)
        : null,
  }
}
