import { colourOf, type ThemeName } from "../theme"
import { claimPaths, edgePath, keyOf } from "./edge-path"
import { EDGE_STYLES } from "./edge-style"
import { cutName, cutOwner, type Layout, MARK, markRadius, middleOf, type PlacedNode, sizeOf, TEXT_X } from "./layout-types"
import type { Look } from "./look"
import { cardLines, titleOf } from "./words"

/** Where the drawing lies on the canvas: point `p` of the drawing is at `p * k + (x, y)`. */
export interface Transform {
  readonly k: number
  readonly x: number
  readonly y: number
}

/** Below this scale letters cannot be read and dashes not be told apart. */
const FAR = 0.45
/** Dashes of a line many times longer than the view would cost more than all the rest. */
const LONG = 3
/** What was not searched for. */
const FAINT = 0.25

/** A line with the box round it, by which lines out of sight are left out. */
interface Stroke {
  readonly colour: Parameters<typeof colourOf>[0]
  readonly width: number
  readonly dash: readonly number[]
  readonly isFaint: boolean
  readonly path: Path2D
  readonly box: Box
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Everything of a large drawing that does not change while it is moved. */
export interface Scene {
  readonly layout: Layout
  readonly look: Look
  /** Halos first, in the order in which they are drawn. */
  readonly strokes: readonly Stroke[]
  readonly nodes: readonly PlacedNode[]
}

/** The lines and nodes of a drawing that are there at the moment. */
export function prepareScene(layout: Layout, look: Look): Scene {
  const claims = claimPaths(layout).map(({ path }): Stroke => {
    const [left = 0, top = 0, right = 0, bottom = 0] = path.match(/-?[\d.]+/g)?.map(Number) ?? []
    return stroke("quiet", 1.2, "2 4", false, path, boxOf([left, right], [top, bottom]))
  })
  const halos: Stroke[] = []
  const lines: Stroke[] = []
  for (const placed of layout.edges) {
    const { edge, points } = placed
    if (look.unborn.has(edge.child) || look.unborn.has(edge.parent)) continue
    const isFaint = look.matches !== null && !look.matches.has(edge.child) && !look.matches.has(edge.parent)
    const path = edgePath(placed, layout.axis)
    const box = boxOf(
      points.map(([x]) => x),
      points.map(([, y]) => y),
    )
    const { group, dash } = EDGE_STYLES[edge.relation]
    if (!edge.declared) halos.push(stroke("halo", 8, "", isFaint, path, box))
    lines.push(stroke(group, look.path?.edges.has(keyOf(edge)) ? 3.4 : 1.8, dash, isFaint, path, box))
  }
  return { layout, look, strokes: [...claims, ...halos, ...lines], nodes: layout.nodes.filter(({ node }) => !look.unborn.has(node.id)) }
}

function stroke(colour: Stroke["colour"], width: number, dash: string, isFaint: boolean, path: string, box: Box): Stroke {
  return { colour, width, dash: dash.split(" ").filter(Boolean).map(Number), isFaint, path: new Path2D(path), box }
}

const boxOf = (xs: readonly number[], ys: readonly number[]): Box => ({
  left: Math.min(...xs) - 5,
  right: Math.max(...xs) + 5,
  top: Math.min(...ys) - 5,
  bottom: Math.max(...ys) + 5,
})

/** Draws the scene; `width` and `height` are the canvas's in CSS px, `density` its px per CSS px, `inset` how far it reaches out of sight. */
export function paintScene(
  context: CanvasRenderingContext2D,
  scene: Scene,
  theme: ThemeName,
  { k, x, y }: Transform,
  size: { readonly width: number; readonly height: number; readonly density: number; readonly inset: number },
): void {
  const { layout } = scene
  context.setTransform(size.density, 0, 0, size.density, 0, 0)
  context.globalAlpha = 1
  // Places are counted from the left in every language.
  context.direction = "ltr"
  context.fillStyle = colourOf("back", theme)
  context.fillRect(0, 0, size.width, size.height)
  context.transform(k, 0, 0, k, x, y)
  const seen: Box = { left: -x / k, top: -y / k, right: (size.width - x) / k, bottom: (size.height - y) / k }
  const reach = LONG * (seen.bottom - seen.top + seen.right - seen.left)
  for (const { colour, width, dash, isFaint, path, box } of scene.strokes) {
    if (box.left > seen.right || box.right < seen.left || box.top > seen.bottom || box.bottom < seen.top) continue
    const isLong = box.bottom - box.top + box.right - box.left > reach
    context.globalAlpha = isFaint ? FAINT : 1
    context.strokeStyle = colourOf(colour, theme)
    context.lineWidth = k < FAR ? Math.max(width, 0.6 / k) : width
    context.setLineDash(k < FAR || isLong ? [] : (dash as number[]))
    context.stroke(path)
  }
  context.setLineDash([])
  for (const placed of scene.nodes) {
    const [width, height] = sizeOf(layout, placed.node)
    if (placed.x > seen.right || placed.y > seen.bottom || placed.x + width < seen.left || placed.y + height < seen.top) continue
    paintNode(context, scene, placed, theme, k)
  }
  context.globalAlpha = 1
  paintTicks(context, layout, theme, k, y - size.inset)
}

function paintNode(context: CanvasRenderingContext2D, { layout, look }: Scene, placed: PlacedNode, theme: ThemeName, k: number): void {
  const { node, x, y } = placed
  const [width, height] = sizeOf(layout, node)
  const [current, focused] = [node.id === look.current, node.id === look.focused]
  context.globalAlpha = look.matches !== null && !look.matches.has(node.id) ? FAINT : 1
  context.strokeStyle = colourOf(focused ? "text" : current ? "link" : "edge", theme)
  context.lineWidth = (focused || current ? 3 : 1) / Math.min(1, k * 1.5)
  const isCard = layout.cardWidth > 0
  if (isCard) {
    context.fillStyle = colourOf(current ? "current" : node.ghost ? "back" : "soft", theme)
    context.setLineDash(node.ghost ? [4, 3] : [])
    context.fillRect(x, y, width, height)
    context.strokeRect(x, y, width, height)
  }
  const [centreX, centreY] = isCard ? [x + MARK.x, y + MARK.y] : middleOf(layout, placed)
  const paint = look.paints.get(node.id)
  context.beginPath()
  context.arc(centreX, centreY, markRadius(node), 0, 2 * Math.PI)
  context.fillStyle = colourOf(node.ghost ? "back" : (paint?.colour ?? "none"), theme)
  context.fill()
  if (node.ghost || !isCard) context.stroke()
  context.setLineDash([])
  if (k < FAR) return
  context.fillStyle = colourOf("text", theme)
  context.font = `${current ? "700 " : ""}11px "IBM Plex Mono", ui-monospace, monospace`
  if (!isCard) {
    if (k > 1.2 || current || focused) context.fillText(titleOf(node), x + width + 5, centreY + 4)
    return
  }
  const [small, large] = cardLines(node, look.by === "relation" || look.by === "verdict" ? null : (paint?.value ?? null))
  context.fillText(cutName(large, layout.cardWidth), x + TEXT_X, y + 28)
  context.fillStyle = colourOf("quiet", theme)
  context.font = '10px "Source Sans Pro", system-ui, sans-serif'
  context.fillText(cutOwner(small, layout.cardWidth), x + TEXT_X, y + 14)
}

/** The axis stays at the upper edge, whatever part of the drawing is seen. */
function paintTicks(context: CanvasRenderingContext2D, { ticks }: Layout, theme: ThemeName, k: number, y: number): void {
  context.fillStyle = colourOf("quiet", theme)
  context.font = `${11 / k}px "Source Sans Pro", system-ui, sans-serif`
  for (const [x, text] of ticks) context.fillText(text, x, (14 - y) / k)
}

/** The node under a point of the drawing, the uppermost if several. */
export function nodeAt(layout: Layout, unborn: ReadonlySet<string>, x: number, y: number): PlacedNode | null {
  const hit = layout.nodes.findLast((placed) => {
    const [width, height] = sizeOf(layout, placed.node)
    const inside = x >= placed.x && x <= placed.x + width && y >= placed.y && y <= placed.y + height
    return inside && !unborn.has(placed.node.id)
  })
  return hit ?? null
}
