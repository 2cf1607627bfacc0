import { isModelId } from "~src/hub/ids"

/** First segments of one-segment addresses that are no owner's page. */
const NO_OWNERS = new Set(
  "datasets spaces kernels buckets docs blog posts papers collections learn tasks organizations settings login logout join new new-dataset new-space search enterprise pricing support chat brand inference jobs languages notifications oauth storage terms-of-service privacy metrics welcome changelog".split(
    " ",
  ),
)

/** Whether the Hub lists models at this path: its search, an owner's page, an owner's models, a collection. */
export function isListPage(pathname: string): boolean {
  const [first = "", second, ...rest] = pathname.split("/").filter(Boolean)
  if (first === "models") return second === undefined
  if (first === "collections") return second !== undefined && rest.length === 1
  return isModelId(first) && !NO_OWNERS.has(first) && rest.length === 0 && (second === undefined || second === "models")
}

/** One listed model and the element that shows it. */
export interface Item {
  readonly id: string
  readonly card: Element
}

/**
 * The models that the page lists: articles with a link to the model that their heading names, beside which the author may be linked.
 * Datasets and spaces use the same article with addresses of their own; class names drift and are not used.
 */
export function listedModels(root: ParentNode): Item[] {
  return [...root.querySelectorAll("article:has(header[title])")].flatMap((card) => {
    const id = card.querySelector("header[title]")?.getAttribute("title") ?? ""
    // Only a model's id is safe to look for.
    return id.includes("/") && isModelId(id) && card.querySelector(`a[href="/${id}"]`) ? [{ id, card }] : []
  })
}
