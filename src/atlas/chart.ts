import type { PairStatisticsRunner } from "~src/inference/types"
import { chartFamily, type Family, pairKey } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import type { Link } from "~src/lineage/skeleton"
import type { FamilyEdge, Member, PairEvidence } from "~src/lineage/types"
import { attachAdapters, homeOf } from "./adapters"
import { type Comparison, comparison } from "./comparison"
import { findFamilies } from "./relatives"
import { type Sketch, sketchOf } from "./sketch"
import { sketchEvidence } from "./sketch-pair"
import { cutWindows } from "./windows"

/** What was inferred about a window before, by the ids and commits of its members; a chart that grows takes it over. */
export type ChartMemory = Map<string, WindowChart>

export interface ChartOptions {
  /** What an earlier chart left behind: windows whose members are the same are not inferred again. */
  readonly memory?: ChartMemory
  /** Ids that could not be read: documented children may name one of them as their unseen parent. */
  readonly unread?: ReadonlySet<string>
}

/** Arrows and open questions of one window, in places of its own list of members. */
interface WindowChart {
  readonly edges: readonly FamilyEdge[]
  readonly sharedInit: Family["sharedInit"]
  readonly unclear: Family["unclear"]
}

/** Families under way at once: while one's arrows are tested, the next one is inferred. */
const AHEAD = 4

/**
 * Charts many models: families by their sketches, each inferred jointly from the sketches (a large one in windows of near relatives), and
 * every arrow found put to the test of the pair itself. Work grows little faster than the number of models (docs/charting.md).
 * @returns family after family, members in order of their ids, their fingerprints cut to sketches; the order of `models` changes nothing
 * @throws PedigreeError when the runtime is lost; AbortError when `signal` fires
 */
export async function* chartMany(
  models: readonly Member[],
  runner: PairStatisticsRunner,
  signal: AbortSignal,
  { memory = new Map(), unread = new Set() }: ChartOptions = {},
): AsyncGenerator<Family> {
  const sorted = [...models].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const whole = sorted.filter(({ fingerprint }) => fingerprint.facts.adapter === null)
  const adapters = sorted.filter(({ fingerprint }) => fingerprint.facts.adapter !== null)
  const sketches = whole.map(({ fingerprint }) => sketchOf(fingerprint))
  const families = findFamilies(sketches).map((places) => places.map((place) => whole[place] as Member))
  const homes = adapters.map((adapter) => homeOf(adapter, families))
  const number = ghostNumbers()
  const underWay: Promise<Family>[] = []
  for (const [place, members] of families.entries()) {
    const own = adapters.filter((_, n) => homes[n] === place)
    const charting = chartOne(members, runner, signal, memory, unread).then((family) => withAdapters(members, own, family))
    charting.catch(() => {}) // Awaited below, unless an earlier one failed.
    underWay.push(charting)
    if (underWay.length === AHEAD) yield number(await (underWay.shift() as Promise<Family>))
  }
  for (const charting of underWay) yield number(await charting)
  for (const [n, home] of homes.entries()) if (home === null) yield alone(adapters[n] as Member)
}

const alone = (member: Member): Family => ({
  members: [member],
  pairs: new Map(),
  edges: [],
  sharedInit: [],
  unclear: [],
  bases: new Map(),
})

/** Gives the nameless ghosts of all families numbers of their own, family after family. */
function ghostNumbers(): (family: Family) => Family {
  let next = 0
  return (family) => ({
    ...family,
    ghosts: (family.ghosts ?? []).map((ghost) => (ghost.namedBy.length > 0 ? ghost : { ...ghost, id: `ghost:${next++}` })),
  })
}

function withAdapters(whole: readonly Member[], adapters: readonly Member[], family: Family): Family {
  if (adapters.length === 0) return family
  const { bases, edges } = attachAdapters([...whole, ...adapters], family.edges)
  const size = whole.length
  const members = [...family.members, ...adapters]
  // Keys depend on the number of members.
  const pairs = new Map([...family.pairs].map(([key, pair]) => [pairKey(members.length, Math.floor(key / size), key % size), pair]))
  return { ...family, members, pairs, bases, edges: [...family.edges, ...edges] }
}

