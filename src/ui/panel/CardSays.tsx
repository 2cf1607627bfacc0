import type { LineageReport } from "~src/app/report"
import { t } from "../i18n"
import { Name } from "../parts"
import { hubRelationWord } from "../wording"
import { type DeclaredRow, declaredRows } from "./agreement"

const ICONS: Readonly<Record<DeclaredRow["mark"], string>> = {
  agrees: "✓",
  relation_differs: "~",
  related: "~",
  open: "~",
  disagrees: "≠",
  not_checked: "·",
  not_seen: "·",
}

/** The declared side with, beside each parent, whether the weights agree. */
export function CardSays({ report }: { report: LineageReport }) {
  const rows = declaredRows(report)
  return (
    <div>
      <h3>{t("panel_card_says")}</h3>
      {rows.length === 0 && <p className="text">{t("panel_nothing_declared")}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Name id={row.id} />
            <span className="line">{row.relation && hubRelationWord(row.relation)}</span>
            <span className="line mark-line" data-mark={row.mark}>
              <span aria-hidden="true">{ICONS[row.mark]} </span>
              {t(`panel_mark_${row.mark}`, { reason: row.reason ?? "" })}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
