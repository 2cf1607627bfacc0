import type { DeclaredParent } from "./types"

const PREFIX = "base_model:"
const MOST_PARENTS = 100

/**
 * The parents that a model's card and tags name, verbatim and in the order given, each once. The card speaks first; the tags
 * (`base_model:X` and `base_model:<relation>:X`, which the Hub derives from the card) add relations and what the card lacks.
 */
export function declaredParents(
  cardParents: readonly string[],
  cardRelation: string | null,
  tags: readonly string[],
): readonly DeclaredParent[] {
  const relations = new Map<string, string | null>()
  const add = (id: string, relation: string | null) => {
    if (id !== "") relations.set(id, relations.get(id) ?? relation)
  }
  for (const id of cardParents) add(id.trim(), cardRelation)
  for (const tag of tags) {
    if (!tag.startsWith(PREFIX)) continue
    const rest = tag.slice(PREFIX.length)
    const [, relation, id] = /^([a-z_-]{1,40}):(.+)$/.exec(rest) ?? []
    if (relation !== undefined && id !== undefined) add(id, relation)
    else add(rest, null)
  }
  return [...relations].slice(0, MOST_PARENTS).map(([id, relation]) => ({ id, relation }))
}
