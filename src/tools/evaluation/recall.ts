import { gather } from "~src/app/gather"
import type { Engine } from "~src/app/inspect-types"
import { CostMeter } from "~src/app/meter"
import { findListed } from "~src/app/search"
import { createEngine } from "~src/cli/engine"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import type { ModelRecord } from "~src/hub/types"
import { drawChart } from "./chart"
import { number, type Section } from "./section"
import type { TruthModel } from "./truth"

/** A split's models, or a sample of them, and the Hub that serves them. */
interface Served {
  readonly endpoint: string
  readonly models: readonly TruthModel[]
}

/** One model's search: what it asked for, what reading each candidate asks for, in their order, and where the true parents stand. */
interface Search {
  readonly requests: number
  readonly reads: readonly number[]
  /** Places from 1 on, infinite for parents that are not among the candidates. */
  readonly parents: readonly { readonly place: number; readonly named: boolean }[]
}

/** Where the curve over requests is described. */
const READ = [0, 1, 2, 4, 8, 12, 16, 24, 32, 40]
const OPTIONS = { budget: DEFAULT_BUDGET, time: true }

const KINDS = [
  { name: "all", holds: () => true },
  { name: "named by the card", holds: ({ named }: { named: boolean }) => named },
  { name: "not named by it", holds: ({ named }: { named: boolean }) => !named },
] as const

/**
 * Recall of the true parent against what was spent: how many of the true parents are among the first so many candidates, and how many
 * requests that is, as the product finds and reads them. Parents that are found later, from what was read, are not among them.
 */
export async function candidateSections(splits: readonly Served[]): Promise<Section[]> {
  const searches: Search[] = []
  for (const { endpoint, models } of splits) searches.push(...(await searchAll(endpoint, models)))
  const mean = (most: number) => searches.reduce((sum, search) => sum + spent(search, most), 0) / searches.length
  const recall = (most: number, holds: (parent: Search["parents"][number]) => boolean) => {
    const parents = searches.flatMap((search) => search.parents).filter(holds)
    return parents.length === 0 ? null : parents.filter(({ place }) => place <= most).length / parents.length
  }
  const curve = READ.map((most) => ({ most, requests: mean(most), shares: KINDS.map(({ holds }) => recall(most, holds)) }))
  const furthest = Math.max(...curve.map(({ requests }) => requests))
  return [
    {
      level: 2,
      heading: "True parents among the candidates, by what was spent",
      text: "Candidates as the search alone finds them, in the order in which they are read; requests are means per model with nothing known before, its own weights included.",
      rows: [
        ["candidates read, at most", "requests", ...KINDS.map(({ name }) => `true parents, ${name}`)],
        ...curve.map(({ most, requests, shares }) => [String(most), requests.toFixed(0), ...shares.map((share) => number(share))]),
      ],
      picture: {
        name: "candidates.svg",
        alt: "Share of true parents among the candidates read so far, against the requests spent",
        svg: drawChart({
          title: "Share of true parents among the candidates read so far, against the requests spent",
          x: { label: "requests", from: 0, to: Math.ceil(furthest / 10) * 10, say: String },
          y: { label: "true parents among the candidates", from: 0, to: 1, say: (value) => value.toFixed(1) },
          series: KINDS.map(({ name }, kind) => ({
            name,
            points: curve.flatMap(({ requests: x, shares }) => (typeof shares[kind] === "number" ? [{ x, y: shares[kind] }] : [])),
          })),
          marks: "line",
        }),
      },
    },
  ]
}

const spent = ({ requests, reads }: Search, most: number) => requests + reads.slice(0, most).reduce((sum, read) => sum + read, 0)

async function searchAll(endpoint: string, models: readonly TruthModel[]): Promise<Search[]> {
  const common = { endpoint, token: null, time: true, budget: DEFAULT_BUDGET, cache: null, out: null }
  // Two that know nothing of each other: what the search has seen of a model shall not make reading it cheaper.
  const [engine, reader] = [createEngine(common, {}), createEngine(common, {})]
  const { signal } = new AbortController()
  const costs = new Map<string, Promise<number>>()
  const costOf = (record: ModelRecord) => {
    const known = costs.get(record.id) ?? readingCost(reader, record, signal)
    costs.set(record.id, known)
    return known
  }
  const searches: Search[] = []
  for (const { id, parents } of models.filter((model) => model.parents.length > 0)) {
    const meter = new CostMeter()
    const record = await engine.hub.model(id, null, { signal, meter })
    const own = gather(engine, record, OPTIONS, { signal, meter: new CostMeter() })
    const { candidates } = await findListed(engine, record, own, { signal, meter })
    await own
    const ids = candidates.map((candidate) => candidate.id)
    const reads: number[] = []
    for (const candidate of candidates) reads.push(await costOf(candidate))
    searches.push({
      requests: meter.requests + (await costOf(record)),
      reads,
      parents: parents.map((parent) => ({
        place: ids.includes(parent.id) ? ids.indexOf(parent.id) + 1 : Number.POSITIVE_INFINITY,
        named: record.declared.some((declared) => declared.id === parent.id),
      })),
    })
  }
  return searches
}

/** Requests for a model's files and weights; its record is there already, as it came with a list. */
async function readingCost(reader: Engine, record: ModelRecord, signal: AbortSignal): Promise<number> {
  const meter = new CostMeter()
  await gather(reader, record, OPTIONS, { signal, meter }).catch(() => {})
  return meter.requests
}
