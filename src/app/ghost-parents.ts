import type { ErrorCode, Failure } from "~src/core/errors"
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

/** A ghost as the contract describes a parent. */
export function ghostParent(ghost: Ghost): Parent {
  const { id, namedBy, probability } = ghost
  return {
    id,
    revision: null,
    ghost: true,
    ...(namedBy.length > 0 ? { namedBy } : {}),
    relation: "finetune",
    hubRelation: "finetune",
    probability,
    share: 1,
    direction: { probability, basis: namedBy.length > 0 ? ["geometry", "files"] : ["geometry"] },
    evidence: [ghostEvidence(ghost)],
  }
}
