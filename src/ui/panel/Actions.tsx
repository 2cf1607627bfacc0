import type { LineageReport } from "~src/app/report"
import { t } from "../i18n"
import { wrongUrl } from "../links"
import { reportText } from "./as-text"
import type { Ask } from "./ask"
import { CopyButton } from "./CopyButton"

/** Takes the answer elsewhere: as text, as a claim that others can check, or to those who make this program. */
export function Actions({ report, projectPage, ask }: { report: LineageReport; projectPage: string; ask: Ask }) {
  const claim = async () => {
    const reply = await ask({ type: "claim", model: report.model })
    return reply.type === "claim" ? reply.json : null
  }
  return (
    <div className="actions">
      <CopyButton label={t("panel_copy_text")} text={async () => reportText(report)} />
      <CopyButton label={t("panel_copy_claim")} text={claim} />
      <a href={wrongUrl(report, projectPage)} target="_blank" rel="noreferrer" title={t("panel_wrong_hint")}>
        {t("panel_wrong")}
      </a>
    </div>
  )
}
