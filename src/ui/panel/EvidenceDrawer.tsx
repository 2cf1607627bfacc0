import type { LineageReport, Parent } from "~src/app/report"
import { plain } from "~src/hub/ids"
import { percent } from "../format"
import { t } from "../i18n"
import { Name, Say } from "../parts"
import { noteLabel, unreadText } from "../sentences"
import { whatWouldChange } from "./changes"
import { Drawer } from "./Drawer"
import { EvidenceList } from "./EvidenceList"
import { FileFacts } from "./FileFacts"
import { Pictures } from "./pictures/Pictures"
import { RowList, Rows } from "./Rows"

/** Statements of the files shown. */
const SHOWN = 40

/** Why the answer is what it is: evidence for and against beside the control, pictures, files, what was compared and what was not. */
export function EvidenceDrawer({ report }: { report: LineageReport }) {
  const { parents, control, weights, files = [], sharedInit, compared, notCompared, notRead = 0 } = report
  return (
    <Drawer title={t("panel_why")}>
      {parents.map((parent, index) => (
        <ParentEvidence key={parent.id} parent={parent} control={index === 0 ? control : null} />
      ))}
      {parents.length === 0 && control && <Control control={control} />}
      {sharedInit.length > 0 && (
        <div>
          <h3>{t("panel_shared_init")}</h3>
          <p className="text">{t("panel_shared_init_hint")}</p>
          <Rows rows={sharedInit.map((id) => ({ id, text: "" }))} />
        </div>
      )}
      {files.length > 0 && (
        <div>
          <h3>{t("panel_files")}</h3>
          <FileFacts id={report.model} revision={report.revision} files={files} />
        </div>
      )}
      {weights.notes.length > 0 && (
        <div>
          <h3>{t("panel_files_state")}</h3>
          <RowList>
            {weights.notes.slice(0, SHOWN).map(([label, text]) => (
              <li key={label + text}>
                <span dir="auto">{noteLabel(label)}</span>:{" "}
                <span className="quiet" dir="auto">
                  {plain(text, 300)}
                </span>
              </li>
            ))}
          </RowList>
        </div>
      )}
      {compared.length > 0 && (
        <div>
          <h3>{t("panel_compared", { count: compared.length })}</h3>
          <Rows rows={compared.map(({ id, related }) => ({ id, text: t("panel_compared_row", { percent: percent(related) }) }))} />
        </div>
      )}
      {notCompared.length > 0 && (
        <div>
          <h3>{t("panel_not_compared")}</h3>
          <Rows rows={notCompared.map((one) => ({ id: one.id, text: unreadText(one) }))} />
        </div>
      )}
      {notRead > 0 && <p className="text">{t("panel_not_read", { count: notRead })}</p>}
      <h3>{t("panel_change")}</h3>
      <ul className="bullets">
        {whatWouldChange(report).map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </Drawer>
  )
}

function ParentEvidence({ parent, control }: { parent: Parent; control: LineageReport["control"] }) {
  return (
    <div>
      <div className="beside">
        <div>
          <h3>
            <Say text={t("panel_why_parent")} fill={{ name: <Name id={parent.id} ghost={parent.ghost} /> }} />
          </h3>
          <EvidenceList items={parent.evidence} />
        </div>
        {control && <Control control={control} />}
      </div>
      <Pictures parent={parent} />
      {parent.files && parent.files.length > 0 && (
        <div>
          <h3>
            <Say text={t("panel_files_of")} fill={{ name: <Name id={parent.readThrough?.id ?? parent.id} /> }} />
          </h3>
          <FileFacts
            id={parent.readThrough?.id ?? parent.id}
            revision={parent.readThrough?.revision ?? parent.revision}
            files={parent.files}
          />
        </div>
      )}
    </div>
  )
}

function Control({ control }: { control: NonNullable<LineageReport["control"]> }) {
  return (
    <div className="control">
      <h3>{t("panel_control")}</h3>
      <EvidenceList items={[control]} />
    </div>
  )
}
