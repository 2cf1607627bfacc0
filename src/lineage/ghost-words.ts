import type { Evidence } from "~src/core/words"
import type { Ghost } from "./types"
import type { Concluded } from "./verdict"

/** Why a ghost is thought to be there. */
export function ghostEvidence({ children, residual }: Ghost): Evidence {
  return {
    kind: "star",
    value: residual,
    says: "for",
    text: `${children.length} models lie around a place where none of them stands; a common centre leaves ${Math.round(100 * residual)} % of their distances unexplained.`,
    worded: { as: "star", values: { models: children.length, rest: residual } },
  }
}

/**
 * What is said of a model whose only parent is a ghost: its weights were not compared with the parent's, so nothing is certified.
 * @param model the model's id
 * @param sibling the id of another child
 */
export function underGhost({ id, namedBy }: Ghost, model: string, sibling: string): Concluded {
  const children = namedBy.filter((other) => other !== model).length
  if (namedBy.length === 0)
    return {
      verdict: "unverified",
      reason: `The weights place it beside ${sibling} and others as siblings, whose common parent is not among the models read.`,
      worded: { as: "siblings", values: { name: sibling } },
    }
  return {
    verdict: "unverified",
    reason: `Its parent seems to be ${id}, which is not readable here; documented children that agree: ${children}.`,
    worded: { as: "unseen", values: { parent: id, children } },
  }
}
