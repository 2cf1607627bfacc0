import type { ModelRecord } from "./types"

const DATASET = "dataset:"
/** Two letters, as ISO 639-1 has them: longer codes cannot be told from other words among the tags. */
const CODE = /^[a-z]{2}$/

/** Datasets that the card names; the Hub lists them among the tags. */
export function datasetsOf({ tags }: Pick<ModelRecord, "tags">): string[] {
  return tags.filter((tag) => tag.startsWith(DATASET)).map((tag) => tag.slice(DATASET.length))
}

/** Languages that the card names, as two-letter codes; the Hub lists them among the tags without a prefix. */
export function languagesOf({ tags }: Pick<ModelRecord, "tags">): string[] {
  return tags.filter((tag) => CODE.test(tag) && isLanguage(tag))
}

/** Made on first use: that takes some milliseconds. */
let names: Intl.DisplayNames | null = null

function isLanguage(code: string): boolean {
  names ??= new Intl.DisplayNames(["en"], { type: "language", fallback: "none" })
  return names.of(code) !== undefined
}
