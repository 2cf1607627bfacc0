import { Fragment } from "react"
import type { LineageReport } from "~src/app/report"
import { count } from "../format"
import { Name, Say } from "../parts"
import { HEADLINES, PARENT_WITH_RELATION, RELATION_WORDS } from "../wording"

const SHOWN = 3

/** The verdict as one sentence of fact. */
export function Headline({ report }: { report: LineageReport }) {
  const key = report.verdict === "contradicted" && report.parents.length === 0 ? "contradictedAlone" : report.verdict
  const parents = report.parents.map((parent) => (
    <Say
      key={parent.id}
      text={PARENT_WITH_RELATION}
      fill={[<Name key="name" id={parent.id} ghost={parent.ghost} />, RELATION_WORDS[parent.relation].word]}
    />
  ))
  const declared = report.declared.map(({ id }) => <Name key={id} id={id} />)
  return <Say text={HEADLINES[key]} fill={[joined(parents), joined(declared), count(report.compared.length)]} />
}

/** "a, b, c, …" */
function joined(items: readonly React.ReactNode[]): React.ReactNode {
  return items.slice(0, SHOWN + 1).map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list, drawn once
    <Fragment key={index}>
      {index > 0 && ", "}
      {index < SHOWN ? item : "…"}
    </Fragment>
  ))
}
