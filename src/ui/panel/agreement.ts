import type { LineageReport } from "~src/app/report"
import { unreadText } from "../sentences"

/** What the weights say to one declared parent. */
export interface DeclaredRow {
  readonly id: string
  readonly relation: string | null
  readonly mark: "agrees" | "relation_differs" | "related" | "open" | "disagrees" | "not_checked" | "not_seen"
  /** Why it was not compared. */
  readonly reason: string | null
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

export const isDeclared = (report: Pick<LineageReport, "declared">, id: string): boolean =>
  report.declared.some((declared) => same(declared.id, id))

export function declaredRows(report: LineageReport): DeclaredRow[] {
  return report.declared.map(({ id, relation }) => {
    // Weights that were not read agree with nothing.
    const parent = report.parents.find((candidate) => !candidate.ghost && same(candidate.id, id))
    if (parent) {
      const agrees = relation === null || parent.hubRelation === null || parent.hubRelation === relation
      return { id, relation, mark: agrees ? "agrees" : "relation_differs", reason: null }
    }
    const skipped = report.notCompared.find((candidate) => same(candidate.id, id))
    if (skipped) return { id, relation, mark: "not_checked", reason: unreadText(skipped) }
    const compared = report.compared.find((candidate) => same(candidate.id, id))
    if (!compared) return { id, relation, mark: "not_seen", reason: null }
    if (compared.related < 0.5) return { id, relation, mark: "disagrees", reason: null }
    return { id, relation, mark: report.verdict === "unverified" ? "open" : "related", reason: null }
  })
}
