import type { KeyboardEvent } from "react"
import type { LineageReport } from "~src/app/report"
import type { Evidence } from "~src/core/words"
import { plain } from "~src/hub/ids"
import { chance, count, percent } from "../format"
import { Name, Say } from "../parts"
import { PANEL, say } from "../wording"

const MARKS: Readonly<Record<Evidence["says"], { readonly icon: string; readonly word: string }>> = {
  for: { icon: "+", word: PANEL.speaksFor },
  against: { icon: "−", word: PANEL.speaksAgainst },
  neutral: { icon: "·", word: PANEL.speaksNeutral },
}

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
      <summary>{PANEL.why}</summary>
      {report.parents.map((parent) => (
        <div key={parent.id}>
          <h3>
            <Say text={PANEL.whyParent} fill={[<Name key="name" id={parent.id} ghost={parent.ghost} />]} />
          </h3>
          <EvidenceList items={parent.evidence} />
        </div>
      ))}
      {report.weights.notes.length > 0 && (
        <div>
          <h3>{PANEL.filesState}</h3>
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
          <h3>{PANEL.control}</h3>
          <EvidenceList items={[report.control]} />
        </div>
      )}
      {report.sharedInit.length > 0 && (
        <div>
          <h3>{PANEL.sharedInit}</h3>
          <p className="text">{PANEL.sharedInitHint}</p>
          <Rows rows={report.sharedInit.map((id) => ({ id, text: "" }))} />
        </div>
      )}
      {report.compared.length > 0 && (
        <div>
          <h3>{say(PANEL.compared, count(report.compared.length))}</h3>
          <Rows rows={report.compared.map(({ id, related }) => ({ id, text: say(PANEL.comparedRow, percent(related)) }))} />
        </div>
      )}
      {report.notCompared.length > 0 && (
        <div>
          <h3>{PANEL.notCompared}</h3>
          <Rows rows={report.notCompared.map(({ id, reason }) => ({ id, text: reason }))} />
        </div>
      )}
      <h3>{PANEL.change}</h3>
      <p className="text">{PANEL.changeText}</p>
    </details>
  )
}

function EvidenceList({ items }: { items: readonly Evidence[] }) {
  return (
    <ul className="evidence">
      {items.map((item) => (
        <li key={item.kind + item.text} data-says={item.says}>
          <span aria-hidden="true" className="icon">
            {MARKS[item.says].icon}
          </span>
          <span className="sr">{MARKS[item.says].word}: </span>
          <span dir="auto">{plain(item.text, 600)}</span>
          {item.p !== undefined && <span className="quiet"> ({say(PANEL.chance, chance(item.p))})</span>}
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
