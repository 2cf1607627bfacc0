import fs from "node:fs"
import * as v from "valibot"
import {
  addCounts,
  allParents,
  type Counts,
  direction,
  falsePer10000,
  macroF1,
  ofFound,
  parentF1,
  precision,
  recall,
  shareError,
  wholeEdge,
} from "./counts"
import type { Outcome } from "./inspect"
import type { Judged } from "./judge"
import { MODES, number, type Section } from "./section"
import { readLargeModel } from "./seven-billion"
import { isSeen } from "./truth"

const Count = v.number()
const ShareOf = v.object({ hits: Count, of: Count })
const CountsOf = v.object({
  ...{ models: Count, claims: Count, right: Count, edges: Count, found: Count, reversed: Count },
  relations: v.record(v.string(), v.object({ edges: Count, found: Count, said: Count, saidOfFound: Count, right: Count })),
  merges: ShareOf,
  shareErrors: v.object({ sum: Count, of: Count }),
  falseEdges: ShareOf,
})
const Results = v.object({
  schema: v.literal("pedigree/peers@2"),
  bytesOf7B: v.object({
    parameters: Count,
    methods: v.record(v.string(), v.object({ bytesPerModel: Count, stretches: v.nullable(Count) })),
  }),
  rows: v.array(
    v.object({
      ...{ split: v.string(), method: v.string(), name: v.string(), mode: v.string(), told: v.boolean() },
      ...{ bytesPerModel: Count, secondsPerModel: Count },
      parts: v.array(v.object({ architecture: v.string(), extended: v.boolean(), counts: CountsOf })),
    }),
  ),
})
export type PeerResults = v.InferOutput<typeof Results>
type PeerRow = PeerResults["rows"][number]

/**
 * Reads what `python -m training.peers` wrote.
 * @throws when the file is missing or malformed
 */
export function readPeers(file: string): PeerResults {
  return v.parse(Results, JSON.parse(fs.readFileSync(file, "utf8")))
}

/** The published methods: neither those that are told part of the answer, which nobody has, nor the control (docs/peers.md has both). */
const isPublished = ({ told, method }: PeerRow) => !told && method !== "control"

interface Figure {
  readonly name: string
  readonly value: (counts: Counts) => number | null
  readonly least?: boolean
  readonly digits?: number
}
const FIGURES: readonly Figure[] = [
  { name: "parent F1", value: parentF1 },
  { name: "precision", value: precision },
  { name: "recall", value: recall },
  { name: "direction", value: direction },
  { name: "relation macro-F1, of found", value: (counts) => macroF1(counts, ofFound) },
  { name: "relation macro-F1, whole edges", value: (counts) => macroF1(counts, wholeEdge) },
  { name: "merges: all parents", value: allParents },
  { name: "merges: share error", value: shareError, least: true },
  { name: "false edges per 10,000", value: falsePer10000, least: true, digits: 1 },
]

