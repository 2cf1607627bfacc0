import { isModelId } from "./ids"
import type { DeclaredParent } from "./types"

const PREFIX = "base_model:"
const MOST_PARENTS = 100

/**
 * The parents that a model's card and tags name, in the order given, each once. The card speaks first, verbatim; the tags (`base_model:X` and
 * `base_model:<relation>:X`, which the Hub derives from the card) add relations and what the card lacks. The Hub's tags follow a parent that
 * is renamed and the card does not: as many names as only the card knows then stand in the tags alone, and are the present ones.
 */
export function declaredParents(
  cardParents: readonly string[],
  cardRelation: string | null,
  tags: readonly string[],
): readonly DeclaredParent[] {
  const card = new Map<string, string | null>()
  for (const id of cardParents) add(card, id.trim(), cardRelation)
  const tagged = new Map<string, string | null>()
  for (const tag of tags) {
    if (!tag.startsWith(PREFIX)) continue
    const rest = tag.slice(PREFIX.length)
    const [, relation, id] = /^([a-z_-]{1,40}):(.+)$/.exec(rest) ?? []
    if (relation !== undefined && id !== undefined) add(tagged, id, relation)
    else add(tagged, rest, null)
  }
  const former = [...card.keys()].filter((id) => isModelId(id) && !tagged.has(id))
  const present = [...tagged.keys()].filter((id) => !card.has(id))
  if (former.length === present.length) {
    for (const id of former) card.delete(id)
    for (const id of present) add(card, id, cardRelation)
  }
  for (const [id, relation] of tagged) add(card, id, relation)
  return [...card].slice(0, MOST_PARENTS).map(([id, relation]) => ({ id, relation }))
}

function add(parents: Map<string, string | null>, id: string, relation: string | null): void {
  if (id !== "") parents.set(id, parents.get(id) ?? relation)
}
