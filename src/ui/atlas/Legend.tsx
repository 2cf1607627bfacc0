import { memo } from "react"
import { RELATIONS, type Verdict } from "~src/core/words"
import { count } from "../format"
import { code, t } from "../i18n"
import { VERDICT_ICONS } from "../wording"
import { type Colouring, type Paint, swatches } from "./colouring"
import { claimPaths } from "./edge-path"
import { EDGE_STYLES } from "./edge-style"
import type { Layout } from "./layout-types"
import { LOCK } from "./NodeCard"
import type { ShownAtlas } from "./shown"
import { dateOf } from "./time"
import { valueWord } from "./words"

const VERDICTS = Object.keys(VERDICT_ICONS) as Verdict[]

interface LegendProps {
  readonly shown: ShownAtlas
  readonly layout: Layout
  readonly by: Colouring
  readonly paints: ReadonlyMap<string, Paint>
  readonly current: string
}

/** What lines, frames, marks and signs mean; only those that are in the picture. */
export const Legend = memo(({ shown, layout, by, paints, current }: LegendProps) => {
  const { nodes, edges } = shown
  const relations = RELATIONS.filter((relation) => edges.some((edge) => edge.relation === relation))
  const joined = new Set(edges.flatMap(({ parent, child }) => [parent, child]))
  const verdicts = VERDICTS.filter((verdict) => nodes.some((node) => !node.ghost && !node.members && node.verdict === verdict))
  const owned = by === "relation" || by === "verdict"
  return (
    <ul className="legend" aria-label={t("atlas_legend")}>
      {relations.map((relation) => (
        <li key={relation} title={t(`relation_means_${code(relation)}`)}>
          <Sample>
            <g className="edge" data-group={EDGE_STYLES[relation].group}>
              <path className="line" d="M1,5H25" strokeDasharray={EDGE_STYLES[relation].dash} />
            </g>
          </Sample>
          {t(`relation_${code(relation)}`)}
        </li>
      ))}
      {edges.some((edge) => !edge.declared) && (
        <li>
          <Sample>
            <g className="edge">
              <path className="halo" d="M1,5H25" />
            </g>
          </Sample>
          + {t("atlas_undocumented")}
        </li>
      )}
      {claimPaths(layout).length > 0 && (
        <li>
          <Sample>
            <path className="claim" d="M1,5H25" />
          </Sample>
          {t("atlas_claimed")}
        </li>
      )}
      {edges.some((edge) => edge.imported) && <li>⇣ {t("atlas_imported")}</li>}
      {relations.length > 0 && nodes.some(({ id, isNamed }) => !isNamed && !joined.has(id)) && <li>{t("atlas_no_line")}</li>}
      {nodes.some((node) => node.id === current) && <li className="frame current">{t("atlas_current")}</li>}
      {nodes.some((node) => node.ghost && !node.isNamed) && <li className="frame">{t("atlas_ghost")}</li>}
      {nodes.some((node) => node.isNamed) && <li className="frame">{t("atlas_named")}</li>}
      {verdicts.map((verdict) => (
        <li key={verdict} title={t(`verdict_means_${verdict}`)} data-verdict={verdict}>
          <b aria-hidden="true">{VERDICT_ICONS[verdict]}</b>
          {t(`verdict_${verdict}`)}
        </li>
      ))}
      {nodes.some((node) => node.access) && (
        <li>
          <Sample width={9}>
            <path className="lock" d={LOCK} />
          </Sample>
          {t("atlas_access")}
        </li>
      )}
      {!owned &&
        swatches(paints).map(({ colour, from, to, nodes: number }) => (
          <li key={`${colour} ${from}`}>
            <Sample width={12}>
              <circle className="mark" cx={6} cy={5} r={4.5} style={{ "--mark": `var(--${colour})` } as React.CSSProperties} />
            </Sample>
            <bdi>{spanOf(by, colour === "none", from, to)}</bdi> ({count(number)})
          </li>
        ))}
      <li>{t("atlas_size")}</li>
      {layout.axis === "date" && nodes.some((node) => dateOf(node) === null) && <li>{t("atlas_undated")}</li>}
      {layout.axis === "free" && <li>{t("atlas_free_note")}</li>}
    </ul>
  )
})

/** The values that share a colour: one, a span of dates, or the rest. */
function spanOf(by: Colouring, isRest: boolean, from: string | null, to: string | null): string {
  if (isRest && from !== null) return t("atlas_rest")
  return from === to ? valueWord(by, from) : `${valueWord(by, from)} – ${valueWord(by, to)}`
}

function Sample({ width = 26, children }: { width?: number; children: React.ReactNode }) {
  return (
    <svg className="atlas" width={width} height={10} aria-hidden="true">
      {children}
    </svg>
  )
}
