import type { CSSProperties } from "react"
import type { Colour } from "../theme"
import { VERDICT_ICONS } from "../wording"
import { round } from "./edge-path"
import { CARD, cutName, cutOwner, type Layout, MARK, markRadius, type PlacedNode, TEXT_X } from "./layout-types"
import { cardLines } from "./words"

export interface NodeShapeProps {
  readonly placed: PlacedNode
  readonly layout: Layout
  readonly colour: Colour
  /** What the colour stands for, where the card has no sign for it. */
  readonly value: string | null
  readonly current: boolean
  readonly focused: boolean
  readonly faint: boolean
  readonly path: boolean
}

/** A padlock of 8 by 10 px: not everybody can read the model. */
export const LOCK = "M0,4.5H8V10H0ZM1.5,4.5V3A2.5,2.5 0 0 1 6.5,3V4.5"

/** What stands on a card: the mark of size and colour, owner and name, the verdict's sign. */
export function NodeCard({ placed: { node }, layout: { cardWidth }, colour, value, current }: NodeShapeProps) {
  const [small, large] = cardLines(node, value)
  return (
    <>
      {node.members && !node.isOpen && <rect className="under" x={4} y={4} width={cardWidth} height={CARD.height} rx={6} />}
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
          {VERDICT_ICONS[node.verdict]}
        </text>
      )}
      {node.access && <path className="lock" transform={`translate(${cardWidth - 28},5)`} d={LOCK} />}
      {current && <rect className="ring" x={-3} y={-3} width={cardWidth + 6} height={CARD.height + 6} rx={8} />}
    </>
  )
}
