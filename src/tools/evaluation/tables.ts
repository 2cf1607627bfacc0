import type { Outcome } from "./inspect"
import { type Score, type Share, score } from "./score"
import type { TruthModel } from "./truth"

/** A heading and rows of cells, the first row being the columns' names. */
export interface Table {
  readonly title: string
  readonly rows: readonly (readonly string[])[]
}

export const MODES = [
  { time: true, name: "with dates" },
  { time: false, name: "without dates" },
] as const
const SCOPES = [
  { name: "basic models", within: (model: TruthModel) => !model.extended },
  { name: "all full-weight models", within: () => true },
] as const
const TOTAL = "total"

/** One score with what it is of. */
export interface Scored {
  readonly mode: string
  readonly scope: string
  readonly architecture: string
  readonly score: Score
}

/** Every combination of mode, scope and architecture (`total` for all). */
export function scoreAll(truth: readonly TruthModel[], outcomes: readonly Outcome[]): Scored[] {
  const architectures = [...new Set(truth.map(({ architecture }) => architecture))].sort()
  return MODES.flatMap(({ time, name: mode }) => {
    const own = outcomes.filter((outcome) => outcome.time === time)
    return SCOPES.flatMap(({ name: scope, within }) =>
      [...architectures, TOTAL].map((architecture) => ({
        ...{ mode, scope, architecture },
        score: score(truth, own, (model) => within(model) && (architecture === TOTAL || model.architecture === architecture)),
      })),
    )
  })
}

const number = (value: number | null, digits = 3) => (value === null ? "-" : value.toFixed(digits))
export const ratio = ({ hits, of }: Share, digits = 3) => number(of === 0 ? null : hits / of, digits)
const counted = (share: Share) => `${ratio(share)} (${share.hits} of ${share.of})`

const HEAD = ["", "models", "edges", "precision", "recall", "F1", "skeleton", "direction", "relation", "verdict", "abstained"]
const row = (name: string, s: Score) => [
  ...[name, String(s.models), String(s.recall.of), ratio(s.precision), ratio(s.recall), number(s.f1)],
  ...[ratio(s.skeleton), ratio(s.direction), ratio(s.relation), ratio(s.verdict), String(s.abstained)],
]

const DETAILS: readonly (readonly [string, (score: Score) => string])[] = [
  ["true parents among the models compared", (s) => counted(s.reached)],
  ["independent pairs taken for related", ({ strangers: { hits, of } }) => `${hits} of ${of} compared`],
  ["false edges between independent families", ({ falseEdges: { hits, of } }) => `${hits} of ${of} pairs`],
  ["the same per 10,000 pairs", ({ falseEdges: { hits, of } }) => (of === 0 ? "-" : ((1e4 * hits) / of).toFixed(1))],
  ["shared initialisations called a parent", (s) => String(s.sharedSeeds)],
  ["wrong claims that name a copy of the parent", (s) => String(s.twins)],
  ["undocumented and contradicted: precision", (s) => counted(s.flags)],
  ["merges: all parents found", (s) => counted(s.merges)],
  ["merges: mean error of a share", (s) => number(s.shareError)],
  ["calibration error (ECE)", (s) => number(s.calibration.error)],
  ["models that could not be inspected", (s) => String(s.failed)],
]

/** The results as tables: per mode and scope by architecture, then what concerns the totals, then the cost. */
export function resultTables(scored: readonly Scored[], outcomes: readonly Outcome[]): Table[] {
  const totals = scored.filter(({ architecture }) => architecture === TOTAL)
  const groups = totals.map(({ mode, scope }) => ({
    title: sentence(`${scope}, ${mode}`),
    rows: [HEAD, ...scored.filter((one) => one.mode === mode && one.scope === scope).map((one) => row(one.architecture, one.score))],
  }))
  const details = ["", ...totals.map(({ mode, scope }) => `${scope}, ${mode}`)]
  const all = totals.filter(({ scope }) => scope === SCOPES[1].name)
  return [
    ...groups,
    { title: "Totals", rows: [details, ...DETAILS.map(([name, cell]) => [name, ...totals.map((one) => cell(one.score))])] },
    ...all.map(({ mode, score: { calibration } }) => ({
      title: `Calibration, ${mode}`,
      rows: [
        ["stated probability", "claims", "mean stated", "right"],
        ...calibration.bins.map(({ from, to, claims, stated, right }) => [
          `${from} to ${to}`,
          String(claims),
          ...(claims === 0 ? ["-", "-"] : [number(stated), number(right)]),
        ]),
      ],
    })),
    ...all.flatMap(({ mode, score: { relationConfusions, verdictConfusions } }) => [
      confusionTable(`Relations of right edges confused, ${mode}`, relationConfusions),
      confusionTable(`Verdicts confused, ${mode}`, verdictConfusions),
    ]),
    failureTable(outcomes),
    costTable(outcomes),
  ].filter(({ rows }) => rows.length > 1)
}

/** The README's rows: totals alone. */
export function summaryTable(scored: readonly Scored[]): Table {
  const totals = scored.filter(({ architecture }) => architecture === TOTAL)
  return { title: "Accuracy", rows: [HEAD, ...totals.map(({ mode, scope, score }) => row(`${scope}, ${mode}`, score))] }
}

function confusionTable(title: string, confusions: Score["relationConfusions"]): Table {
  return { title, rows: [["truth > said", "times"], ...confusions.map(([name, count]) => [name, String(count)])] }
}

function failureTable(outcomes: readonly Outcome[]): Table {
  const reasons = new Map(outcomes.flatMap(({ id, verdict, reason }) => (verdict === null ? [[id, reason] as const] : [])))
  return { title: "Models that could not be inspected", rows: [["model", "because"], ...reasons] }
}

function costTable(outcomes: readonly Outcome[]): Table {
  const models = new Set(outcomes.map(({ id }) => id)).size
  const mean = (value: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + value(outcome), 0) / models
  return {
    title: "Cost per model, every model being read once and inspected twice",
    rows: [
      ["models compared per verdict", "requests", "kB read", "of them weights", "seconds"],
      [
        (mean((o) => o.compared.length) / MODES.length).toFixed(1),
        mean((o) => o.requests).toFixed(1),
        (mean((o) => o.bytes) / 1000).toFixed(0),
        (mean((o) => o.weightBytes) / 1000).toFixed(0),
        (mean((o) => o.milliseconds) / 1000).toFixed(1),
      ],
    ],
  }
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
