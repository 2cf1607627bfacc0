/**
 * What a Hugging Face page says about itself, read from its `ModelHeader` island without any request. The page is foreign
 * input: everything is checked here, by hand, because this code runs on every page of the site and has to stay tiny.
 */

export interface DeclaredOnPage {
  readonly id: string
  readonly relation: "finetune" | "adapter" | "quantized" | "merge" | null
}

export interface ModelPage {
  readonly id: string
  readonly declared: readonly DeclaredOnPage[]
}

/** Longest `data-props` worth parsing; the largest seen on the Hub is far below. */
const MAX_PROPS = 4_000_000
const MAX_DECLARED = 50
const MODEL_ID = /^[\w.-]{1,96}\/[\w.-]{1,96}$/
const TAG = /^base_model:(?:(finetune|adapter|quantized|merge):)?([^:]+)$/

/** The model whose card this page shows, or null for every other kind of page and for every other tab of a model. */
export function readModelPage(document: Document, pathname: string): ModelPage | null {
  const path = pathname.replace(/^\/|\/$/g, "")
  if (!MODEL_ID.test(path)) return null
  const props = document.querySelector('[data-target="ModelHeader"]')?.getAttribute("data-props")
  if (!props || props.length > MAX_PROPS) return null
  const model = field(parse(props), "model")
  const id = field(model, "id")
  // Hub ids are case-insensitive in the address bar; a legacy id redirects before it gets here.
  if (typeof id !== "string" || !MODEL_ID.test(id) || id.toLowerCase() !== path.toLowerCase()) return null
  return { id, declared: declaredParents(field(model, "tags"), field(model, "cardData")) }
}

/** Parents in the order of the tags; the card's own field only where the tags are silent. */
function declaredParents(tags: unknown, card: unknown): DeclaredOnPage[] {
  const found = new Map<string, DeclaredOnPage["relation"]>()
  for (const tag of strings(tags)) {
    const match = TAG.exec(tag)
    if (match?.[2]) found.set(match[2], (match[1] as DeclaredOnPage["relation"] | undefined) ?? found.get(match[2]) ?? null)
  }
  if (found.size === 0) {
    const named = field(card, "base_model")
    for (const id of strings(typeof named === "string" ? [named] : named)) found.set(id, null)
  }
  return [...found].slice(0, MAX_DECLARED).map(([id, relation]) => ({ id, relation }))
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

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string" && item !== "") : [])
