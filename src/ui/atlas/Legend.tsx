import type { AtlasReport } from "~src/app/report"
import { RELATIONS } from "~src/core/words"
import { ATLAS, RELATION_WORDS } from "../wording"
import { EDGE_STYLES } from "./edge-style"

/** What the lines mean; only those that are in the picture. */
export function Legend({ atlas }: { atlas: AtlasReport }) {
  const used = RELATIONS.filter((relation) => atlas.edges.some((edge) => edge.relation === relation))
  const undeclared = atlas.edges.some((edge) => !edge.declared)
  if (used.length === 0) return null
  return (
    <ul className="legend" aria-label={ATLAS.legend}>
      {used.map((relation) => (
        <li key={relation} title={RELATION_WORDS[relation].means}>
          <svg className="atlas" width={30} height={10} aria-hidden="true">
            <g className="edge" data-group={EDGE_STYLES[relation].group}>
              <path className="line" d="M1,5H29" strokeDasharray={EDGE_STYLES[relation].dash} />
            </g>
          </svg>
          {RELATION_WORDS[relation].word}
        </li>
      ))}
      {undeclared && (
        <li>
          <svg className="atlas" width={30} height={10} aria-hidden="true">
            <g className="edge">
              <path className="halo" d="M1,5H29" />
            </g>
          </svg>
          + {ATLAS.undocumented}
        </li>
      )}
      {atlas.nodes.some((node) => node.ghost) && <li className="ghost">{ATLAS.ghost}</li>}
    </ul>
  )
}
