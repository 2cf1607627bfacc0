import { useState } from "react"
import { type Relative, relatives } from "~src/app/relatives"
import type { AtlasReport, LineageReport, Neighbour } from "~src/app/report"
import { type Attribute, type Imputed, impute } from "~src/atlas/impute"
import { plain } from "~src/hub/ids"
import { list, percent } from "../format"
import { code, t } from "../i18n"
import type { Ask } from "./ask"
import { Drawer } from "./Drawer"
import { RowList, Rows } from "./Rows"

/** Children found, and the models whose weights are nearest among those compared now and all that are known here, each with how it is related. */
export function Relatives({ report, family, ask }: { report: LineageReport; family: AtlasReport | null; ask: Ask }) {
  /** What is known of earlier visits; null until somebody looks. */
  const [known, setKnown] = useState<readonly Neighbour[] | "busy" | null>(null)
  const all = relatives(report, family, known === "busy" || known === null ? [] : known)
  const guesses = family ? Object.entries(impute(family, report.model)) : []
  const look = () => {
    if (known !== null) return
    setKnown("busy")
    // What an earlier visit found is an extra: without it the rest stands.
    void ask({ type: "known", model: report.model }).then((reply) => setKnown(reply.type === "known" ? reply.near : []))
  }
  const children = all.filter(({ kin }) => kin === "child")
  const near = all.filter(({ kin }) => kin !== "child")
  return (
    <Drawer title={all.length > 0 ? t("panel_relatives", { all: all.length }) : t("panel_similar")} onOpen={look}>
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
      <div role="status">
        {known === "busy" && <p className="quiet">{t("panel_busy")}</p>}
        {known !== "busy" && known !== null && all.length === 0 && <p className="text">{t("panel_relatives_none")}</p>}
      </div>
      {guesses.length > 0 && (
        <>
          <h3>{t("panel_imputed")}</h3>
          <RowList>
            {guesses.map(([attribute, guess]) => (
              <li key={attribute}>
                {t(`attribute_${attribute as Attribute}`)}: <span className="guess">{worded(guess)}</span>
              </li>
            ))}
          </RowList>
        </>
      )}
    </Drawer>
  )
}

/** A guess with its probability and those whose cards it comes from. */
export function worded({ value, probability, from }: Imputed): string {
  return t("panel_imputed_row", { value: plain(value, 60), percent: percent(probability), names: list(from.map((id) => plain(id, 100))) })
}

function describe({ kin, relation, probability, update }: Relative): string {
  return [
    relation === null ? t(`kin_${kin}`) : t(`relation_${code(relation)}`),
    ...(probability === null ? [] : [percent(probability)]),
    ...(update === null ? [] : [t("panel_differs", { percent: percent(update) })]),
  ].join(" · ")
}
