import { readExpand } from "./api-models"
import { type Exchange, refuse, sendJson } from "./exchange"
import { takePage } from "./paging"
import { describe, LIST_EXPANDABLE } from "./properties"
import type { Repository } from "./repository"
import type { Store } from "./store"
import type { Visitor } from "./visitor"

const ITEM = ["_id", "id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt", "modelId"]
const FULL = ["author", "sha", "lastModified", "gated", "disabled", "siblings"]
const MOST = 1000

/** `null` sorts last. */
const SORTS: Record<string, (repository: Repository) => string | number> = {
  createdAt: ({ meta }) => meta.createdAt,
  downloads: ({ meta }) => meta.downloads,
  likes: ({ meta }) => meta.likes,
  lastModified: ({ meta }) => meta.lastModified,
  likes30d: ({ meta }) => meta.likes,
  trendingScore: ({ meta }) => meta.likes,
  num_parameters: ({ facts }) => facts.parameters ?? 0,
  mainSize: ({ head }) => [...head.files.values()].reduce((sum, { content }) => sum + content.size, 0),
  id: ({ meta }) => meta.id,
}

/** `GET /api/models`. */
export function answerList(exchange: Exchange) {
  const { searchParams } = exchange.url
  const { store } = exchange.site
  const names = readExpand(exchange, LIST_EXPANDABLE, ["full", "config", "cardData"])
  if (names === "refused") return
  const sort = searchParams.get("sort") ?? "trendingScore"
  if (!Object.hasOwn(SORTS, sort))
    return refuse(exchange, { status: 400, message: `"sort" must be one of [${Object.keys(SORTS).join(", ")}]` })
  const range = readParameterRange(searchParams.get("num_parameters"))
  if (range === "malformed") return refuse(exchange, { status: 400, message: '"num_parameters" must look like min:6B,max:128B' })
  const found = selectRepositories(searchParams, store, exchange.visitor).filter((repository) => inRange(repository, range))
  const page = takePage(exchange, sorted(found, sort, searchParams.get("direction")), MOST, MOST)
  if (page === null) return
  const flag = (name: string) => ["true", "1", "full"].includes(searchParams.get(name) ?? "")
  const shown = names
    ? ["_id", "id", ...names]
    : [...ITEM, ...(flag("full") ? FULL : []), ...(flag("config") ? ["config"] : []), ...(flag("cardData") ? ["cardData"] : [])]
  sendJson(
    exchange,
    page.items.map((repository) => describe(repository, shown, store, exchange.visitor)),
    page.headers,
  )
}

/** The public repositories, and for those who may the private ones, that fit search, author, filter, pipeline_tag and gated. */
export function selectRepositories(query: URLSearchParams, store: Store, visitor: Visitor): Repository[] {
  const words = (query.get("search") ?? "").toLowerCase().split(/\s+/).filter(Boolean)
  const wanted = [...query.getAll("filter"), ...query.getAll("other")].flatMap((tags) => tags.split(",")).filter(Boolean)
  const author = query.get("author")
  const task = query.get("pipeline_tag")
  const gated = query.get("gated")
  return store.repositories.filter((repository) => {
    const { meta, facts } = repository
    if (meta.private && visitor !== "granted") return false
    if (author !== null && meta.id.split("/")[0] !== author) return false
    if (!words.every((word) => meta.id.toLowerCase().includes(word))) return false
    if (gated !== null && (meta.gated !== false) !== (gated === "true")) return false
    if (task !== null && facts.pipeline !== task) return false
    if (wanted.length === 0) return true
    const tags = store.tagsOf(repository)
    return wanted.every((tag) => tags.includes(tag))
  })
}

export function sorted(repositories: readonly Repository[], sort: string, direction: string | null): Repository[] {
  const key = SORTS[sort] ?? (() => 0)
  const sign = direction === "1" ? 1 : -1
  const order = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)
  return [...repositories].sort((a, b) => sign * order(key(a), key(b)) || order(a.objectId, b.objectId))
}

type ParameterRange = { readonly min: number; readonly max: number }
const UNITS: Record<string, number> = { "": 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 }

/** `min:6B,max:128B`, each optional. */
function readParameterRange(text: string | null): ParameterRange | "malformed" | null {
  if (text === null) return null
  const range = { min: 0, max: Number.POSITIVE_INFINITY }
  for (const part of text.split(",")) {
    const [, side = "", number = "", unit = ""] = /^(min|max):(\d+(?:\.\d+)?)([KMBT]?)$/i.exec(part) ?? []
    if (side === "") return "malformed"
    range[side.toLowerCase() as "min" | "max"] = Number(number) * (UNITS[unit.toUpperCase()] ?? 1)
  }
  return range
}

function inRange({ facts }: Repository, range: ParameterRange | null): boolean {
  if (range === null) return true
  const total = facts.parameters
  return total !== null && total >= range.min && total <= range.max
}
