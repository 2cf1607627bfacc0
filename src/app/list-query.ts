import { isModelId } from "~src/hub/ids"
import type { ListQuery } from "~src/hub/types"

/** Models on one page of the Hub's search. */
const PAGE = 30
/** The most that one list call answers. */
const MOST = 1000

const SORTS: Readonly<Record<string, ListQuery["sort"]>> = {
  created: "createdAt",
  downloads: "downloads",
  likes: "likes",
  modified: "lastModified",
}

/**
 * The list call that answers what a page of the Hub lists, so that one request tells of all its models: an owner's models, or
 * the search's in its own order up to its page. Null for pages that list by hand (collections).
 *
 * @param path of the page's address, @param search its query with the question mark
 */
export function listQueryOf(path: string, search: string): ListQuery | null {
  const [first = "", second] = path.split("/").filter(Boolean)
  if (first === "collections") return null
  const query = new URLSearchParams(search)
  if (first !== "models") return isModelId(first) && (second === undefined || second === "models") ? { author: first, limit: MOST } : null
  const [words, author, sort] = ["search", "author", "sort"].map((name) => query.get(name))
  const tags = ["other", "library", "language", "pipeline_tag", "region"].flatMap((name) => query.getAll(name))
  const named = ["license", "dataset"].flatMap((name) => query.getAll(name).map((value) => `${name}:${value}`))
  const filter = [...tags, ...named].flatMap((value) => value.split(",")).filter(Boolean)
  const page = Math.max(0, Math.floor(Number(query.get("p") ?? 0)) || 0)
  const order = sort && Object.hasOwn(SORTS, sort) ? SORTS[sort] : undefined
  return {
    ...(words ? { search: words } : {}),
    ...(author ? { author } : {}),
    ...(filter.length > 0 ? { filter } : {}),
    ...(order ? { sort: order } : {}),
    limit: Math.min(MOST, PAGE * (page + 1)),
  }
}
