import { declaredParents } from "~src/hub/declared"
import { isModelId } from "~src/hub/ids"
import type { DeclaredParent } from "~src/hub/types"

/** A model's card as its page shows it. */
export interface ModelPage {
  readonly id: string
  readonly declared: readonly DeclaredParent[]
  /** False where the owner switched them off. */
  readonly discussions: boolean
}

/** Longest `data-props` worth parsing; the largest seen on the Hub is far below. */
const MAX_PROPS = 4_000_000

/**
 * The model whose card this page shows, read from the `ModelHeader` island without any request; null for every other kind of
 * page and for every other tab of a model. The page is foreign input, checked by hand because this code has to stay tiny.
 */
export function readModelPage(document: Document, pathname: string): ModelPage | null {
  const path = pathname.replace(/^\/|\/$/g, "")
  if (!path.includes("/") || !isModelId(path)) return null
  const props = document.querySelector('[data-target="ModelHeader"]')?.getAttribute("data-props")
  if (!props || props.length > MAX_PROPS) return null
  const model = field(parse(props), "model")
  const id = field(model, "id")
  // The address bar takes ids in any case; a renamed or legacy one has redirected before it gets here.
  if (typeof id !== "string" || !isModelId(id) || id.toLowerCase() !== path.toLowerCase()) return null
  const card = field(model, "cardData")
  const named = field(card, "base_model")
  const relation = field(card, "base_model_relation")
  const parents = declaredParents(
    strings(typeof named === "string" ? [named] : named),
    typeof relation === "string" ? relation : null,
    strings(field(model, "tags")),
  )
  return { id, declared: parents, discussions: field(model, "discussionsDisabled") !== true }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : [])
