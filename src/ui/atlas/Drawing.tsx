import { ATLAS, CHIPS, RELATION_WORDS } from "../wording"
import { EDGE_STYLES } from "./edge-style"
import { CARD, type Layout, type PlacedEdge, type PlacedNode } from "./layout"

export interface DrawingProps {
  readonly layout: Layout
  /** The model in the active tab. */
  readonly current: string | null
  /** The model that the keyboard stands on. */
  readonly focused?: string | null
  readonly onOpen?: (id: string) => void
}

/** Letters of the monospaced label that fit on a card. */
const LETTERS = 23

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
    <g className="edge" data-group={group} data-declared={edge.declared}>
      {!edge.declared && <path className="halo" d={path} />}
      <path className="line" d={path} strokeDasharray={dash} />
    </g>
  )
}

/** Beside the child's card, above all lines. */
function Label({ placed: { edge, points } }: { placed: PlacedEdge }) {
  const [x, y] = points.at(-1) ?? [0, 0]
  const share = edge.relation === "merge" && edge.share < 1 ? ` ${Math.round(edge.share * 100)} %` : ""
  return (
    <text className="label" data-declared={edge.declared} x={round(x - 8)} y={round(y - 4)} textAnchor="end">
      {edge.declared ? "" : "+ "}
      {RELATION_WORDS[edge.relation].word}
      {share}
    </text>
  )
}

/** Curves between the columns, level through them. */
function pathOf(points: PlacedEdge["points"]): string {
  return points
    .map(([x, y], index) => {
      const [x0, y0] = points[index - 1] ?? [x, y]
      if (index === 0) return `M${round(x)},${round(y)}`
      if (index % 2 === 0) return `H${round(x)}`
      const bend = round((x0 + x) / 2)
      return `C${bend},${round(y0)} ${bend},${round(y)} ${round(x)},${round(y)}`
    })
    .join("")
}

function Node({ placed, current, focused, onOpen }: { placed: PlacedNode; current: boolean; focused: boolean; onOpen?: () => void }) {
  const { node, x, y } = placed
  const slash = node.ghost ? -1 : node.id.indexOf("/")
  const owner = node.id.slice(0, Math.max(0, slash))
  const name = node.id.slice(slash + 1)
  const chip = CHIPS[node.verdict]
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
      <title>{current ? `${node.id} (${ATLAS.current})` : node.id}</title>
      <rect width={CARD.width} height={CARD.height} rx={8} />
      <text className="owner" x={10} y={17}>
        {node.ghost ? ATLAS.ghost : cut(owner)}
      </text>
      <text className="id" x={10} y={34}>
        {cut(name)}
      </text>
      {!node.ghost && (
        <text className="verdict" x={CARD.width - 10} y={17} textAnchor="end">
          {current ? "● " : ""}
          {chip.icon}
        </text>
      )}
    </g>
  )
}

const cut = (text: string): string => (text.length > LETTERS ? `${text.slice(0, LETTERS - 1)}…` : text)
const round = (value: number): number => Math.round(value * 1000) / 1000
