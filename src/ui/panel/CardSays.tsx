import type { LineageReport } from "~src/app/report"
import { Name } from "../parts"
import { hubRelationWord, PANEL, say } from "../wording"
import { type DeclaredRow, declaredRows } from "./agreement"

const ICONS: Readonly<Record<DeclaredRow["mark"], string>> = {
  agrees: "✓",
  relationDiffers: "~",
  related: "~",
  open: "~",
  disagrees: "≠",
  notChecked: "·",
  notSeen: "·",
}

/** The declared side with, beside each parent, whether the weights agree. */
export function CardSays({ report }: { report: LineageReport }) {
  const rows = declaredRows(report)
  return (
    <div>
      <h3>{PANEL.cardSays}</h3>
      {rows.length === 0 && <p className="text">{PANEL.nothingDeclared}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Name id={row.id} />
            <span className="line">{row.relation && hubRelationWord(row.relation)}</span>
            <span className="line mark-line" data-mark={row.mark}>
              <span aria-hidden="true">{ICONS[row.mark]} </span>
              {say(PANEL[row.mark], row.reason ?? "")}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
