import { code, t } from "../i18n"
import { VERDICT_ICONS } from "../wording"
import { EDGE_STYLES } from "./edge-style"
import { CARD, cutName, cutOwner, type Layout, LEVEL, nameOf, type PlacedEdge, type PlacedNode } from "./layout"

export interface DrawingProps {
  readonly layout: Layout
  /** The model in the active tab. */
  readonly current: string | null
  /** The model that the keyboard stands on. */
  readonly focused?: string | null
  readonly onOpen?: (id: string) => void
}

/** The family as SVG groups; whoever draws it brings the `svg` element and the style sheet. */
export function Drawing({ layout, current, focused = null, onOpen }: DrawingProps) {
  return (
    <g className="atlas">
      {layout.edges.map((placed) => (
        <Line key={keyOf(placed)} placed={placed} />
      ))}
      {layout.edges.map((placed) => (
        <Label key={keyOf(placed)} placed={placed} />
      ))}
      {layout.nodes.map((placed) => (
        <Node
          key={placed.node.id}
          placed={placed}
          width={layout.cardWidth}
          current={placed.node.id === current}
          focused={placed.node.id === focused}
          {...(onOpen && !placed.node.ghost ? { onOpen: () => onOpen(placed.node.id) } : {})}
        />
      ))}
    </g>
  )
}

const keyOf = ({ edge }: PlacedEdge): string => `${edge.parent} ${edge.child}`

function Line({ placed: { edge, points } }: { placed: PlacedEdge }) {
  const { group, dash } = EDGE_STYLES[edge.relation]
  const path = pathOf(points)
  return (
    <g className="edge" data-group={group} data-declared={edge.declared} data-child={edge.child}>
      {!edge.declared && <path className="halo" d={path} />}
      <path className="line" d={path} strokeDasharray={dash} />
    </g>
  )
}

/** On the level end of the line, beside the child's card. */
function Label({ placed: { edge, points } }: { placed: PlacedEdge }) {
  const [x, y] = points.at(-1) ?? [0, 0]
  const share = edge.relation === "merge" && edge.share < 1 ? ` ${Math.round(edge.share * 100)} %` : ""
  return (
    <text className="label" data-declared={edge.declared} x={round(x - 6)} y={round(y - 4)} textAnchor="end">
      {edge.declared ? "" : "+ "}
      {t(`relation_label_${code(edge.relation)}`)}
      {share}
    </text>
  )
}

/** Curves between the columns, level through them and before the cards. */
function pathOf(points: PlacedEdge["points"]): string {
  return points
    .map(([x, y], index) => {
      const [x0, y0] = points[index - 1] ?? [x, y]
      if (index === 0) return `M${round(x)},${round(y)}`
      if (index % 2 === 0) return `H${round(x)}`
      const end = x - LEVEL
      const bend = round((x0 + end) / 2)
      return `C${bend},${round(y0)} ${bend},${round(y)} ${round(end)},${round(y)}H${round(x)}`
    })
    .join("")
}

interface NodeProps {
  readonly placed: PlacedNode
  readonly width: number
  readonly current: boolean
  readonly focused: boolean
  readonly onOpen?: () => void
}

function Node({ placed: { node, x, y }, width, current, focused, onOpen }: NodeProps) {
  const owner = node.id.slice(0, Math.max(0, node.id.indexOf("/")))
  return (
    // The list beside the drawing is what the keyboard and screen readers use; this is its picture.
    // biome-ignore lint/a11y/noStaticElementInteractions: a pointer shortcut for what the list offers to everyone
    <g
      className="node"
      transform={`translate(${round(x)},${round(y)})`}
      data-id={node.id}
      data-ghost={node.ghost}
      data-current={current}
      data-focused={focused}
      data-verdict={node.verdict}
      onClick={onOpen}
    >
      <title>{current ? `${node.id} (${t("atlas_current")})` : node.id}</title>
      <rect width={width} height={CARD.height} rx={6} />
      <text className="owner" x={9} y={14}>
        {node.ghost ? t("atlas_ghost") : cutOwner(owner, width)}
      </text>
      <text className="id" x={9} y={28}>
        {cutName(nameOf(node), width)}
      </text>
      {!node.ghost && (
        <text className="verdict" x={width - 8} y={14} textAnchor="end">
          {VERDICT_ICONS[node.verdict]}
        </text>
      )}
    </g>
  )
}

const round = (value: number): number => Math.round(value * 1000) / 1000
