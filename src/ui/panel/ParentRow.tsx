import type { LineageReport, Parent } from "~src/app/report"
import { likelihood, list, percent } from "../format"
import { code, t } from "../i18n"
import { Name, Say } from "../parts"
import { isDeclared } from "./agreement"
import { Term } from "./Term"

/** One parent as the weights show it: relation, how sure, which way round, and what that rests on. */
export function ParentRow({ parent, report }: { parent: Parent; report: LineageReport }) {
  const { direction } = parent
  return (
    <li>
      <Name id={parent.id} ghost={parent.ghost} />
      <span className="line">
        <Term word={t(`relation_${code(parent.relation)}`)} means={t(`relation_means_${code(parent.relation)}`)} />
        {" · "}
        {likelihood(parent.probability)} ({percent(parent.probability)})
      </span>
      {parent.ghost && <span className="line quiet">{t("panel_ghost")}</span>}
      {parent.readThrough && (
        <span className="line quiet">
          <Say text={t("panel_read_through")} fill={{ name: <Name id={parent.readThrough.id} /> }} />
        </span>
      )}
      {parent.namedBy && parent.namedBy.length > 0 && (
        <span className="line quiet">{t("panel_named_by", { names: list(parent.namedBy) })}</span>
      )}
      <span className="line quiet">
        {direction.basis.length > 0
          ? t("panel_direction", {
              percent: percent(direction.probability),
              basis: list(direction.basis.map((basis) => t(`basis_${basis}`))),
            })
          : t("panel_direction_open")}
      </span>
      <span className="line mark-line" data-mark={isDeclared(report, parent.id) ? "agrees" : "not_seen"}>
        <span aria-hidden="true">{isDeclared(report, parent.id) ? "✓ " : "+ "}</span>
        {isDeclared(report, parent.id) ? t("panel_on_card") : t("panel_not_declared")}
      </span>
    </li>
  )
}
