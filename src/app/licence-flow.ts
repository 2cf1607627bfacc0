import { type Attribute, type Imputed, impute } from "~src/atlas/impute"
import { type Condition, droppedConditions } from "~src/atlas/licences"
import type { ErrorCode } from "~src/core/errors"
import { isModelId } from "~src/hub/ids"
import type { Access, AtlasReport, LineageReport } from "./report"

/** One ancestor with what its licence and its state mean for those who come after it. */
export interface LicenceStep {
  readonly id: string
  /** As its card gives it; null where it gives none or nothing is known. */
  readonly license: string | null
  readonly access: "open" | "missing" | Access
  /** How it is known: its weights match, or the card alone names it. */
  readonly by: "weights" | "card"
  /** What its licence asks and the model's own no longer does. */
  readonly dropped: readonly Condition[]
}

export interface LicenceFlow {
  readonly own: string | null
  /** Nearest first. */
  readonly ancestors: readonly LicenceStep[]
  /** What the model's card leaves out, as its relatives' cards make it likely. */
  readonly imputed: Partial<Readonly<Record<Attribute, Imputed>>>
}

/** Ancestors shown; longer lines than this are not known. */
const MOST = 24

/** Licences and access from a model up its line, from stored facts alone. */
export function licenceFlow(report: LineageReport, family: AtlasReport | null): LicenceFlow {
  const nodes = new Map(family?.nodes.map((node) => [node.id, node]))
  const own = nodes.get(report.model)?.license ?? null
  const by = new Map<string, LicenceStep["by"]>()
  // A ghost without a repository has no licence to speak of.
  for (const id of line(report, family)) if (isModelId(id)) by.set(id, "weights")
  const unread = new Map(report.notCompared.map((entry) => [entry.id, entry]))
  // A model that was read and is no ancestor by its weights is none here, whatever the card says.
  for (const { id } of report.declared) if (unread.has(id) && !by.has(id)) by.set(id, "card")
  const ancestors = [...by].slice(0, MOST).map(([id, how]): LicenceStep => {
    const node = nodes.get(id)
    const missed = unread.get(id)
    const license = node?.license ?? missed?.license ?? null
    const access = node?.access === undefined || node.access === "private" ? accessOf(missed?.code) : node.access
    return { id, license, access, by: how, dropped: own && license ? droppedConditions(license, own) : [] }
  })
  return { own, ancestors, imputed: family ? impute(family, report.model) : {} }
}

/** Parents, their parents and so on, nearest first. */
function line({ model, parents }: LineageReport, family: AtlasReport | null): Set<string> {
  const found = new Set(parents.filter(({ ghost }) => !ghost).map(({ id }) => id))
  const up = new Map<string, string[]>()
  for (const { parent, child } of family?.edges ?? []) up.set(child, [...(up.get(child) ?? []), parent])
  for (const id of found) for (const above of up.get(id) ?? []) if (above !== model) found.add(above)
  return found
}

function accessOf(code: ErrorCode | undefined): LicenceStep["access"] {
  if (code === "gated" || code === "disabled") return code
  return code === "not-found" ? "missing" : "open"
}
