import { ascending, group, mean, pairs } from "d3"
import type { AtlasEdge, AtlasNode, AtlasReport } from "~src/app/report"

/** Sizes of the drawing, in px: a family of three generations with six models in each fits the popup at full size. */
export const CARD = { minWidth: 112, maxWidth: 176, height: 36, gapX: 128, gapY: 10, margin: 12 } as const
/** Before a card every line runs level for this long: its label stands there, and no other line crosses it. */
export const LEVEL = 80
/** Width of one letter of the monospaced names, and what the card needs beside them. */
const LETTER = 6.7
const OWNER_LETTER = 6
const PADDING = 20

export interface PlacedNode {
  readonly node: AtlasNode
  /** Steps from the farthest root. */
  readonly generation: number
  /** Top left corner of the node's card. */
  readonly x: number
  readonly y: number
}

export interface PlacedEdge {
  readonly edge: AtlasEdge
  /** Points of the line: from the parent's card, along the free lanes of the columns that it crosses, to the child's card. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Layout {
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
  /** All cards are as wide as the longest name needs, within bounds. */
  readonly cardWidth: number
  readonly width: number
  readonly height: number
}

/** Sweeps that order the columns; the order of a family settles after two or three. */
const SWEEPS = 6
/** Lines that enter one card, and their labels, stand this far apart. */
const PORT = 15

/**
 * A layered drawing of the family: generations from left to right (longest path from a root, so that every edge points to the
 * right), within a generation ordered by the mean place of the relatives (barycentre heuristic of Sugiyama et al. 1981); an
 * edge that skips generations keeps a lane free in each, so that no line runs behind a card. The same report gives the same
 * drawing. Edges that would close a cycle, which a sound report does not have, are left out.
 */
