import type { CSSProperties } from "react"
import { VERDICT_ICONS } from "../wording"
import type { NodeShapeProps } from "./Drawing"
import { round } from "./edge-path"
import { CARD, cutName, cutOwner, MARK, markRadius, TEXT_X } from "./layout-types"
import { cardLines } from "./words"

/** What stands on a card: the mark of size and colour, owner and name, the verdict's sign. */
export function NodeCard({ placed: { node }, layout: { cardWidth }, colour, value, current }: NodeShapeProps) {
  const [small, large] = cardLines(node, value)
  return (
    <>
      {node.members && <rect className="under" x={4} y={4} width={cardWidth} height={CARD.height} rx={6} />}
      <rect className="card" width={cardWidth} height={CARD.height} rx={6} />
      <circle
        className="mark"
        cx={MARK.x}
        cy={MARK.y}
        r={round(markRadius(node))}
        style={{ "--mark": `var(--${colour})` } as CSSProperties}
      />
      <text className="owner" x={TEXT_X} y={14}>
        {cutOwner(small, cardWidth)}
      </text>
      <text className="id" x={TEXT_X} y={28}>
        {cutName(large, cardWidth)}
      </text>
      {!node.ghost && !node.members && (
        <text className="verdict" x={cardWidth - 8} y={14} textAnchor="end">
          {node.access ? `⚿ ${VERDICT_ICONS[node.verdict]}` : VERDICT_ICONS[node.verdict]}
        </text>
      )}
      {current && <rect className="ring" x={-3} y={-3} width={cardWidth + 6} height={CARD.height + 6} rx={8} />}
    </>
  )
}
