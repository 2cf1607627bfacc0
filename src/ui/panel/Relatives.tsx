import { type Relative, relatives } from "~src/app/relatives"
import type { AtlasReport, LineageReport } from "~src/app/report"
import { percent } from "../format"
import { code, t } from "../i18n"
import { Drawer } from "./Drawer"
import { Rows } from "./Rows"

/** Children found, and the models whose weights are nearest among those compared, each with how it is related. */
export function Relatives({ report, family }: { report: LineageReport; family: AtlasReport | null }) {
  const all = relatives(report, family)
  if (all.length === 0) return null
  const children = all.filter(({ kin }) => kin === "child")
  const near = all.filter(({ kin }) => kin !== "child")
  return (
    <Drawer title={t("panel_relatives", { all: all.length })}>
      {children.length > 0 && (
        <>
          <h3>{t("panel_children")}</h3>
          <Rows rows={children.map((one) => ({ id: one.id, text: describe(one) }))} />
        </>
      )}
      {near.length > 0 && (
        <>
          <h3>{t("panel_near")}</h3>
          <Rows rows={near.map((one) => ({ id: one.id, text: describe(one) }))} />
          <p className="quiet">{t("panel_near_hint")}</p>
        </>
      )}
    </Drawer>
  )
}

function describe({ kin, relation, probability, update }: Relative): string {
  return [
    relation === null ? t(`kin_${kin}`) : t(`relation_${code(relation)}`),
    ...(probability === null ? [] : [percent(probability)]),
    ...(update === null ? [] : [t("panel_differs", { percent: percent(update) })]),
  ].join(" · ")
}
