import type { AtlasReport } from "~src/app/report"
import { RELATIONS, type Verdict } from "~src/core/words"
import { ATLAS, CHIPS, RELATION_WORDS } from "../wording"
import { EDGE_STYLES } from "./edge-style"

const VERDICTS = Object.keys(CHIPS) as Verdict[]

/** What lines, frames and signs mean; only those that are in the picture. */
export function Legend({ atlas, current }: { atlas: AtlasReport; current: string }) {
  const relations = RELATIONS.filter((relation) => atlas.edges.some((edge) => edge.relation === relation))
  const joined = new Set(atlas.edges.flatMap(({ parent, child }) => [parent, child]))
  const undeclared = atlas.edges.some((edge) => !edge.declared)
  const verdicts = VERDICTS.filter((verdict) => atlas.nodes.some((node) => !node.ghost && node.verdict === verdict))
  return (
    <ul className="legend" aria-label={ATLAS.legend}>
      {relations.map((relation) => (
        <li key={relation} title={RELATION_WORDS[relation].means}>
          <svg className="atlas" width={26} height={10} aria-hidden="true">
            <g className="edge" data-group={EDGE_STYLES[relation].group}>
              <path className="line" d="M1,5H25" strokeDasharray={EDGE_STYLES[relation].dash} />
            </g>
          </svg>
          {RELATION_WORDS[relation].word}
        </li>
      ))}
      {undeclared && (
        <li>
          <svg className="atlas" width={26} height={10} aria-hidden="true">
            <g className="edge">
              <path className="halo" d="M1,5H25" />
            </g>
          </svg>
          + {ATLAS.undocumented}
        </li>
      )}
      {relations.length > 0 && atlas.nodes.some(({ id }) => !joined.has(id)) && <li>{ATLAS.noLine}</li>}
      {atlas.nodes.some((node) => node.id === current) && <li className="frame current">{ATLAS.current}</li>}
      {atlas.nodes.some((node) => node.ghost) && <li className="frame">{ATLAS.ghost}</li>}
      {verdicts.map((verdict) => (
        <li key={verdict} title={CHIPS[verdict].means} data-verdict={verdict}>
          <b aria-hidden="true">{CHIPS[verdict].icon}</b>
          {CHIPS[verdict].word.toLowerCase()}
        </li>
      ))}
    </ul>
  )
}