/** Every figure of ours beside the same figure of each published method, on the same families. */
export async function peerSections(
  judged: readonly Judged[],
  outcomes: readonly (Outcome & { readonly split: string })[],
  peers: PeerResults,
): Promise<Section[]> {
  const splits = [...new Set(judged.map(({ split }) => split))].filter((split) => peers.rows.some((row) => row.split === split))
  if (splits.length === 0) return []
  const tables = MODES.map(({ time, name: mode }) => {
    const groups = splits.flatMap((split) =>
      [true, false].flatMap((seen) => {
        const own = judged.filter((one) => one.time === time && one.split === split && isSeen(one.model) === seen)
        const rows = peers.rows.filter((row) => row.split === split && row.mode === mode && isPublished(row))
        return own.length === 0 ? [] : [{ name: `${split}${seen ? "" : ", unseen"}`, own, rows, seen }]
      }),
    )
    const names = groups[0]?.rows.map(({ name }) => name) ?? []
    const figures = FIGURES.flatMap((figure) =>
      groups.map(({ name, own, rows, seen }) => {
        const theirs = rows.map(({ parts }) =>
          figure.value(addCounts(parts.filter((part) => isSeen(part) === seen).map(({ counts }) => counts))),
        )
        return [`${figure.name}, ${name}`, ...compared(figure, figure.value(addCounts(own.map(({ counts }) => counts))), theirs)]
      }),
    )
    const costs = splits.map((split) => {
      const mine = outcomes.filter((outcome) => outcome.split === split && outcome.time === time)
      const seconds = mine.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000 / mine.length
      const rows = peers.rows.filter((row) => row.split === split && row.mode === mode && isPublished(row))
      return [`seconds per model, ${split}`, number(seconds, 2), ...rows.map(({ secondsPerModel }) => number(secondsPerModel, 2))]
    })
    return { mode, rows: [["", "Pedigree", ...names], ...figures, ...costs], figures }
  })
  const held = tables.flatMap(({ figures }) => figures.map(([, ours = ""]) => ours)).filter((cell) => /[✓✗]$/.test(cell))
  return [
    {
      level: 1,
      heading: "Beside published methods",
      text: [
        "The same families, the same rules of counting, thresholds tuned for each method on the development families (docs/peers.md says what each of them is and is given: all weights of",
        "all models of one architecture, where Pedigree starts from one model, finds its candidates and reads at most 1 MiB of each). ✓: no method does better.",
        `That holds in ${held.filter((cell) => cell.endsWith("✓")).length} of ${held.length} rows. Seconds are ours by the clock, reading over HTTP and searching included (without dates: what was read is known); theirs of one processor, files at hand.`,
      ].join("\n"),
    },
    ...tables.map(({ mode, rows }): Section => ({ level: 2, heading: `Methods, ${mode}`, rows })),
    { level: 2, heading: "Bytes", ...(await bytes(splits, outcomes, peers)) },
  ]
}

/** Our cell, marked where no method does better, and theirs. */
function compared({ least = false, digits = 3 }: Figure, ours: number | null, theirs: readonly (number | null)[]): string[] {
  const better = (one: number | null) => one !== null && ours !== null && (least ? one < ours : one > ours)
  const mark = ours === null || theirs.every((one) => one === null) ? "" : theirs.some(better) ? " ✗" : " ✓"
  return [`${number(ours, digits)}${mark}`, ...theirs.map((one) => number(one, digits))]
}

/** Weights read per model of the zoo, and of a Llama of seven billion parameters. */
async function bytes(
  splits: readonly string[],
  outcomes: readonly (Outcome & { readonly split: string })[],
  peers: PeerResults,
): Promise<Pick<Section, "text" | "rows">> {
  const large = await readLargeModel()
  const times = (count: number) => `${(count / large.bytes).toLocaleString("en", { maximumFractionDigits: 1 })}`
  const kilobytes = (split: string) => {
    const mine = outcomes.filter((outcome) => outcome.split === split)
    return (mine.reduce((sum, { weightBytes }) => sum + weightBytes, 0) / new Set(mine.map(({ id }) => id)).size / 1000).toFixed(0)
  }
  const published = peers.rows.filter((row) => isPublished(row) && row.mode === MODES[0].name)
  const methods = [...new Set(published.map(({ method }) => method))]
  const name = (method: string) => published.find((row) => row.method === method)?.name ?? method
  const zoo = (method: string) =>
    splits.map((split) => number((published.find((row) => row.split === split && row.method === method)?.bytesPerModel ?? NaN) / 1000, 0))
  return {
    text: "Weights read per model. The models of these families are so small that 1 MiB is most of one; what counts is a real model's size: the same reading plans on the names and shapes of a Llama of seven billion parameters in bfloat16.",
    rows: [
      ["method", ...splits.map((split) => `kB, ${split}`), "MB of 7 billion parameters", "times ours", "stretches read"],
      ["Pedigree", ...splits.map(kilobytes), (large.bytes / 1e6).toFixed(1), "1", String(large.ranges)],
      ...methods.map((method) => {
        const own = peers.bytesOf7B.methods[method]
        const count = own?.bytesPerModel ?? Number.NaN
        return [
          name(method),
          ...zoo(method),
          (count / 1e6).toFixed(1),
          times(count),
          own?.stretches ? String(own.stretches) : "whole tensors",
        ]
      }),
    ],
  }
}
