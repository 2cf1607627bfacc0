import type { AtlasReport, LineageReport } from "~src/app/report"
import { bytes, duration } from "../format"
import { t } from "../i18n"
import { Say } from "../parts"
import { weightsText } from "../sentences"
import { VERDICT_ICONS } from "../wording"
import { Actions } from "./Actions"
import type { Ask } from "./ask"
import { CardSays } from "./CardSays"
import { EvidenceDrawer } from "./EvidenceDrawer"
import { Headline } from "./Headline"
import { Licences } from "./Licences"
import { ParentRow } from "./ParentRow"
import { Relatives } from "./Relatives"
import { Repair } from "./Repair"
import { ShareBar } from "./ShareBar"

export interface ReportProps {
  readonly report: LineageReport
  readonly family: AtlasReport | null
  readonly discussions: boolean
  readonly projectPage: string
  readonly ask: Ask
}

/** The answer: sentence, chip, both sides next to each other, evidence, family and repair on demand, and what it cost. */
export function Report({ report, family, discussions, projectPage, ask }: ReportProps) {
  const { cost } = report
  const numbers = {
    count: cost.requests,
    size: bytes(cost.bytes),
    weights: bytes(cost.weightBytes),
    time: duration(cost.milliseconds),
  }
  return (
    <div className="report">
      <p className="chip" data-verdict={report.verdict}>
        <span aria-hidden="true" className="icon">
          {VERDICT_ICONS[report.verdict]}
        </span>
        <span className="strong">{t(`verdict_${report.verdict}`)}</span>
        <span>{t(`verdict_means_${report.verdict}`)}</span>
      </p>
      <p className="headline">
        <Headline report={report} />
      </p>
      <div className="sides">
        <CardSays report={report} />
        <div>
          <h3>{t("panel_weights_say")}</h3>
          {report.parents.length === 0 && <p className="text">{t("panel_nothing_inferred")}</p>}
          <ul>
            {report.parents.map((parent) => (
              <ParentRow key={parent.id} parent={parent} report={report} />
            ))}
          </ul>
        </div>
      </div>
      {report.parents.length > 1 && <ShareBar parents={report.parents} />}
      <div className="drawers">
        <EvidenceDrawer report={report} />
        <Licences report={report} family={family} />
        <Relatives report={report} family={family} ask={ask} />
        {/* A draft belongs to the answer that it was made from. */}
        <Repair key={`${report.model}@${report.revision} ${report.verdict}`} report={report} discussions={discussions} ask={ask} />
      </div>
      <Actions report={report} projectPage={projectPage} ask={ask} />
      <p className="quiet">{t("panel_weights", { text: weightsText(report.weights) })}</p>
      <p className="quiet">
        {t("panel_cost", numbers)}
        {cost.provider && ` · ${cost.provider === "webgpu" ? "WebGPU" : "WebAssembly"}`}
        {" · "}
        <Say text={t("panel_commit")} fill={{ sha: <code>{report.revision.slice(0, 8)}</code> }} />
      </p>
    </div>
  )
}
