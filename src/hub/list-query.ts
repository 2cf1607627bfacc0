import type { ListQuery } from "./types"

/** The properties asked of each list item. */
const EXPAND = [
  "sha",
  "createdAt",
  "lastModified",
  "gated",
  "private",
  "disabled",
  "downloads",
  "likes",
  "tags",
  "cardData",
  "config",
  "safetensors",
  "siblings",
  "pipeline_tag",
  "library_name",
]
const MOST_ITEMS = 1000

/**
 * The address of a list's first page: `GET /api/models` with `expand` for exactly what is needed, or with the older `full`, `config`
 * and `cardData`, which say nearly the same and are understood by more servers; the two do not mix.
 */
export function listUrl(endpoint: string, query: ListQuery, full: boolean): string {
  const params = new URLSearchParams()
  if (query.search !== undefined) params.set("search", query.search)
  if (query.author !== undefined) params.set("author", query.author)
  for (const tag of query.filter ?? []) params.append("filter", tag)
  if (query.parameters !== undefined) params.set("num_parameters", `min:${query.parameters.min},max:${query.parameters.max}`)
  if (query.sort !== undefined) {
    params.set("sort", query.sort)
    params.set("direction", "-1")
  }
  if (query.limit !== undefined) params.set("limit", String(Math.min(query.limit, MOST_ITEMS)))
  if (full) for (const name of ["full", "config", "cardData"]) params.set(name, "true")
  else for (const name of EXPAND) params.append("expand", name)
  return `${endpoint}/api/models?${params}`
}

/**
 * The page after `current` by its `Link` header, or null. Only the query is taken from the header: the next page is always asked of the
 * address at hand, so that a link cannot lead (nor a mirror's link to the original lead) to another server.
 */
export function nextPage(link: string | null, current: string): string | null {
  const target = /<([^<>]*)>\s*;[^<]*\brel="?next"?/i.exec(link ?? "")?.[1]
  if (target === undefined || !URL.canParse(target, current)) return null
  const next = new URL(current)
  next.search = new URL(target, current).search
  return next.href === new URL(current).href ? null : next.href
}
