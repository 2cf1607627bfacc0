import { memo, useMemo } from "react"
import { claimPaths, edgePath, keyOf, round } from "./edge-path"
import { EDGE_STYLES } from "./edge-style"
import { CARD, cutName, FEW, type Layout, MARK, middleOf, type PlacedEdge } from "./layout-types"
import type { Look } from "./look"
import { NodeCard, type NodeShapeProps } from "./NodeCard"
import { cardLines, edgeLabel, titleOf } from "./words"

interface DrawingProps {
  readonly layout: Layout
  readonly look: Look
}

/** The family as SVG groups; whoever draws it brings the `svg` element and the style sheet. */
export const Drawing = memo(({ layout, look }: DrawingProps) => {
  const claims = useMemo(() => claimPaths(layout), [layout])
  const { unborn, matches, path, paints } = look
  // Relation and verdict have a sign of their own on the card.
  const written = look.by !== "relation" && look.by !== "verdict"
  const gone = ({ edge }: PlacedEdge) => unborn.has(edge.parent) || unborn.has(edge.child)
  const faint = ({ edge }: PlacedEdge) => matches !== null && !matches.has(edge.child) && !matches.has(edge.parent)
  return (
    <g className="atlas" data-axis={layout.axis}>
      <Ticks layout={layout} />
      {claims.map((claim) => (
        <path key={claim.key} className="claim" d={claim.path} />
      ))}
      {layout.edges.map(
        (placed) =>
          !gone(placed) && (
            <Line
              key={keyOf(placed.edge)}
              placed={placed}
              axis={layout.axis}
              faint={faint(placed)}
              path={path?.edges.has(keyOf(placed.edge)) ?? false}
            />
          ),
      )}
      {layout.nodes.map(
        (placed) =>
          !unborn.has(placed.node.id) && (
            <NodeShape
              key={placed.node.id}
              placed={placed}
              layout={layout}
              colour={paints.get(placed.node.id)?.colour ?? "none"}
              value={written ? (paints.get(placed.node.id)?.value ?? null) : null}
              current={placed.node.id === look.current}
              focused={placed.node.id === look.focused}
              faint={matches !== null && !matches.has(placed.node.id)}
              path={path?.nodes.has(placed.node.id) ?? false}
            />
          ),
      )}
    </g>
  )
})

const Ticks = memo(({ layout }: { layout: Layout }) => (
  <g className="ticks">
    {layout.ticks.map(([x, text]) => (
      <g key={text} transform={`translate(${round(x)},${round(layout.top)})`}>
        <line y1={18} y2={round(layout.height)} />
        <text y={14}>{text}</text>
      </g>
    ))}
  </g>
))

interface LineProps {
  readonly placed: PlacedEdge
  readonly axis: Layout["axis"]
  readonly faint: boolean
  readonly path: boolean
}

const Line = memo(({ placed, axis, faint, path }: LineProps) => {
  const { edge, points } = placed
  const { group, dash } = EDGE_STYLES[edge.relation]
  const line = edgePath(placed, axis)
  const [x, y] = points.at(-1) ?? [0, 0]
  return (
    <g className="edge" data-group={group} data-declared={edge.declared} data-child={edge.child} data-faint={faint} data-path={path}>
      {!edge.declared && <path className="halo" d={line} />}
      <path className="line" d={line} strokeDasharray={dash} />
      {axis !== "free" && !placed.drops && (
        // On the level end of the line, beside the child's card.
        <text className="label" data-declared={edge.declared} x={round(x - 6)} y={round(y - 4)} textAnchor="end">
          {edgeLabel(edge)}
        </text>
      )}
    </g>
  )
})

/** A card, or the mark alone where there is no room for cards. */
const NodeShape = memo((props: NodeShapeProps) => {
  const { placed, layout, current, focused, faint, path } = props
  const { node, x, y } = placed
  return (
    <g
      className="node"
      transform={`translate(${round(x)},${round(y)})`}
      data-id={node.id}
      data-ghost={node.ghost}
      data-current={current}
      data-focused={focused}
      data-faint={faint}
      data-path={path}
      data-verdict={node.verdict}
    >
      {layout.cardWidth > 0 ? <NodeCard {...props} /> : <Mark {...props} x={middleOf(layout, placed)[0] - x} />}
    </g>
  )
})

function Mark({ placed, layout, colour, current, x }: NodeShapeProps & { x: number }) {
  return (
    <>
      {current && <circle className="ring" cx={round(x)} cy={round(x)} r={round(x + 4)} />}
      <circle className="mark" cx={round(x)} cy={round(x)} r={round(x)} style={{ "--mark": `var(--${colour})` } as React.CSSProperties} />
      {(current || layout.nodes.length <= FEW || x > MARK.most * 0.8) && (
        <text className="id" x={round(2 * x + 5)} y={round(x + 4)}>
          {layout.nodes.length <= FEW ? cutName(cardLines(placed.node, null)[1], CARD.maxWidth) : titleOf(placed.node)}
        </text>
      )}
    </>
  )
}
