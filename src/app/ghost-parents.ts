import type { ErrorCode, Failure } from "~src/core/errors"
import type { DirectionBasis } from "~src/core/words"
import { ghostEvidence } from "~src/lineage/ghost-words"
import type { Ghost } from "~src/lineage/types"
import type { Parent } from "./report"

const CLOSED: ReadonlySet<ErrorCode> = new Set(["gated", "disabled", "not-found"])

/** Why a repository that cards name may be the unseen parent: it is closed or gone. What could be read is none. */
export const isClosed = ({ code }: Failure): boolean => CLOSED.has(code)

/** The unread repositories that a ghost may be. */
export function closedIds(unread: ReadonlyMap<string, Failure>): ReadonlySet<string> {
  return new Set([...unread].flatMap(([id, failure]) => (isClosed(failure) ? [id] : [])))
}

/** A ghost as the contract describes the parent of one of its children. */
export function ghostParent(ghost: Ghost, child: number): Parent {
  const { id, namedBy, children, part } = ghost
  const probability = children.get(child) ?? 0
  const relation = part ? "merge" : "finetune"
  return {
    id,
    revision: null,
    ghost: true,
    ...(namedBy.length > 0 ? { namedBy } : {}),
    relation,
    hubRelation: relation,
    probability,
    share: part?.share ?? 1,
    direction: { probability, basis: basisOf(ghost) },
    evidence: [ghostEvidence(ghost)],
  }
}

function basisOf({ namedBy, part }: Ghost): DirectionBasis[] {
  const named: DirectionBasis[] = namedBy.length > 0 ? ["files"] : []
  if (part === undefined) return ["geometry", ...named]
  return part.method === "card" ? named : ["information", ...named]
}
