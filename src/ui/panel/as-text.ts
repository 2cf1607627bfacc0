import type { LineageReport, Parent } from "~src/app/report"
import type { Evidence } from "~src/core/words"
import { plain } from "~src/hub/ids"
import { bytes, chance, likelihood, list, percent } from "../format"
import { code, t } from "../i18n"
import { modelUrl } from "../links"
import { evidenceText, reasonText } from "../sentences"
import { hubRelationWord, modelName } from "../wording"

const SIGNS: Readonly<Record<Evidence["says"], string>> = { for: "+", against: "-", neutral: "·" }

/** The whole answer as plain text, for a message or an issue. */
export function reportText(report: LineageReport): string {
  const { cost, control } = report
  const declared = report.declared.map(({ id, relation }) => plain(relation ? `${id} (${hubRelationWord(relation)})` : id, 200))
  return [
    `${modelUrl(report.model) ?? report.model} · ${t("panel_commit", { sha: report.revision })}`,
    `${t(`verdict_${report.verdict}`)}: ${reasonText(report)}`,
    `${t("panel_card_says")}: ${declared.length > 0 ? list(declared) : t("panel_nothing_declared")}`,
    report.parents.length === 0 ? `${t("panel_weights_say")}: ${t("panel_nothing_inferred")}` : report.parents.map(parentText).join("\n\n"),
    ...(control ? [`${t("panel_control")}: ${evidenceText(control)}`] : []),
    t("panel_cost", {
      count: cost.requests,
      size: bytes(cost.bytes),
      weights: bytes(cost.weightBytes),
      time: `${Math.round(cost.milliseconds)} ms`,
    }),
    `Pedigree, engine ${report.engine}`,
  ].join("\n\n")
}

function parentText({ id, relation, probability, direction, evidence }: Parent): string {
  const basis = list(direction.basis.map((one) => t(`basis_${one}`)))
  return [
    `${t("panel_weights_say")}: ${modelName(id, 200)} (${t(`relation_${code(relation)}`)}), ${likelihood(probability)} (${percent(probability)})`,
    direction.basis.length > 0 ? t("panel_direction", { percent: percent(direction.probability), basis }) : t("panel_direction_open"),
    ...evidence.map(
      (one) => `${SIGNS[one.says]} ${evidenceText(one)}${one.p === undefined ? "" : ` (${t("panel_chance", { p: chance(one.p) })})`}`,
    ),
  ].join("\n")
}