async function chartOne(
  whole: readonly Member[],
  runner: PairStatisticsRunner,
  signal: AbortSignal,
  memory: ChartMemory,
  unread: ReadonlySet<string>,
): Promise<Family> {
  const sketches = whole.map(({ fingerprint }) => sketchOf(fingerprint))
  const members = whole.map((member, place) => ({ ...member, fingerprint: (sketches[place] as Sketch).cut }))
  const compare = comparison(whole, sketches, runner, signal)
  const edges: FamilyEdge[] = []
  const sharedInit: Link[] = []
  const unclear: Link[] = []
  /** Arrows to members that a window only sees. */
  const seen: FamilyEdge[] = []
  for (const { own, context } of cutWindows(sketches)) {
    signal.throwIfAborted()
    const places = [...own, ...context].sort((a, b) => a - b)
    const key = places.map((place) => `${members[place]?.id}@${members[place]?.fingerprint.revision}`).join(" ")
    const chart = memory.get(key) ?? (await chartWindow(places, members, compare))
    memory.set(key, chart)
    const moved = (link: Link): Link => [places[link[0]] as number, places[link[1]] as number]
    for (const edge of chart.edges) {
      const [parent, child] = moved([edge.parent, edge.child])
      const list = own.includes(child) ? edges : seen
      list.push({ ...edge, parent, child })
    }
    sharedInit.push(...chart.sharedInit.map(moved))
    unclear.push(...chart.unclear.map(moved))
  }
  edges.push(...adopt(edges, seen))
  const questions = { sharedInit: unique(sharedInit), unclear: unique(unclear), bases: new Map() }
  const glance = (i: number, j: number) => sketchEvidence(sketches[i] as Sketch, sketches[j] as Sketch)
  const placed = withGhosts({ members, pairs: new Map(), edges, ...questions }, { unread, evidence: glance })
  const tested = unique(placed.edges.map(({ parent, child }) => [Math.min(parent, child), Math.max(parent, child)]))
  const answers = await compare.test(tested)
  const pairs = new Map(tested.map(([i, j], n) => [pairKey(members.length, i, j), answers[n] as PairEvidence] as const))
  const kept = placed.edges.filter(({ parent, child }) => (pairs.get(pairKey(members.length, parent, child))?.related ?? 0) >= 0.5)
  return { ...placed, pairs, edges: kept }
}

/** Joint inference from sketches, every pair of the window. */
async function chartWindow(places: readonly number[], members: readonly Member[], compare: Comparison): Promise<WindowChart> {
  const size = places.length
  const links: Link[] = []
  for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) links.push([i, j])
  const answers = await compare.glance(links.map(([i, j]) => [places[i] as number, places[j] as number]))
  const { edges, sharedInit, unclear } = chartFamily(
    places.map((place) => members[place] as Member),
    new Map(links.map(([i, j], n) => [pairKey(size, i, j), answers[n] as PairEvidence] as const)),
  )
  return { edges, sharedInit, unclear }
}

/**
 * The member that its own window takes for the root may have its parent in another window, which then says so. Of the arrows seen from
 * outside those count whose child has no parent yet, the surest first, unless they would close a circle.
 */
function adopt(edges: readonly FamilyEdge[], seen: readonly FamilyEdge[]): FamilyEdge[] {
  const parents = new Map(edges.map(({ parent, child }) => [child, parent]))
  const adopted: FamilyEdge[] = []
  const sure = ({ attachment, direction }: FamilyEdge) => attachment * direction
  for (const edge of [...seen].sort((a, b) => sure(b) - sure(a) || a.child - b.child || a.parent - b.parent)) {
    if (parents.has(edge.child) || leadsTo(parents, edge.parent, edge.child)) continue
    parents.set(edge.child, edge.parent)
    adopted.push(edge)
  }
  return adopted
}

/** Whether one of a member's forebears, or the member itself, is `sought`. */
function leadsTo(parents: ReadonlyMap<number, number>, from: number, sought: number): boolean {
  const seen = new Set<number>()
  for (let place: number | undefined = from; place !== undefined && !seen.has(place); place = parents.get(place)) {
    if (place === sought) return true
    seen.add(place)
  }
  return false
}

function unique(links: readonly Link[]): Link[] {
  return [...new Map(links.map((link) => [link.join(" "), link])).values()]
}
