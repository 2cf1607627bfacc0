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

/** Lines of one kind, as one path: a canvas draws one long path much faster than many short ones. */
interface Strokes {
  readonly colour: Parameters<typeof colourOf>[0]
  readonly width: number
  readonly dash: readonly number[]
  readonly alpha: number
  readonly path: Path2D
}

/** Everything of a large drawing that does not change while it is moved. */
export interface Scene {
  readonly layout: Layout
  readonly look: Look
  readonly strokes: readonly Strokes[]
  readonly nodes: readonly PlacedNode[]
}

/** Sorts the lines of a drawing by how they are drawn. */
export function prepareScene(layout: Layout, look: Look): Scene {
  const strokes = new Map<string, Strokes>()
  const add = (colour: Strokes["colour"], width: number, dash: string, alpha: number, path: string) => {
    const key = `${colour} ${width} ${dash} ${alpha}`
    const found = strokes.get(key) ?? { colour, width, dash: dash.split(" ").filter(Boolean).map(Number), alpha, path: new Path2D() }
    strokes.set(key, found)
    found.path.addPath(new Path2D(path))
  }
  for (const { path } of claimPaths(layout)) add("quiet", 1.2, "2 4", 1, path)
  const there = layout.edges.filter(({ edge }) => !look.unborn.has(edge.child) && !look.unborn.has(edge.parent))
  const faint = ({ edge }: (typeof there)[number]) =>
    look.matches !== null && !look.matches.has(edge.child) && !look.matches.has(edge.parent)
  for (const placed of there) if (!placed.edge.declared) add("halo", 8, "", faint(placed) ? 0.25 : 1, edgePath(placed, layout.axis))
  for (const placed of there) {
    const { group, dash } = EDGE_STYLES[placed.edge.relation]
    const wide = look.path?.edges.has(keyOf(placed.edge)) ?? false
    add(group, wide ? 3.4 : 1.8, dash, faint(placed) ? 0.25 : 1, edgePath(placed, layout.axis))
  }
  return { layout, look, strokes: [...strokes.values()], nodes: layout.nodes.filter(({ node }) => !look.unborn.has(node.id)) }
}

/** Draws the scene; `width` and `height` are the canvas's in CSS px, `density` its px per CSS px. */
export function paintScene(
  context: CanvasRenderingContext2D,
  scene: Scene,
  theme: ThemeName,
  { k, x, y }: Transform,
  size: { readonly width: number; readonly height: number; readonly density: number },
): void {
  const { layout } = scene
  context.setTransform(size.density, 0, 0, size.density, 0, 0)
  context.fillStyle = colourOf("back", theme)
  context.fillRect(0, 0, size.width, size.height)
  context.transform(k, 0, 0, k, x, y)
  for (const { colour, width, dash, alpha, path } of scene.strokes) {
    context.globalAlpha = alpha
    context.strokeStyle = colourOf(colour, theme)
    context.lineWidth = k < FAR ? Math.max(width, 0.6 / k) : width
    context.setLineDash(k < FAR ? [] : dash)
    context.stroke(path)
  }
  context.setLineDash([])
  const [left, top, right, bottom] = [-x / k, -y / k, (size.width - x) / k, (size.height - y) / k]
  for (const placed of scene.nodes) {
    const [width, height] = sizeOf(layout, placed.node)
    if (placed.x > right || placed.y > bottom || placed.x + width < left || placed.y + height < top) continue
    paintNode(context, scene, placed, theme, k)
  }
  context.globalAlpha = 1
  paintTicks(context, layout, theme, k, y)
}

function paintNode(context: CanvasRenderingContext2D, { layout, look }: Scene, placed: PlacedNode, theme: ThemeName, k: number): void {
  const { node, x, y } = placed
  const [width, height] = sizeOf(layout, node)
  const [current, focused] = [node.id === look.current, node.id === look.focused]
  context.globalAlpha = look.matches !== null && !look.matches.has(node.id) ? 0.25 : 1
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
