import { type Failure, PedigreeError, toFailure } from "~src/core/errors"
import { repositoryName } from "~src/hub/ids"
import type { Call, Hub, ListQuery, ModelRecord } from "~src/hub/types"
import { lookFor } from "./adapter-origin"
import { rootsLike, type SizeRange } from "./roots"

/** Why a model is worth comparing, strongest first; the panel words it. */
export type Source = "declared" | "file" | "child" | "sibling" | "signature" | "root" | "name" | "author" | "popular"

export interface Candidate {
  readonly record: ModelRecord
  readonly source: Source
  readonly rank: number
}

export interface CandidateSearch {
  /** By falling rank, the model itself left out. */
  readonly candidates: readonly Candidate[]
  /** Named parents that could not be looked up, and why. */
  readonly unreachable: readonly { readonly id: string; readonly failure: Failure }[]
}

const BASE_RANK: Record<Source, number> = {
  declared: 100,
  file: 95,
  child: 55,
  sibling: 50,
  signature: 30,
  root: 20,
  name: 15,
  author: 12,
  popular: 5,
}
/** Parameter counts within this factor can be one family (vocabulary, depth); beyond it the weights hardly line up. */
const SIZE_FACTOR = 2.5
/** Mixtures of experts hold several copies of the MLP they were grown from. */
const MIXTURE_FACTOR = 16
/** Types of mixtures whose dense kin has another name than theirs without `moe`. */
const DENSE_KIN: ReadonlyMap<string, string> = new Map([
  ["mixtral", "mistral"],
  ["olmoe", "olmo"],
])
/** Tight window for the signature query: casts and fine-tunes keep the count exactly, a few added tokens barely change it. */
const SIGNATURE_SLACK = 0.02
/** Conversions to other containers drop heads and poolers, or store a tied head twice. */
const CONVERSION_SLACK = 0.25
/** Searches made for what an adapter's files name. */
const MAX_WORDS = 3
/** Rank that a repository loses where it is hardly anybody's parent. */
const LEAF = 30
/** Rank that the same name under another owner gains: copies keep it. */
const NAMESAKE = 30
/** Rank that a model gains which cards of other candidates name as their parent, for each doubling of their number, and at most. */
const NAMED = 6
const MOST_NAMED = 18
/** Rank that a model gains which was there before the target. */
const OLDER = 8
/** Children, and siblings, read before others get their turn: a well-known model has thousands. */
const MOST_OF_KIND = 12
const CROWD = 40
const LEAF_TAGS = new Set(["gguf", "onnx", "4-bit", "8-bit", "gptq", "awq", "bitsandbytes", "compressed-tensors", "fp8", "mlx", "peft"])
/** Names are split at separators; these parts say nothing about kinship. */
const EMPTY_TOKENS = new Set([
  "model",
  "base",
  "small",
  "large",
  "tiny",
  "mini",
  "v1",
  "v2",
  "v3",
  "hf",
  "the",
  "and",
  "for",
  "test",
  "final",
  "new",
])

/**
 * Finds models worth comparing, from the cheapest facts to the widest: named parents, file hints, children of the same
 * parents, equal signature (model type and parameter count), well-known roots of that signature, names, the author's other models. List
 * queries run side by side; one that fails only narrows the search. Roots are looked up only where no list had them.
 * @param origins what an adapter's files name as its base: ids, or paths whose last part is searched for
 * @throws PedigreeError when the Hub cannot be reached at all
 */
