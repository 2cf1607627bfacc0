import {
  allParents,
  direction,
  directionOfFound,
  macroF1,
  ofFound,
  parentF1,
  precision,
  type RelationCounts,
  recall,
  relationAccuracy,
  shareError,
  wholeEdge,
} from "./counts"
import type { Judged } from "./judge"
import { abstentionSection, calibrationSection, type Mode } from "./probabilities"
import { confusions, score } from "./score"
import { counted, MODES, number, ratio, type Section } from "./section"
import { isSeen } from "./truth"

/** All about single full-weight models, in the order in which a reader would ask. */
export function modelSections(judged: readonly Judged[]): Section[] {
  const modes = MODES.map(({ time, name }) => ({ name, own: judged.filter((one) => one.time === time) }))
  return [
    { level: 1, heading: "Full-weight models in detail" },
    ...modes.map(({ name, own }): Section => ({ level: 2, heading: `Parents, ${name}`, rows: parentRows(own) })),
    ...modes.map(({ name, own }): Section => ({ level: 2, heading: `Relations, ${name}`, rows: relationRows(own) })),
    { level: 2, heading: "By what was done to the weights", rows: stepRows(modes.map(({ own }) => own)) },
    { level: 2, heading: "False claims, flags, merges", rows: detailRows(modes) },
    calibrationSection(modes),
    abstentionSection(modes),
    ...modes.flatMap(({ name, own }) => confusionSections(name, own)),
  ]
}

/** Rows by part (split, seen, basic or extended), then by architecture, then all together. */
function parentRows(own: readonly Judged[]): string[][] {
  const part = ({ split, model }: Judged) =>
    `${split}${isSeen(model) ? "" : ", unseen architectures"}, ${model.extended ? "extended" : "basic"}`
  const architecture = ({ model }: Judged) => `${model.architecture}${isSeen(model) ? "" : " (unseen)"}`
  const sorted = (key: (one: Judged) => string) =>
    [...new Set(own.map(key))].sort().map((name) => [name, own.filter((one) => key(one) === name)] as const)
  const head = ["", "models", "edges", "precision", "recall", "F1", "direction", "of found", "relation", "verdict", "abstained"]
  return [
    head,
    ...[...sorted(part), ...sorted(architecture), ["total", own] as const].map(([name, members]) => {
      const s = score(members)
      return [
        ...[name, String(s.models), String(s.edges), number(precision(s)), number(recall(s)), number(parentF1(s))],
        ...[number(direction(s)), number(directionOfFound(s)), number(relationAccuracy(s)), ratio(s.verdict), String(s.abstained)],
      ]
    }),
  ]
}

function relationRows(own: readonly Judged[]): string[][] {
  const whole = score(own)
  const cells = (one: RelationCounts) =>
    [wholeEdge, ofFound].flatMap((kind) => {
      const { precision, recall, f1 } = kind(one)
      return [number(precision), number(recall), number(f1)]
    })
  return [
    ["relation", "edges", "said", "precision", "recall", "F1", "of found: precision", "recall", "F1"],
    ...Object.entries(whole.relations).map(([name, one]) => [name, String(one.edges), String(one.said), ...cells(one)]),
    ["macro-F1", "", "", "", "", number(macroF1(whole, wholeEdge)), "", "", number(macroF1(whole, ofFound))],
  ]
}

/** What is lost where: by the operation that made the model, with dates and without. */
function stepRows(modes: readonly (readonly Judged[])[]): string[][] {
  const names = [...new Set(modes.flat().map(({ model }) => model.recipe.op))].sort()
  const head = MODES.flatMap(({ name }) => [`${name}: recall`, "precision", "relation", "all parents", "share error"])
  return [
    ["made by", "models", "edges", ...head],
    ...names.map((op) => {
      const own = modes.map((judged) => score(judged.filter(({ model }) => model.recipe.op === op)))
      return [
        ...[op, String(own[0]?.models ?? 0), String(own[0]?.edges ?? 0)],
        ...own.flatMap((s) => [
          number(recall(s)),
          number(precision(s)),
          number(relationAccuracy(s)),
          number(allParents(s)),
          number(shareError(s)),
        ]),
      ]
    }),
  ]
}

function detailRows(modes: readonly Mode[]): string[][] {
  const scores = modes.map(({ own }) => score(own))
  const row = (name: string, cell: (s: ReturnType<typeof score>) => string) => [name, ...scores.map(cell)]
  return [
    ["", ...modes.map(({ name }) => name)],
    row("true parents among the models compared", (s) => counted(s.reached)),
    row("independent pairs taken for related", ({ strangers: { hits, of } }) => `${hits} of ${of} compared`),
    row("false edges between independent families", ({ falseEdges: { hits, of } }) => `${hits} of ${of} pairs`),
    row("shared initialisations called a parent", (s) => String(s.sharedSeeds)),
    row("wrong claims that name a copy of the parent", (s) => String(s.twins)),
    row("unseen parents stated where there is one", (s) => counted(s.ghosts)),
    row("undocumented and contradicted: precision", (s) => counted(s.flags)),
    row("merges: all parents found", (s) => counted(s.merges)),
    row("merges: mean error of a share", (s) => number(shareError(s))),
    row("models that could not be inspected", (s) => String(s.failed)),
  ]
}

function confusionSections(mode: string, own: readonly Judged[]): Section[] {
  const relations = own.flatMap(({ claims }) =>
    claims.flatMap(({ truth, relation }) => (truth === null ? [] : [[truth, relation] as const])),
  )
  const verdicts = own.map(({ verdict: { expected, said } }) => [expected, said] as const)
  const section = (heading: string, pairs: readonly (readonly [string, string])[]): Section => ({
    level: 2,
    heading: `${heading}, ${mode}`,
    rows: [["truth > said", "times"], ...confusions(pairs).map(([name, count]) => [name, String(count)])],
  })
  return [section("Relations of right edges confused", relations), section("Verdicts confused", verdicts)]
}
