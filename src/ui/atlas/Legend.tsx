import type { AtlasReport } from "~src/app/report"
import { RELATIONS, type Verdict } from "~src/core/words"
import { code, t } from "../i18n"
import { VERDICT_ICONS } from "../wording"
import { EDGE_STYLES } from "./edge-style"

const VERDICTS = Object.keys(VERDICT_ICONS) as Verdict[]

/** What lines, frames and signs mean; only those that are in the picture. */
export function Legend({ atlas, current }: { atlas: AtlasReport; current: string }) {
  const relations = RELATIONS.filter((relation) => atlas.edges.some((edge) => edge.relation === relation))
  const joined = new Set(atlas.edges.flatMap(({ parent, child }) => [parent, child]))
  const undeclared = atlas.edges.some((edge) => !edge.declared)
  const verdicts = VERDICTS.filter((verdict) => atlas.nodes.some((node) => !node.ghost && node.verdict === verdict))
  return (
    <ul className="legend" aria-label={t("atlas_legend")}>
      {relations.map((relation) => (
        <li key={relation} title={t(`relation_means_${code(relation)}`)}>
          <svg className="atlas" width={26} height={10} aria-hidden="true">
            <g className="edge" data-group={EDGE_STYLES[relation].group}>
              <path className="line" d="M1,5H25" strokeDasharray={EDGE_STYLES[relation].dash} />
            </g>
          </svg>
          {t(`relation_${code(relation)}`)}
        </li>
      ))}
      {undeclared && (
        <li>
          <svg className="atlas" width={26} height={10} aria-hidden="true">
            <g className="edge">
              <path className="halo" d="M1,5H25" />
            </g>
          </svg>
          + {t("atlas_undocumented")}
        </li>
      )}
      {relations.length > 0 && atlas.nodes.some(({ id }) => !joined.has(id)) && <li>{t("atlas_no_line")}</li>}
      {atlas.nodes.some((node) => node.id === current) && <li className="frame current">{t("atlas_current")}</li>}
      {atlas.nodes.some((node) => node.ghost) && <li className="frame">{t("atlas_ghost")}</li>}
      {verdicts.map((verdict) => (
        <li key={verdict} title={t(`verdict_means_${verdict}`)} data-verdict={verdict}>
          <b aria-hidden="true">{VERDICT_ICONS[verdict]}</b>
          {t(`verdict_${verdict}`)}
        </li>
      ))}
    </ul>
  )
}