export async function findCandidates(hub: Hub, target: ModelRecord, origins: readonly string[], call: Call): Promise<CandidateSearch> {
  const named = new Map<string, Source>()
  for (const { id } of target.declared) named.set(id, "declared")
  const looked = [...origins, ...(target.adapterBase ? [target.adapterBase] : [])].map(lookFor)
  for (const { id } of looked) if (id !== null && !named.has(id)) named.set(id, "file")
  named.delete(target.id)
  const unreachable: { id: string; failure: Failure }[] = []
  const found = new Map<string, Candidate>()
  const add = (record: ModelRecord, source: Source) => {
    if (record.id === target.id) return
    const candidate = { record, source, rank: rankOf(target, record, source) }
    const known = found.get(record.id)
    if (!known || known.rank < candidate.rank) found.set(record.id, candidate)
  }
  const failures: unknown[] = []
  const words = new Set(looked.flatMap(({ search }) => (search === null ? [] : [search])))
  const searches = [...words]
    .slice(0, MAX_WORDS)
    .map((search) => ({ source: "file" as const, query: { search, limit: 50, sort: "downloads" as const } }))
  const lists = [...queries(target, [...named.keys()]), ...searches].map(async ({ source, query }) => {
    try {
      for (const record of await hub.list(query, call)) add(record, source)
    } catch (thrown) {
      call.signal.throwIfAborted()
      failures.push(thrown)
    }
  })
  const lookups = [...named].map(async ([id, source]) => {
    try {
      add(await hub.model(id, null, call), source)
    } catch (thrown) {
      call.signal.throwIfAborted()
      unreachable.push({ id, failure: toFailure(thrown) })
    }
  })
  await Promise.all([...lists, ...lookups])
  if (failures.length === lists.length) throw asError(failures[0])
  const roots = rootsLike(target, parameterRange(target)).map(async ({ id }) => {
    const known = found.get(id)?.record ?? (named.has(id) ? null : await lookUpQuietly(hub, id, call))
    if (known) add(known, "root")
  })
  await Promise.all(roots)
  const plausibles = [...found.values()].filter(({ record, source }) => plausible(target, record, source))
  return { candidates: sortCandidates(weighTogether(target, plausibles)), unreachable }
}

/** What the candidates say of each other: parents are named by cards, and older than their children; and many of a kind say the same. */
function weighTogether(target: ModelRecord, candidates: readonly Candidate[]): Candidate[] {
  const named = new Map<string, number>()
  for (const { record } of candidates) for (const { id } of record.declared) if (id !== record.id) named.set(id, (named.get(id) ?? 0) + 1)
  const weighed = candidates.map((candidate) => {
    const { createdAt, id } = candidate.record
    const cards = Math.min(MOST_NAMED, NAMED * Math.log2(1 + (named.get(id) ?? 0)))
    const older = target.createdAt !== null && createdAt !== null && createdAt < target.createdAt ? OLDER : 0
    return { ...candidate, rank: candidate.rank + cards + older }
  })
  const met = { child: 0, sibling: 0 }
  return sortCandidates(weighed).map((candidate) => {
    const { source, rank } = candidate
    if (source !== "child" && source !== "sibling") return candidate
    met[source] += 1
    return met[source] > MOST_OF_KIND ? { ...candidate, rank: rank - CROWD } : candidate
  })
}

/** The record of a model that nobody named: that it is not there concerns nobody. */
async function lookUpQuietly(hub: Hub, id: string, call: Call): Promise<ModelRecord | null> {
  try {
    return await hub.model(id, null, call)
  } catch {
    call.signal.throwIfAborted()
    return null
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new PedigreeError("bad-response", String(thrown), "Try again later.")
}

export function sortCandidates(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) => b.rank - a.rank || (a.record.id < b.record.id ? -1 : 1))
}

function queries(target: ModelRecord, parents: readonly string[]): { source: Source; query: ListQuery }[] {
  const list: { source: Source; query: ListQuery }[] = []
  for (const id of parents.slice(0, 4))
    list.push({ source: "sibling", query: { filter: [`base_model:${id}`], limit: 100, sort: "downloads" } })
  list.push({ source: "child", query: { filter: [`base_model:${target.id}`], limit: 100, sort: "downloads" } })
  const size = parameterRange(target)
  const slack = target.parameters === null ? CONVERSION_SLACK : SIGNATURE_SLACK
  if (target.modelType) {
    const window = size ? { parameters: { min: Math.floor(size.min * (1 - slack)), max: Math.ceil(size.max * (1 + slack)) } } : {}
    list.push({ source: "signature", query: { filter: [target.modelType], ...window, limit: 100, sort: "downloads" } })
  }
  const dense = denseKin(target)
  if (dense !== null) list.push({ source: "popular", query: { filter: [dense], limit: 100, sort: "downloads" } })
  const [owner, name] = target.id.split("/") as [string, string]
  const token = nameTokens(name).sort((a, b) => b.length - a.length)[0]
  if (token) list.push({ source: "name", query: { search: token, limit: 50, sort: "downloads" } })
  list.push({ source: "author", query: { author: owner, limit: 50, sort: "downloads" } })
  // The most used models: well-known roots on the Hub, simply everything on a small private one.
  list.push({ source: "popular", query: { limit: 500, sort: "downloads" } })
  return list
}

