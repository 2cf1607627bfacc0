import { isModelId } from "~src/hub/ids"

/** How well a candidate answers to the base that an adapter's files name. */
export interface OriginMatch {
  /**
   * `id` the same repository · `spelling` but for upper and lower case · `name` the same name under another owner or at the end of a
   * path · `unquantised` the same but for a suffix of packed copies · `similar` words in common · `none`
   */
  readonly how: "id" | "spelling" | "name" | "unquantised" | "similar" | "none"
  /** Odds in favour of it beside a candidate that shares nothing with the name. */
  readonly odds: number
}

/** An owner's rename or a mirror keeps the name; common names ("model", "output") are many people's. */
const ODDS = { id: 5_000, spelling: 3_000, name: 150, unquantised: 60 } as const
/** Words in common give between 1 and 20, by their share. */
const SIMILAR_ODDS = 20
const SIMILAR_SHARE = 0.34
const COMMON =
  /^(models?|base|base[-_]?model|model[-_]?base|output|outputs|out|checkpoint|final|merged|weights|snapshot|hf|pretrained|sft)$/
const PACKED = /[-_.](bnb[-_]4bit|bnb|gptq|awq|gguf|nf4|int[48]|fp8|[48]bit|mlx|unsloth[-_]bnb[-_]4bit)$/

/** Compares what an adapter names as its base, repository id or anybody's local path, with a candidate's id. */
export function matchOrigin(origin: string, id: string): OriginMatch {
  const named = namedId(origin)
  if (named === id) return { how: "id", odds: ODDS.id }
  if (named.toLowerCase() === id.toLowerCase()) return { how: "spelling", odds: ODDS.spelling }
  const [mine, theirs] = [lastName(named), id.toLowerCase().replace(/^.*\//, "")]
  if (mine === "" || COMMON.test(mine)) return { how: "none", odds: 1 }
  if (mine === theirs) return { how: "name", odds: ODDS.name }
  if (unpacked(mine) === unpacked(theirs)) return { how: "unquantised", odds: ODDS.unquantised }
  const [a, b] = [words(mine), words(theirs)]
  const common = [...a].filter((word) => b.has(word)).length
  const share = common / (a.size + b.size - common)
  return share >= SIMILAR_SHARE ? { how: "similar", odds: 1 + (SIMILAR_ODDS - 1) * share * share } : { how: "none", odds: 1 }
}

/**
 * What to ask the Hub for the base that an adapter names.
 * @returns an id to look up, where it can be one, and words to search for, where the name says anything
 */
export function lookFor(origin: string): { readonly id: string | null; readonly search: string | null } {
  const named = namedId(origin)
  const name = unpacked(lastName(named))
  return { id: !isLocalPath(origin) && isModelId(named) ? named : null, search: COMMON.test(name) || name.length < 3 ? null : name }
}

/** True for what can only be somebody's own folder. */
export function isLocalPath(origin: string): boolean {
  return hubId(origin) === null && (/^[./~]|^[A-Za-z]:|\\/.test(origin) || origin.split("/").length > 2)
}

/** `owner/name` out of an address or the Hub library's cache folder; null where it is neither. */
function hubId(origin: string): string | null {
  const cached =
    /(?:^|[\\/])models--([^\\/]+?)--([^\\/]+)/.exec(origin) ?? /^https?:\/\/(?:huggingface\.co|hf\.co)\/([^/?#]+)\/([^/?#]+)/.exec(origin)
  return cached ? `${cached[1]}/${cached[2]}` : null
}

function namedId(origin: string): string {
  return hubId(origin) ?? origin.trim().replace(/\\/g, "/").replace(/\/+$/, "")
}

/** The last part of a path that says something: trainers put their states into numbered folders below. */
function lastName(path: string): string {
  const parts = path.toLowerCase().split("/")
  while (parts.length > 1 && (/^(checkpoint|global_step|epoch)[-_]?\d*$/.test(parts.at(-1) ?? "") || COMMON.test(parts.at(-1) ?? "")))
    parts.pop()
  return parts.at(-1) ?? ""
}

function unpacked(name: string): string {
  return name.replace(PACKED, "")
}

function words(name: string): Set<string> {
  return new Set(name.split(/[^a-z0-9]+/).filter((word) => word !== ""))
}
