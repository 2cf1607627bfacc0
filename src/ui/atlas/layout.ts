import { ascending, group, mean, pairs } from "d3"
import type { AtlasEdge } from "~src/app/report"
import { FreeRows } from "./free-rows"
import { boundsOf, CARD, cardWidthFor, type Layout } from "./layout-types"
import { ranked } from "./rank"
import type { ShownAtlas } from "./shown"

/** Sweeps that order the columns; the order of a family settles after two or three. */
const SWEEPS = 6
/** Lines that enter one card, and their labels, stand this far apart. */
const PORT = 15
/** Lanes in one drawing: a hostile file could ask for millions, whose lines then run straight. */
const MOST_LANES = 20_000
/** Rows of cards that a drawing had before. */
type Rows = Map<string, number>

/**
 * A layered drawing of the family: generations from left to right (longest path from a root, so that every edge points to the
 * right), within a generation ordered by the mean place of the relatives (barycentre heuristic of Sugiyama et al. 1981); an
 * edge that skips generations keeps a lane free in each, so that no line runs behind a card. The same family gives the same
 * drawing. Edges that would close a cycle, which a sound report does not have, are left out.
 *
 * Where `before` is given, its cards keep their rows and new ones take the nearest free places.
 */
export function layoutGenerations(shown: ShownAtlas, before: Layout | null = null): Layout {
  const { nodes } = shown
  const { edges, generations } = ranked(nodes, shown.edges)
  const generation = (id: string): number => generations.get(id) ?? 0
  const columns: string[][] = Array.from({ length: 1 + Math.max(0, ...generations.values()) }, () => [])
  for (const { id } of nodes) columns[generation(id)]?.push(id)
  let room = MOST_LANES
  const chains = edges.map((edge) => {
    const lanes: string[] = []
    room -= generation(edge.child) - generation(edge.parent) - 1
    for (let between = generation(edge.parent) + 1; room >= 0 && between < generation(edge.child); between++) {
      const lane = `${edge.parent} ${edge.child} ${between}`
      columns[between]?.push(lane)
      lanes.push(lane)
    }
    return [edge.parent, ...lanes, edge.child]
  })
  const cardWidth = before?.cardWidth || cardWidthFor(nodes)
  const left = (column: number): number => CARD.margin + column * (cardWidth + CARD.gapX)
  const near = neighbours(chains)
  const kept = before ? keptRows(before, columns, left) : null
  const rows = kept && kept.size > 0 ? extend(columns, near, kept) : arrange(columns, near)

  const top = (id: string): number => CARD.margin + (rows.get(id) ?? 0) * (CARD.height + CARD.gapY)
  const middle = (id: string): number => top(id) + CARD.height / 2
  const port = ports(edges, chains, middle)
  const placed = nodes.map((node) => ({ node, x: left(generation(node.id)), y: top(node.id) }))
  return {
    axis: "generation",
    nodes: placed,
    edges: edges.map((edge, index) => {
      const chain = chains[index] ?? []
      const points = chain.flatMap((id, step): [number, number][] => {
        const x = left(step === chain.length - 1 ? generation(edge.child) : generation(edge.parent) + step)
        if (step === 0) return [[x + cardWidth, middle(id)]]
        if (step === chain.length - 1) return [[x, middle(id) + (port.get(edge) ?? 0)]]
        return [
          [x, middle(id)],
          [x + cardWidth, middle(id)],
        ]
      })
      return { edge, points }
    }),
    cardWidth,
    ...boundsOf(placed.map(({ x, y }) => [x, y, cardWidth, CARD.height])),
    ticks: [],
  }
}