export function nameTokens(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((token) => token.length >= 3 && !EMPTY_TOKENS.has(token) && !/^\d+[bmk]?$/.test(token))
}

/** Weights that one stored element of a dtype can hold: packed formats keep 2 to 8 bits each in wide integers. */
const HELD: Readonly<Record<string, readonly [least: number, most: number]>> = { I32: [4, 16], U32: [4, 16], U8: [1, 2] }

/** How many weights a model may have; the Hub counts stored elements, of which packed ones hold several. Null when nothing is known. */
function parameterRange({ parameters, totalParameters }: ModelRecord): SizeRange | null {
  if (totalParameters === null || totalParameters === 0) return null
  let [min, max, sum] = [0, 0, 0]
  for (const [dtype, count] of Object.entries(parameters ?? {})) {
    // The Hub's answer names the dtypes: `constructor` is none.
    const [least, most] = (Object.hasOwn(HELD, dtype) ? HELD[dtype] : undefined) ?? [1, 1]
    min += least * count
    max += most * count
    sum += count
  }
  // A total beside the sum is the Hub's own count of weights.
  return sum === 0 || totalParameters !== sum ? { min: totalParameters, max: totalParameters } : { min, max }
}

/** Factor between two models' sizes: 1 when they can be equal, null when one is unknown. */
function sizeRatio(target: ModelRecord, other: ModelRecord): number | null {
  const [a, b] = [parameterRange(target), parameterRange(other)]
  return a && b ? Math.max(1, a.min / b.max, b.min / a.max) : null
}

function plausible(target: ModelRecord, other: ModelRecord, source: Source): boolean {
  if (source === "declared" || source === "file" || source === "child") return true
  const mixture = isMixtureOf(target, other) || isMixtureOf(other, target)
  if (target.modelType && other.modelType && target.modelType !== other.modelType && !mixture) return false
  const ratio = sizeRatio(target, other)
  return ratio === null || ratio <= (mixture ? MIXTURE_FACTOR : SIZE_FACTOR)
}

/** The type of the dense models that a mixture of experts can be grown from, null for other models. */
function denseKin({ modelType }: ModelRecord): string | null {
  if (!modelType) return null
  const dense = DENSE_KIN.get(modelType) ?? modelType.replace(/_?moe$/, "")
  return dense === modelType || dense === "" ? null : dense
}

function isMixtureOf(mixture: ModelRecord, dense: ModelRecord): boolean {
  return dense.modelType !== null && denseKin(mixture) === dense.modelType
}

/** True where the Hub counts wide integers that hold several weights each. */
export function isPacked({ parameters }: ModelRecord): boolean {
  return Object.keys(parameters ?? {}).some((dtype) => Object.hasOwn(HELD, dtype))
}

/** Repositories that others are hardly ever made from: adapters, packed weights, exports. */
function isLeaf(record: ModelRecord): boolean {
  return isPacked(record) || record.adapterBase !== null || record.tags.some((tag) => LEAF_TAGS.has(tag))
}

function rankOf(target: ModelRecord, other: ModelRecord, source: Source): number {
  let rank = BASE_RANK[source]
  const ratio = sizeRatio(target, other)
  if (ratio !== null) rank += ratio === 1 ? 30 : ratio < 1 + SIGNATURE_SLACK ? 20 : ratio < 1.5 ? 5 : 0
  if ((target.modelType && target.modelType === other.modelType) || isMixtureOf(target, other)) rank += 10
  const [mine, theirs] = [nameTokens(target.id), new Set(nameTokens(other.id))]
  if (mine.length > 0) rank += (15 * mine.filter((token) => theirs.has(token)).length) / mine.length
  if (other.id.split("/")[0] === target.id.split("/")[0]) rank += 5
  if (repositoryName(other.id) === repositoryName(target.id)) rank += NAMESAKE
  else if (isLeaf(other) && source !== "declared" && source !== "file" && source !== "child") rank -= LEAF
  return rank + Math.min(5, Math.log10(1 + other.downloads))
}
