import type { Colour } from "../theme"
import { EDGE_STYLES } from "./edge-style"
import type { ShownAtlas, ShownNode } from "./shown"
import { dateOf } from "./time"

export const COLOURINGS = ["relation", "verdict", "license", "task", "date"] as const
export type Colouring = (typeof COLOURINGS)[number]

/** What a node's mark says by its colour; `value` is the attribute's own value, null where nobody knows it. */
export interface Paint {
  readonly colour: Colour
  readonly value: string | null
}

const VERDICTS = { documented: "good", undocumented: "note", contradicted: "bad", independent: "cool", unverified: "none" } as const
const CATEGORIES = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"] as const
const STEPS = ["d0", "d1", "d2", "d3", "d4"] as const

/** The mark of every node; groups are painted like their members where those agree. */
export function paintNodes(shown: ShownAtlas, by: Colouring): ReadonlyMap<string, Paint> {
  if (by === "relation") {
    const main = new Map<string, { share: number; paint: Paint }>()
    for (const { child, relation, share } of shown.edges) {
      if ((main.get(child)?.share ?? -1) < share)
        main.set(child, { share, paint: { colour: EDGE_STYLES[relation].group, value: relation } })
    }
    return new Map(shown.nodes.map(({ id }) => [id, main.get(id)?.paint ?? { colour: "none", value: null }]))
  }
  if (by === "verdict") return new Map(shown.nodes.map(({ id, verdict }) => [id, { colour: VERDICTS[verdict], value: verdict }]))
  const values = new Map(shown.nodes.map((node) => [node.id, attributeOf(node, by)]))
  const known = [...values.values()].filter((value) => value !== null)
  const colours = by === "date" ? steps(known) : categories(known)
  return new Map([...values].map(([id, value]) => [id, { colour: value === null ? "none" : (colours.get(value) ?? "none"), value }]))
}

function attributeOf(node: ShownNode, by: "license" | "task" | "date"): string | null {
  if (by !== "date") return node[by] ?? null
  const time = dateOf(node)
  return time === null ? null : new Date(time).toISOString().slice(0, 7)
}

/** The most frequent values have a colour each; the rest is grey. */
function categories(values: readonly string[]): Map<string, Colour> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return new Map(sorted.slice(0, CATEGORIES.length).map(([value], index) => [value, CATEGORIES[index] as Colour]))
}

/** Months by rank, so that every step is used whatever the dates. */
function steps(months: readonly string[]): Map<string, Colour> {
  const sorted = [...new Set(months)].sort()
  const step = (index: number) => Math.min(STEPS.length - 1, Math.floor((index / Math.max(1, sorted.length - 1)) * STEPS.length))
  return new Map(sorted.map((month, index) => [month, STEPS[step(index)] as Colour]))
}

export interface Swatch {
  readonly colour: Colour
  /** First and last value that have this colour; equal where it is one. */
  readonly from: string | null
  readonly to: string | null
  readonly nodes: number
}

/** The legend of a colouring: each colour with what it stands for, unknown ones last. */
export function swatches(paints: ReadonlyMap<string, Paint>): Swatch[] {
  const found = new Map<string, { colour: Colour; values: Set<string | null>; nodes: number }>()
  for (const { colour, value } of paints.values()) {
    // Steps of a scale stand for a span of values; all else is one value a line, unless it has no colour of its own.
    const key = colour.startsWith("d") || (colour === "none" && value !== null) ? colour : `${colour} ${value}`
    const entry = found.get(key) ?? { colour, values: new Set(), nodes: 0 }
    entry.values.add(value)
    entry.nodes += 1
    found.set(key, entry)
  }
  return [...found.values()]
    .map(({ colour, values, nodes }): Swatch => {
      const sorted = [...values].sort()
      return { colour, from: sorted[0] ?? null, to: sorted.at(-1) ?? null, nodes }
    })
    .sort((a, b) => Number(a.from === null) - Number(b.from === null) || (a.from ?? "").localeCompare(b.from ?? "", "en"))
}