export function layoutAtlas(report: AtlasReport): Layout {
  const nodes = [...report.nodes].sort((a, b) => ascending(a.family, b.family) || ascending(a.id, b.id))
  const known = new Set(nodes.map((node) => node.id))
  const { edges, generations } = rank(
    nodes,
    report.edges.filter((edge) => known.has(edge.parent) && known.has(edge.child) && edge.parent !== edge.child),
  )
  const generation = (id: string): number => generations.get(id) ?? 0
  const columns: string[][] = Array.from({ length: 1 + Math.max(0, ...generations.values()) }, () => [])
  for (const { id } of nodes) columns[generation(id)]?.push(id)
  const chains = edges.map((edge) => {
    const lanes: string[] = []
    for (let between = generation(edge.parent) + 1; between < generation(edge.child); between++) {
      const lane = `${edge.parent} ${edge.child} ${between}`
      columns[between]?.push(lane)
      lanes.push(lane)
    }
    return [edge.parent, ...lanes, edge.child]
  })
  const rows = arrange(columns, chains)

  const longest = Math.max(0, ...nodes.map((node) => nameOf(node).length))
  const cardWidth = Math.min(CARD.maxWidth, Math.max(CARD.minWidth, Math.ceil(longest * LETTER) + PADDING))
  const left = (column: number): number => CARD.margin + column * (cardWidth + CARD.gapX)
  const top = (id: string): number => CARD.margin + (rows.get(id) ?? 0) * (CARD.height + CARD.gapY)
  const middle = (id: string): number => top(id) + CARD.height / 2
  const port = ports(edges, chains, middle)
  return {
    nodes: nodes.map((node) => ({ node, generation: generation(node.id), x: left(generation(node.id)), y: top(node.id) })),
    edges: edges.map((edge, index) => {
      const chain = chains[index] ?? []
      const points = chain.flatMap((id, step): [number, number][] => {
        const x = left(generation(edge.parent) + step)
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
    width: left(columns.length - 1) + cardWidth + CARD.margin,
    height: Math.max(0, ...nodes.map(({ id }) => top(id))) + CARD.height + CARD.margin,
  }
}

/** A model's name without its owner; an implied model has only its number. */
export const nameOf = ({ id, ghost }: AtlasNode): string => (ghost ? id : id.slice(id.indexOf("/") + 1))

/** A name cut to what fits on a card: from its middle, because relatives often differ in how they begin or end. */
export const cutName = (name: string, cardWidth: number): string => cut(name, Math.floor((cardWidth - PADDING) / LETTER))

/** The same for its owner, in smaller letters and beside the verdict's sign. */
export const cutOwner = (owner: string, cardWidth: number): string => cut(owner, Math.floor((cardWidth - PADDING - 12) / OWNER_LETTER))

function cut(name: string, room: number): string {
  if (name.length <= room) return name
  const tail = Math.floor((room - 1) / 2)
  return `${name.slice(0, room - 1 - tail)}…${name.slice(-tail)}`
}

/** Where on the child's card each edge ends, off its middle: the parents of a merge from top to bottom as they lie. */
function ports(edges: readonly AtlasEdge[], chains: readonly string[][], middle: (id: string) => number): Map<AtlasEdge, number> {
  const result = new Map<AtlasEdge, number>()
  for (const [, entering] of group(edges.entries(), ([, edge]) => edge.child)) {
    const before = ([index, edge]: [number, AtlasEdge]): number => middle(chains[index]?.at(-2) ?? edge.parent)
    entering.sort((a, b) => ascending(before(a), before(b)) || ascending(a[1].parent, b[1].parent))
    for (const [place, [, edge]] of entering.entries()) result.set(edge, (place - (entering.length - 1) / 2) * PORT)
  }
  return result
}

/** Generations by longest path (Kahn's order); edges whose nodes never become free lie on a cycle and are dropped. */
function rank(nodes: readonly AtlasNode[], edges: readonly AtlasEdge[]): { edges: AtlasEdge[]; generations: Map<string, number> } {
  const waiting = new Map(nodes.map((node) => [node.id, 0]))
  const children = new Map<string, AtlasEdge[]>()
  for (const edge of edges) {
    waiting.set(edge.child, (waiting.get(edge.child) ?? 0) + 1)
    children.set(edge.parent, [...(children.get(edge.parent) ?? []), edge])
  }
  const generations = new Map<string, number>()
  const free = nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id)
  for (const id of free) generations.set(id, 0)
  const sound: AtlasEdge[] = []
  for (let next = free.shift(); next !== undefined; next = free.shift()) {
    for (const edge of children.get(next) ?? []) {
      sound.push(edge)
      generations.set(edge.child, Math.max(generations.get(edge.child) ?? 0, (generations.get(next) ?? 0) + 1))
      const left = (waiting.get(edge.child) ?? 0) - 1
      waiting.set(edge.child, left)
      if (left === 0) free.push(edge.child)
    }
  }
  return { edges: sound.filter((edge) => waiting.get(edge.child) === 0), generations }
}

/** A row for every card and lane: neighbours in a chain near each other, no two of one column closer than one row. */
function arrange(columns: readonly string[][], chains: readonly string[][]): Map<string, number> {
  const near = new Map<string, string[]>()
  for (const [parent, child] of chains.flatMap((chain) => pairs(chain))) {
    near.set(parent, [...(near.get(parent) ?? []), child])
    near.set(child, [...(near.get(child) ?? []), parent])
  }
  const rows = new Map<string, number>()
  for (const column of columns) for (const [row, id] of column.entries()) rows.set(id, row)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
      const wish = new Map(column.map((id) => [id, mean(near.get(id) ?? [], (other) => rows.get(other)) ?? rows.get(id) ?? 0]))
      column.sort((a, b) => ascending(wish.get(a), wish.get(b)) || ascending(a, b))
      spread(column, wish, rows)
    }
  }
  const top = Math.min(...rows.values())
  for (const [id, row] of rows) rows.set(id, row - top)
  return rows
}

/** Keeps the wished rows where there is room and otherwise shifts the column as a whole to its mean wish. */
function spread(column: readonly string[], wish: ReadonlyMap<string, number>, rows: Map<string, number>): void {
  let last = Number.NEGATIVE_INFINITY
  const given = column.map((id) => {
    last = Math.max(wish.get(id) ?? 0, last + 1)
    return last
  })
  const shift = (mean(column, (id) => wish.get(id)) ?? 0) - (mean(given) ?? 0)
  for (const [index, id] of column.entries()) rows.set(id, (given[index] ?? 0) + shift)
}
