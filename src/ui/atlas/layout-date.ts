import { scaleUtc, utcFormat } from "d3"
import type { AtlasEdge } from "~src/app/report"
import { FreeRows } from "./free-rows"
import { boundsOf, CARD, cardWidthFor, type Layout, MARK } from "./layout-types"
import { ranked } from "./rank"
import type { ShownAtlas, ShownNode } from "./shown"
import { dateOf } from "./time"

/** Room for the axis above the cards. */
const AXIS = 26
/** A day in milliseconds: what stands between an undated parent and its first child. */
const DAY = 86_400_000
/** Cards that share a row keep this distance. */
const GAP = 18
/** Room that the label before a card needs. */
const LABEL = 64
/** Rows tried for a line that crosses no card. */
const CLEAR = 60
const ROW = CARD.height + CARD.gapY

/**
 * The family along its dates: a card begins where its model was uploaded, every child in the row nearest to its parent's that is
 * free there. A model without a date stands a day before its earliest child, or where its parent stands.
 * Where `before` is given, its scale and its cards' places are kept.
 */
export function layoutDates(shown: ShownAtlas, before: Layout | null = null): Layout {
  const { edges, generations } = ranked(shown.nodes, shown.edges)
  const times = timesOf(shown.nodes, edges, generations)
  const cardWidth = before?.cardWidth || cardWidthFor(shown.nodes)
  const { zero, rate } = before?.scale ?? scaleFor([...times.values()], shown.nodes.length, cardWidth)
  const x = (id: string): number => CARD.margin + ((times.get(id) ?? zero) - zero) * rate
  const parentOf = new Map<string, AtlasEdge>()
  for (const edge of edges) if (edge.share > (parentOf.get(edge.child)?.share ?? -1)) parentOf.set(edge.child, edge)
  const sorted = [...shown.nodes].sort((a, b) => x(a.id) - x(b.id) || (a.id < b.id ? -1 : 1))

  const old = new Map(before?.nodes.map((placed) => [placed.node.id, placed]))
  const rows = new Map<string, number>()
  const stays = (node: ShownNode) => Math.abs((old.get(node.id)?.x ?? Number.NaN) - x(node.id)) < 1
  for (const node of sorted) if (stays(node)) rows.set(node.id, ((old.get(node.id)?.y ?? 0) - CARD.margin - AXIS) / ROW)
  const shelf = new Shelf(cardWidth + GAP)
  for (const [id, row] of rows) shelf.put(x(id), row)
  for (const node of sorted) {
    if (rows.has(node.id)) continue
    const parent = parentOf.get(node.id)?.parent
    const row = parent === undefined ? undefined : rows.get(parent)
    const from = parent === undefined || row === undefined ? null : { x: x(parent), row }
    rows.set(node.id, shelf.putNear(x(node.id), from))
  }

  const least = before ? 0 : Math.min(0, ...rows.values())
  const y = (id: string): number => CARD.margin + AXIS + ((rows.get(id) ?? 0) - least) * ROW
  const placed = sorted.map((node) => ({ node, x: x(node.id), y: y(node.id) }))
  const bounds = boundsOf(placed.map((one) => [one.x, one.y, cardWidth, CARD.height]))
  return {
    axis: "date",
    nodes: placed,
    edges: edges.map((edge) => {
      const end: [number, number] = [x(edge.child), y(edge.child) + CARD.height / 2]
      const right: [number, number] = [x(edge.parent) + cardWidth, y(edge.parent) + CARD.height / 2]
      // With too little room for a curve the line drops from the parent's mark, as branches do in version control.
      const drops = end[0] - right[0] <= GAP
      return { edge, points: [drops ? [x(edge.parent) + MARK.x, right[1]] : right, end], drops }
    }),
    cardWidth,
    ...bounds,
    ticks: ticksOf(zero, rate, bounds.width),
    scale: { zero, rate },
  }
}

/** A time for every node, parents never after their children unless both are dated so. */
function timesOf(
  nodes: readonly ShownNode[],
  edges: readonly { parent: string; child: string }[],
  generations: ReadonlyMap<string, number>,
): Map<string, number> {
  const times = new Map(nodes.flatMap(known))
  const late = (id: string) => generations.get(id) ?? 0
  const upwards = [...edges].sort((a, b) => late(b.parent) - late(a.parent))
  const undated = new Set(nodes.filter(({ id }) => !times.has(id)).map(({ id }) => id))
  for (const { parent, child } of upwards) {
    const time = times.get(child)
    if (undated.has(parent) && time !== undefined) times.set(parent, Math.min(times.get(parent) ?? Number.POSITIVE_INFINITY, time - DAY))
  }
  for (const { parent, child } of upwards.reverse())
    if (!times.has(child) && times.has(parent)) times.set(child, times.get(parent) as number)
  let first = Number.POSITIVE_INFINITY
  for (const time of times.values()) first = Math.min(first, time)
  for (const { id } of nodes) if (!times.has(id)) times.set(id, Number.isFinite(first) ? first : 0)
  return times
}

function known(node: ShownNode): [string, number][] {
  const time = dateOf(node)
  return time === null ? [] : [[node.id, time]]
}

/** As wide as the family is large, so that cards seldom need new rows. */
function scaleFor(times: readonly number[], nodes: number, cardWidth: number) {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const time of times) {
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  const width = (cardWidth + GAP) * Math.min(24, Math.max(3, Math.sqrt(nodes) * 1.5))
  return { zero: Number.isFinite(first) ? first : 0, rate: width / Math.max(DAY, last - first || 0) }
}

/** Years, months or days, as many as there is room for; written as in ISO 8601, which every language reads. */
function ticksOf(zero: number, rate: number, width: number): [number, string][] {
  const scale = scaleUtc([zero, zero + width / rate], [CARD.margin, CARD.margin + width])
  const ticks = scale.ticks(Math.max(2, Math.floor(width / 110)))
  const step = (ticks[1]?.getTime() ?? 0) - (ticks[0]?.getTime() ?? 0)
  const format = utcFormat(step > 360 * DAY ? "%Y" : step > 27 * DAY ? "%Y-%m" : "%Y-%m-%d")
  return ticks.filter((tick) => tick.getTime() >= zero).map((tick) => [scale(tick), format(tick)])
}

/** Rows of cards of one width: finds the row nearest to a parent's in which a card and the line to it hide nothing. */
class Shelf {
  readonly #rows = new Map<number, FreeRows>()

  constructor(readonly width: number) {}

  put(x: number, row: number): void {
    this.#row(row).take(x)
  }

  putNear(x: number, parent: { readonly x: number; readonly row: number } | null): number {
    // A child that begins under its parent hangs on a falling line, which needs no room for a label.
    const hangs = parent === null || x - parent.x <= this.width
    for (let step = 0; ; step++) {
      const row = Math.round(parent?.row ?? 0) + (step % 2 === 1 ? (step + 1) / 2 : -step / 2)
      if (parent !== null && row === parent.row && hangs) continue
      // The line runs along the child's row from behind the parent on; in a large fan some have to cross cards.
      if (parent !== null && !hangs && step < CLEAR && !this.#row(row).isClear(parent.x, x)) continue
      if (!this.#row(row).isFree(x, hangs ? this.width : this.width + LABEL)) continue
      this.put(x, row)
      return row
    }
  }

  #row(row: number): FreeRows {
    let found = this.#rows.get(row)
    if (!found) {
      found = new FreeRows(this.width)
      this.#rows.set(row, found)
    }
    return found
  }
}
