import type { HubRelation } from "~src/core/words"
import { isModelId } from "~src/hub/ids"
import { CONTRADICTION_BAR } from "~src/lineage/verdict"
import type { LineageReport } from "./report"

/** What the front matter should say, by the weights. */
export interface WantedCard {
  readonly parents: readonly string[]
  /** The Hub's own word, or null where it has none for the relation. */
  readonly relation: HubRelation | null
}

/**
 * What a repaired card would name, or null where there is nothing to repair or the weights are not sure enough: a wrong proposal costs
 * its reader more than a missing one.
 */
export function wantedCard({ parents, declared, verdict, model }: LineageReport): WantedCard | null {
  const sure = parents.every(({ id, ghost, probability }) => !ghost && isModelId(id) && id !== model && probability >= CONTRADICTION_BAR)
  if (parents.length === 0 || !sure) return null
  const relation = parents[0]?.hubRelation ?? null
  const named = (id: string) => declared.find((entry) => entry.id.toLowerCase() === id.toLowerCase())
  const missing = parents.some(({ id }) => !named(id))
  const other = parents.some(({ id }) => relation !== null && (named(id)?.relation ?? relation) !== relation)
  // A right card that names an ancestor is left alone: which of a line's models to name is its author's choice.
  const wrong = verdict === "documented" ? !missing && other : verdict === "undocumented" || verdict === "contradicted"
  return wrong ? { parents: parents.map(({ id }) => id), relation } : null
}
