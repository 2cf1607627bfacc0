import type { Evidence } from "~src/core/words"
import { percent } from "./percent"
import type { Ghost } from "./types"
import type { Concluded } from "./verdict"

/** Why a ghost is thought to be there. */
export function ghostEvidence({ children, residual, part }: Ghost): Evidence {
  if (part) {
    const { share } = part
    const isStated = part.method === "card"
    return {
      kind: "merge-fit",
      value: share,
      says: "for",
      text: isStated
        ? `The card names it among the merged models, and the weights agree with the others; its share is taken to be ${percent(share, 0)}, as if all were equal.`
        : `The merged models that were read explain a part of the weights, to the last bits, and leave about ${percent(share, 0)} to one that was not.`,
      worded: { as: isStated ? "rest_stated" : "rest", values: { share } },
    }
  }
  return {
    kind: "star",
    value: residual,
    says: "for",
    text: `${children.size} models lie around a place where none of them stands; a common centre leaves ${Math.round(100 * residual)} % of their distances unexplained.`,
    worded: { as: "star", values: { models: children.size, rest: residual } },
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

/**
 * What is said of a merge one of whose parents was not read, where its card does not contradict the other ones.
 * @param parents the ids of those that were read
 */
export function partUnread({ verdict }: Concluded, { id, namedBy }: Ghost, parents: string): Concluded {
  const [as, unread] = namedBy.length > 0 ? ["merged_with", id] : ["merged_with_unseen", ""]
  return {
    verdict,
    reason: `The weights match a merge of ${parents} with ${namedBy.length > 0 ? `${unread}, which is not readable here` : "a model that was not among those read"}.`,
    worded: { as, values: { parents, ...(namedBy.length > 0 ? { name: unread } : {}) } },
  }
}
