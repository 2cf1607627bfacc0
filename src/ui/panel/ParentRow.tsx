import type { LineageReport, Parent } from "~src/app/report"
import { likelihood, list, percent } from "../format"
import { Name } from "../parts"
import { BASIS_WORDS, PANEL, RELATION_WORDS, say } from "../wording"
import { isDeclared } from "./agreement"

/** One parent as the weights show it: relation, how sure, which way round, and what that rests on. */
export function ParentRow({ parent, report }: { parent: Parent; report: LineageReport }) {
  const { word, means } = RELATION_WORDS[parent.relation]
  const { direction } = parent
  return (
    <li>
      <Name id={parent.id} ghost={parent.ghost} />
      <span className="line">
        <abbr title={means}>{word}</abbr>
        {" · "}
        {likelihood(parent.probability)} ({percent(parent.probability)})
      </span>
      {parent.ghost && <span className="line quiet">{PANEL.ghost}</span>}
      {parent.namedBy && parent.namedBy.length > 0 && <span className="line quiet">{say(PANEL.namedBy, list(parent.namedBy))}</span>}
      <span className="line quiet">
        {direction.basis.length > 0
          ? say(PANEL.direction, percent(direction.probability), list(direction.basis.map((basis) => BASIS_WORDS[basis])))
          : PANEL.directionOpen}
      </span>
      <span className="line mark-line" data-mark={isDeclared(report, parent.id) ? "agrees" : "notSeen"}>
        <span aria-hidden="true">{isDeclared(report, parent.id) ? "✓ " : "+ "}</span>
        {isDeclared(report, parent.id) ? PANEL.onCard : PANEL.notDeclared}
      </span>
    </li>
  )
}
