import type { Evidence } from "~src/core/words"
import { chance } from "../format"
import { t } from "../i18n"
import { evidenceText } from "../sentences"

const MARKS: Readonly<Record<Evidence["says"], string>> = { for: "+", against: "−", neutral: "·" }

/** What speaks for and against, each with its sign and, where there is one, the chance of it without any relation. */
export function EvidenceList({ items }: { items: readonly Evidence[] }) {
  return (
    <ul className="evidence">
      {items.map((item) => (
        <li key={item.kind + item.text} data-says={item.says}>
          <span aria-hidden="true" className="icon">
            {MARKS[item.says]}
          </span>
          <span className="sr">{t(`panel_speaks_${item.says}`)}: </span>
          <span dir="auto">{evidenceText(item)}</span>
          {item.p !== undefined && <span className="quiet"> ({t("panel_chance", { p: chance(item.p) })})</span>}
        </li>
      ))}
    </ul>
  )
}
