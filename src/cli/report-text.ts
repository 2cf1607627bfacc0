import type { AtlasReport, CompareReport, Cost, LineageReport } from "~src/app/report"
import type { Declared, DirectionBasis, Evidence } from "~src/core/words"
import { bytes, chance, count, duration, list, percent } from "~src/ui/format"
import { code, t } from "~src/ui/i18n"
import { safe, table } from "./table"

/** `lineage` for a terminal. */
export function lineageText(report: LineageReport): string {
  const parents = report.parents.map((parent) => [
    parent.ghost ? `${parent.id} (not read)` : parent.readThrough ? `${parent.id} (read through ${parent.readThrough.id})` : parent.id,
    t(`relation_${code(parent.relation)}`),
    percent(parent.probability),
    percent(parent.share),
    `${percent(parent.direction.probability)} by ${basisText(parent.direction.basis)}`,
  ])
  return paragraphs([
    `${safe(report.model)} @ ${report.revision.slice(0, 7)}\n${t(`verdict_${report.verdict}`)}: ${safe(report.reason)}`,
    `Its weights: ${safe(report.weights.text)}`,
    `The card declares: ${declaredText(report.declared)}`,
    parents.length > 0 && table([["parent", "relation", "probability", "share", "direction"], ...parents]),
    ...report.parents.map((parent) => evidenceText(`Evidence for ${parent.id}`, parent.evidence)),
    report.weights.notes.length > 0 && table([["the files state", ""], ...report.weights.notes.map(([label, text]) => [label, text])]),
    report.control && evidenceText("Negative control", [report.control]),
    report.sharedInit.length > 0 && `Trained apart from the same random seed: ${safe(list(report.sharedInit))}`,
    report.compared.length > 0 && table([["compared", "related"], ...report.compared.map(({ id, related }) => [id, percent(related)])]),
    report.notCompared.length > 0 && table([["not compared", "because"], ...report.notCompared.map(({ id, reason }) => [id, reason])]),
    report.notRead ? t("panel_not_read", { count: report.notRead }) : "",
    costText(report.cost),
  ])
}

/** `compare` for a terminal. */
export function compareText(report: CompareReport): string {
  const { relation, direction } = report
  const named = relation === "shared-init" ? "shared initialisation" : relation && t(`relation_${code(relation)}`)
  const headline =
    relation === "adapter"
      ? `${safe(report.a)} and ${safe(report.b)} fit each other as adapter and base: ${percent(report.related)}`
      : named
        ? `${safe(report.a)} and ${safe(report.b)} share weights: ${percent(report.related)}`
        : report.related >= 0.5
          ? `${safe(report.a)} and ${safe(report.b)} share weights (${percent(report.related)}), but neither was made from the other as far as can be seen`
          : `${safe(report.a)} and ${safe(report.b)} share no weights that can be seen (related: ${percent(report.related)})`
  return paragraphs([
    headline,
    named && `Relation: ${named} (${percent(report.relationProbability)})`,
    direction.parent !== null && `Parent: ${safe(direction.parent)} (${percent(direction.probability)} by ${basisText(direction.basis)})`,
    evidenceText("Evidence", report.evidence),
    costText(report.cost),
  ])
}

/** `atlas` for a terminal. */
export function atlasText(report: AtlasReport): string {
  const families = new Set(report.nodes.map(({ family }) => family)).size
  const edges = report.edges.map((edge) => [
    edge.parent,
    edge.child,
    t(`relation_${code(edge.relation)}`),
    percent(edge.probability),
    percent(edge.share),
    edge.declared ? "yes" : "no",
  ])
  const withEdges = new Set(report.edges.flatMap(({ parent, child }) => [parent, child]))
  const alone = report.nodes.filter(({ id }) => !withEdges.has(id)).map(({ id, verdict }) => [id, t(`verdict_${verdict}`)])
  return paragraphs([
    `Models: ${count(report.nodes.length)}, families: ${count(families)}, edges: ${count(report.edges.length)}`,
    edges.length > 0 && table([["parent", "child", "relation", "probability", "share", "declared"], ...edges]),
    alone.length > 0 && table([["without relatives here", "verdict"], ...alone]),
    costText(report.cost),
  ])
}

const paragraphs = (parts: readonly (string | false | null)[]) => parts.filter(Boolean).join("\n\n")

const basisText = (basis: readonly DirectionBasis[]) => (basis.length > 0 ? list(basis.map((word) => t(`basis_${word}`))) : "nothing")

function declaredText(declared: readonly Declared[]): string {
  if (declared.length === 0) return "nothing"
  return safe(list(declared.map(({ id, relation }) => (relation === null ? id : `${id} (${relation})`))))
}

const SIGNS = { for: "+", against: "-", neutral: " " } as const

function evidenceText(title: string, evidence: readonly Evidence[]): string | false {
  if (evidence.length === 0) return false
  const lines = evidence.map(({ says, text, p }) => `  ${SIGNS[says]} ${safe(text)}${p === undefined ? "" : ` (p ${chance(p)})`}`)
  return [`${safe(title)}:`, ...lines].join("\n")
}

function costText(cost: Cost): string {
  const where = cost.provider === null ? "" : `, ${cost.provider}`
  return `Cost: ${count(cost.requests)} requests, ${bytes(cost.bytes)} (${bytes(cost.weightBytes)} of weights), ${duration(cost.milliseconds)}${where}`
}
