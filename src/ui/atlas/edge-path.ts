import type { AtlasNode } from "~src/app/report"
import { type Layout, LEVEL, middleOf, type PlacedEdge } from "./layout-types"

/** The corner of a falling line. */
const CORNER = 8
/** Length of a turn between rows. */
const TURN = 44

/** A line as SVG path data, which canvases read too: curves between the columns, level through them and before the cards. */
export function edgePath({ points, drops }: PlacedEdge, axis: Layout["axis"]): string {
  const [[x0, y0], [x1, y1]] = [points[0] ?? [0, 0], points.at(-1) ?? [0, 0]]
  if (axis === "free") return `M${round(x0)},${round(y0)}L${round(x1)},${round(y1)}`
  if (drops) {
    const [down, along] = [
      Math.sign(y1 - y0) * Math.min(CORNER, Math.abs(y1 - y0)),
      Math.sign(x1 - x0) * Math.min(CORNER, Math.abs(x1 - x0)),
    ]
    return `M${round(x0)},${round(y0)}V${round(y1 - down)}Q${round(x0)},${round(y1)} ${round(x0 + along)},${round(y1)}H${round(x1)}`
  }
  return points
    .map(([x, y], index) => {
      const [fromX, fromY] = points[index - 1] ?? [x, y]
      if (index === 0) return `M${round(x)},${round(y)}`
      if (index % 2 === 0) return `H${round(x)}`
      // Along dates a line turns into the child's row at once, which is kept clear for it; generations have a gap for the turn.
      const end = axis === "date" ? Math.min(x, fromX + TURN) : x - Math.min(LEVEL, (x - fromX) * 0.6)
      const bend = round((fromX + end) / 2)
      return `C${bend},${round(fromY)} ${bend},${round(y)} ${round(end)},${round(y)}H${round(x)}`
    })
    .join("")
}

/** So many are drawn: the cards of a hostile file could name everybody. */
const MOST_CLAIMS = 2000

/** Base models that cards name and weights do not show, where both are in the drawing: from the one named to the one that names it. */
export function claimPaths(layout: Layout): { readonly key: string; readonly path: string }[] {
  const placed = new Map(layout.nodes.map((one) => [one.node.id, one]))
  const shown = new Set(layout.edges.map(({ edge }) => keyOf(edge)))
  const claims: { key: string; path: string }[] = []
  for (const child of layout.nodes) {
    for (const parent of namedOnce(child.node)) {
      const key = keyOf({ parent, child: child.node.id })
      const from = placed.get(parent)
      if (!from || shown.has(key) || parent === child.node.id) continue
      const [[x0, y0], [x1, y1]] = [middleOf(layout, from), middleOf(layout, child)]
      claims.push({ key, path: `M${round(x0)},${round(y0)}L${round(x1)},${round(y1)}` })
      if (claims.length === MOST_CLAIMS) return claims
    }
  }
  return claims
}

/** Messages from an older worker have nodes without the list. */
export const namedOnce = ({ declared }: AtlasNode): string[] => [...new Set((declared ?? []).map(({ id }) => id))]

export const keyOf = ({ parent, child }: { readonly parent: string; readonly child: string }): string => `${parent} ${child}`

export const round = (value: number): number => Math.round(value * 1000) / 1000
