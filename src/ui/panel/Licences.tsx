import { type LicenceFlow, licenceFlow } from "~src/app/licence-flow"
import type { AtlasReport, LineageReport } from "~src/app/report"
import type { Condition } from "~src/atlas/licences"
import { plain } from "~src/hub/ids"
import { list } from "../format"
import { code, t } from "../i18n"
import { Name, Say } from "../parts"
import { Drawer } from "./Drawer"
import { worded } from "./Relatives"
import { RowList } from "./Rows"

const words = (conditions: readonly Condition[]): string => list(conditions.map((condition) => t(`condition_${code(condition)}`)))

/** Licences and access up the line; nothing where no ancestor is known. */
export function Licences({ report, family }: { report: LineageReport; family: AtlasReport | null }) {
  const { own, ancestors, imputed } = licenceFlow(report, family)
  if (ancestors.length === 0) return null
  const broader = ancestors.filter(({ dropped }) => dropped.length > 0)
  const notes = broader.length + ancestors.filter(({ access }) => access !== "open").length
  return (
    <Drawer title={notes > 0 ? t("panel_licences_notes", { count: notes }) : t("panel_licences")}>
      {broader.map(({ id, license, dropped }) => (
        <p key={id} className="text note">
          <Say
            text={t("panel_licence_broader", { own: own ?? "", license: license ?? "", conditions: words(dropped) })}
            fill={{ name: <Name id={id} /> }}
          />
        </p>
      ))}
      <RowList>
        <li>
          {t("panel_licence_own")} <Own own={own} imputed={imputed} />
        </li>
        {ancestors.map(({ id, license, access, by }) => (
          <li key={id}>
            <Name id={id} /> <span className="quiet">{license === null ? t("panel_licence_none") : plain(license, 60)}</span>
            {access !== "open" && <span className="tag">{t(`access_${access}`)}</span>}
            {by === "card" && <span className="tag">{t("panel_by_card")}</span>}
          </li>
        ))}
      </RowList>
      <p className="quiet">{t("panel_licence_note")}</p>
    </Drawer>
  )
}

/** A guess is never shown as if the card said it. */
function Own({ own, imputed }: Pick<LicenceFlow, "own" | "imputed">) {
  if (own !== null) return <span>{plain(own, 60)}</span>
  const { license } = imputed
  if (!license) return <span>{t("panel_licence_none")}</span>
  return <span className="guess">{t("panel_licence_imputed", { guess: worded(license) })}</span>
}