/** Where on the child's card each edge ends, off its middle: the parents of a merge from top to bottom as they lie. */
function ports(edges: readonly AtlasEdge[], chains: readonly string[][], middle: (id: string) => number): Map<AtlasEdge, number> {
  const result = new Map<AtlasEdge, number>()
  for (const [, entering] of group(edges.entries(), ([, edge]) => edge.child)) {
    const before = ([index, edge]: [number, AtlasEdge]): number => middle(chains[index]?.at(-2) ?? edge.parent)
    entering.sort((a, b) => ascending(before(a), before(b)) || ascending(a[1].parent, b[1].parent))
    const step = Math.min(PORT, (CARD.height - 6) / Math.max(1, entering.length - 1))
    for (const [place, [, edge]] of entering.entries()) result.set(edge, (place - (entering.length - 1) / 2) * step)
  }
  return result
}

/** What each card or lane is joined to in the columns beside it. */
function neighbours(chains: readonly string[][]): Map<string, string[]> {
  const near = new Map<string, string[]>()
  const join = (from: string, to: string) => {
    const list = near.get(from)
    if (list) list.push(to)
    else near.set(from, [to])
  }
  for (const [parent, child] of chains.flatMap((chain) => pairs(chain))) {
    join(parent, child)
    join(child, parent)
  }
  return near
}

/** Rows of the cards that stand in the same column as before. */
function keptRows(before: Layout, columns: readonly string[][], left: (column: number) => number): Rows {
  const columnOf = new Map(columns.flatMap((column, index) => column.map((id) => [id, left(index)] as const)))
  const kept = before.nodes.filter(({ node, x }) => Math.abs((columnOf.get(node.id) ?? Number.NaN) - x) < 1)
  return new Map(kept.map(({ node, y }) => [node.id, (y - CARD.margin) / (CARD.height + CARD.gapY)]))
}

/**
 * A row for every card and lane: neighbours in a chain near each other, no two of one column closer than one row. Counted in
 * numbers instead of names, because every sweep touches everything.
 */
function arrange(columns: readonly string[][], near: ReadonlyMap<string, readonly string[]>): Rows {
  const ids = columns.flat().sort(ascending)
  const numbers = new Map(ids.map((id, number) => [id, number]))
  const numberOf = (id: string): number => numbers.get(id) ?? 0
  const joined = ids.map((id) => (near.get(id) ?? []).map(numberOf))
  const rows = new Float64Array(ids.length)
  const wish = new Float64Array(ids.length)
  const order = columns.map((column) => column.map(numberOf))
  for (const column of order) for (const [row, number] of column.entries()) rows[number] = row
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 === 0 ? order : [...order].reverse()) {
      for (const number of column) wish[number] = meanRow(joined[number] ?? [], rows) ?? (rows[number] as number)
      column.sort((one, other) => (wish[one] as number) - (wish[other] as number) || one - other)
      spread(column, wish, rows)
    }
  }
  let top = Number.POSITIVE_INFINITY
  for (const row of rows) top = Math.min(top, row)
  return new Map(ids.map((id, number) => [id, (rows[number] as number) - top]))
}

function meanRow(joined: readonly number[], rows: Float64Array): number | null {
  let sum = 0
  for (const number of joined) sum += rows[number] as number
  return joined.length === 0 ? null : sum / joined.length
}

/** Keeps the wished rows where there is room and otherwise shifts the column as a whole to its mean wish. */
function spread(column: readonly number[], wish: Float64Array, rows: Float64Array): void {
  let last = Number.NEGATIVE_INFINITY
  let shift = 0
  for (const number of column) {
    last = Math.max(wish[number] as number, last + 1)
    rows[number] = last
    shift += ((wish[number] as number) - last) / column.length
  }
  for (const number of column) rows[number] = (rows[number] as number) + shift
}

/** The same where some rows are given: what is new takes the free row nearest to its relatives. */
function extend(columns: readonly string[][], near: ReadonlyMap<string, readonly string[]>, kept: ReadonlyMap<string, number>): Rows {
  const rows: Rows = new Map(kept)
  for (const column of columns) {
    const free = new FreeRows(1)
    for (const id of column) if (kept.has(id)) free.take(kept.get(id) as number)
    for (const id of column) {
      if (!kept.has(id)) rows.set(id, free.takeNear(mean(near.get(id) ?? [], (other) => rows.get(other)) ?? 0))
    }
  }
  return rows
}
