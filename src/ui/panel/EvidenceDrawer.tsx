import type { KeyboardEvent } from "react"
import type { LineageReport } from "~src/app/report"
import type { Evidence } from "~src/core/words"
import { plain } from "~src/hub/ids"
import { chance, percent } from "../format"
import { t } from "../i18n"
import { Name, Say } from "../parts"

const MARKS: Readonly<Record<Evidence["says"], string>> = { for: "+", against: "−", neutral: "·" }

/** Rows shown of each long list; the command line's JSON has all of them. */
const SHOWN = 40

/** Esc closes the drawer and leaves the focus on its handle. */
function closeOnEscape(event: KeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return
  event.currentTarget.open = false
  event.currentTarget.querySelector("summary")?.focus()
  event.stopPropagation()
}

/** Why the answer is what it is: evidence for and against, the control, what was compared and what was not. */
export function EvidenceDrawer({ report }: { report: LineageReport }) {
  return (
    <details onKeyDown={closeOnEscape}>
      <summary>{t("panel_why")}</summary>
      {report.parents.map((parent) => (
        <div key={parent.id}>
          <h3>
            <Say text={t("panel_why_parent")} fill={{ name: <Name id={parent.id} ghost={parent.ghost} /> }} />
          </h3>
          <EvidenceList items={parent.evidence} />
        </div>
      ))}
      {report.weights.notes.length > 0 && (
        <div>
          <h3>{t("panel_files_state")}</h3>
          <ul className="rows">
            {report.weights.notes.slice(0, SHOWN).map(([label, text]) => (
              <li key={label + text}>
                <span dir="auto">{plain(label, 100)}</span>:{" "}
                <span className="quiet" dir="auto">
                  {plain(text, 300)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {report.control && (
        <div>
          <h3>{t("panel_control")}</h3>
          <EvidenceList items={[report.control]} />
        </div>
      )}
      {report.sharedInit.length > 0 && (
        <div>
          <h3>{t("panel_shared_init")}</h3>
          <p className="text">{t("panel_shared_init_hint")}</p>
          <Rows rows={report.sharedInit.map((id) => ({ id, text: "" }))} />
        </div>
      )}
      {report.compared.length > 0 && (
        <div>
          <h3>{t("panel_compared", { count: report.compared.length })}</h3>
          <Rows rows={report.compared.map(({ id, related }) => ({ id, text: t("panel_compared_row", { percent: percent(related) }) }))} />
        </div>
      )}
      {report.notCompared.length > 0 && (
        <div>
          <h3>{t("panel_not_compared")}</h3>
          <Rows rows={report.notCompared.map(({ id, reason }) => ({ id, text: reason }))} />
        </div>
      )}
      <h3>{t("panel_change")}</h3>
      <p className="text">{t("panel_change_text")}</p>
    </details>
  )
}

function EvidenceList({ items }: { items: readonly Evidence[] }) {
  return (
    <ul className="evidence">
      {items.map((item) => (
        <li key={item.kind + item.text} data-says={item.says}>
          <span aria-hidden="true" className="icon">
            {MARKS[item.says]}
          </span>
          <span className="sr">{t(`panel_speaks_${item.says}`)}: </span>
          <span dir="auto">{plain(item.text, 600)}</span>
          {item.p !== undefined && <span className="quiet"> ({t("panel_chance", { p: chance(item.p) })})</span>}
        </li>
      ))}
    </ul>
  )
}

function Rows({ rows }: { rows: readonly { readonly id: string; readonly text: string }[] }) {
  return (
    <ul className="rows">
      {rows.slice(0, SHOWN).map(({ id, text }) => (
        <li key={id}>
          <Name id={id} /> <span className="quiet">{plain(text, 300)}</span>
        </li>
      ))}
      {rows.length > SHOWN && <li>…</li>}
    </ul>
  )
}
