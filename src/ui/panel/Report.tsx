import type { LineageReport } from "~src/app/report"
import { plain } from "~src/hub/ids"
import { bytes, count, duration } from "../format"
import { Say } from "../parts"
import { CHIPS, PANEL, say } from "../wording"
import { CardSays } from "./CardSays"
import { EvidenceDrawer } from "./EvidenceDrawer"
import { Headline } from "./Headline"
import { ParentRow } from "./ParentRow"
import { ShareBar } from "./ShareBar"

/** The answer: sentence, chip, both sides next to each other, evidence on demand, and what it cost. */
export function Report({ report }: { report: LineageReport }) {
  const chip = CHIPS[report.verdict]
  const { cost } = report
  const costs = [count(cost.requests), bytes(cost.bytes), bytes(cost.weightBytes), duration(cost.milliseconds)]
  return (
    <div className="report">
      <p className="chip" data-verdict={report.verdict}>
        <span aria-hidden="true" className="icon">
          {chip.icon}
        </span>
        <span className="strong">{chip.word}</span>
        <span>{chip.means}</span>
      </p>
      <p className="headline">
        <Headline report={report} />
      </p>
      <div className="sides">
        <CardSays report={report} />
        <div>
          <h3>{PANEL.weightsSay}</h3>
          {report.parents.length === 0 && <p className="text">{PANEL.nothingInferred}</p>}
          <ul>
            {report.parents.map((parent) => (
              <ParentRow key={parent.id} parent={parent} report={report} />
            ))}
          </ul>
        </div>
      </div>
      {report.parents.length > 1 && <ShareBar parents={report.parents} />}
      <EvidenceDrawer report={report} />
      <p className="quiet">{say(PANEL.weights, plain(report.weights.text, 200))}</p>
      <p className="quiet">
        {cost.provider
          ? say(PANEL.cost, ...costs, cost.provider === "webgpu" ? "WebGPU" : "WebAssembly")
          : say(PANEL.costNoProvider, ...costs)}
        {" · "}
        <Say text={PANEL.commit} fill={[<code key="sha">{report.revision.slice(0, 8)}</code>]} />
      </p>
    </div>
  )
}
