import { allParents, direction, falsePer10000, macroF1, ofFound, parentF1, shareError, wholeEdge } from "./counts"
import type { Judged } from "./judge"
import { type Score, score } from "./score"
import { MODES, number, type Section } from "./section"
import { isSeen } from "./truth"

interface Aim {
  readonly figure: string
  readonly value: (score: Score) => number | null
  /** With dates and without; the most there may be where `bound` says so, else the least. */
  readonly aims: readonly [dated: number, undated: number]
  readonly bound?: "most"
  readonly digits?: number
}

/** What issue and reader ask for, in the order of their weight. */
const AIMS: readonly Aim[] = [
  { figure: "parent F1", value: parentF1, aims: [0.98, 0.93] },
  { figure: "direction of true edges, one left open counting half", value: direction, aims: [0.99, 0.92] },
  { figure: "relation macro-F1, over edges found", value: (s) => macroF1(s, ofFound), aims: [0.95, 0.95] },
  { figure: "relation macro-F1, parent and relation both right", value: (s) => macroF1(s, wholeEdge), aims: [0.95, 0.95] },
  { figure: "merges: all parents found", value: allParents, aims: [0.9, 0.9] },
  { figure: "merges: error of a share", value: shareError, aims: [0.05, 0.05], bound: "most" },
  { figure: "false edges per 10,000 independent pairs", value: falsePer10000, aims: [1, 1], bound: "most", digits: 1 },
  { figure: "calibration error (ECE)", value: ({ ece }) => ece, aims: [0.03, 0.03], bound: "most" },
  {
    figure: "undocumented, contradicted: precision",
    value: ({ flags: { hits, of } }) => (of === 0 ? null : hits / of),
    aims: [0.995, 0.995],
  },
]

const SEEN = [
  { name: "seen", holds: (one: Judged) => isSeen(one.model) },
  { name: "unseen", holds: (one: Judged) => !isSeen(one.model) },
] as const

/** Every figure against its aim, architectures seen and unseen apart. */
export function summarySection(judged: readonly Judged[]): Section {
  const columns = SEEN.flatMap(({ name, holds }) =>
    MODES.map(({ time, name: mode }, i) => ({ name: `${name}, ${mode}`, i, own: judged.filter((one) => one.time === time && holds(one)) })),
  ).flatMap(({ own, ...column }) => (own.length === 0 ? [] : [{ ...column, score: score(own) }]))
  const rows = AIMS.map(({ figure, value, aims, bound, digits = 3 }) => {
    const cells = columns.map(({ i, score: own }) => {
      const [reached, aim] = [value(own), aims[i] as number]
      if (reached === null) return "-"
      return `${number(reached, digits)} ${(bound === "most" ? reached <= aim : reached >= aim) ? "✓" : "✗"}`
    })
    const sign = bound === "most" ? "≤" : "≥"
    return [figure, `${sign} ${[...new Set(aims)].join(" / ")}`, ...cells]
  })
  const marks = rows.flat().filter((cell) => /[✓✗]$/.test(cell))
  return {
    level: 1,
    heading: "Accuracy",
    text: `${marks.filter((cell) => cell.endsWith("✓")).length} of ${marks.length} figures reach their aim (✓; where two aims stand, the first is with dates, the second without).`,
    rows: [["", "aim", ...columns.map(({ name }) => name)], ...rows],
  }
}
