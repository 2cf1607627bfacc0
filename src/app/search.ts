import { type Failure, toFailure } from "~src/core/errors"
import type { Call, ModelRecord } from "~src/hub/types"
import { rankMembers } from "~src/lineage/adapter"
import { lookFor } from "~src/lineage/adapter-origin"
import { findCandidates, isPacked } from "~src/lineage/candidates"
import type { ConfigHints } from "~src/lineage/hints"
import type { Gathered } from "./gather"
import type { Engine } from "./inspect-types"

/** Models compared at most: enough for a family and its strangers, within the anonymous rate limits. */
const MAX_CANDIDATES = 40
/** Parents that relatives' cards name and the first search missed. */
const MAX_NAMED = 8

export interface Found {
  readonly candidates: readonly ModelRecord[]
  readonly unreachable: readonly { readonly id: string; readonly failure: Failure }[]
  /** Further ones that were found and are too many to read. */
  readonly more?: number
}

/**
 * The models to compare with, found from cheap facts: the likeliest relatives first.
 * @param own the model's own weights, awaited only where the Hub does not say what size or kind they are
 */
export async function findListed(engine: Engine, target: ModelRecord, own: Promise<Gathered>, call: Call): Promise<Found> {
  const adapter = target.adapterBase !== null || (target.paths?.includes("adapter_config.json") ?? false)
  const vague = adapter || isPacked(target) || target.totalParameters === null || target.modelType === null
  const known = vague ? describe(target, await own) : target
  const origins = adapter ? (await own).member.fingerprint.facts.origins : []
  const { candidates, unreachable } = await findCandidates(engine.hub, known, origins, call)
  const read = candidates.slice(0, MAX_CANDIDATES).map(({ record }) => record)
  return { candidates: read, unreachable, more: candidates.length - read.length }
}

/** The record with what the weights say where the Hub says nothing. An adapter's own size and kind say nothing of its base. */
function describe(record: ModelRecord, { member }: Gathered): ModelRecord {
  const { facts, tensors } = member.fingerprint
  if (facts.adapter) return { ...record, modelType: null, parameters: null, totalParameters: null }
  const weights = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0)
  const sized = record.totalParameters !== null && !isPacked(record)
  return { ...record, modelType: record.modelType ?? facts.architecture, ...(sized ? {} : { parameters: null, totalParameters: weights }) }
}

/** The models that the files name as their origin, unless they are among those found otherwise. */
export async function findOrigin(
  engine: Engine,
  target: ModelRecord,
  hints: () => Promise<ConfigHints>,
  own: Promise<Gathered>,
  listed: Promise<Found>,
  call: Call,
): Promise<Found> {
  const { candidates } = await listed
  const { facts } = (await own).member.fingerprint
  const named = new Set([(await hints()).namedOrigin, ...facts.origins.map((origin) => lookFor(origin).id)])
  const ids = [...named].filter((id) => id !== null && id !== target.id && !candidates.some((candidate) => candidate.id === id))
  return lookUp(engine, ids.slice(0, MAX_NAMED) as string[], call)
}

/** Further models of the size and kind of the base that an adapter fits best so far: its siblings may fit better. */
export async function findAlike(
  engine: Engine,
  target: Gathered,
  read: readonly Gathered[],
  unread: ReadonlyMap<string, Failure>,
  call: Call,
): Promise<Found> {
  const [best] = rankMembers(
    target.member,
    read.map(({ member }) => member),
  )
  const base = best && best.probability > 0 ? read[best.index]?.record : undefined
  if (!base) return { candidates: [], unreachable: [] }
  const { modelType, parameters, totalParameters } = base
  const { candidates } = await findCandidates(engine.hub, { ...target.record, modelType, parameters, totalParameters }, [], call)
  const known = new Set([...read.map(({ record }) => record.id), ...unread.keys()])
  const fresh = candidates.map(({ record }) => record).filter(({ id, totalParameters: size }) => !known.has(id) && size === totalParameters)
  return { candidates: fresh.slice(0, MAX_CANDIDATES), unreachable: [] }
}

/** Parents that the cards of same-shaped candidates name and that were not looked at yet, most often named first. */
export async function namedByRelatives(
  engine: Engine,
  target: Gathered,
  read: readonly Gathered[],
  unread: ReadonlyMap<string, Failure>,
  call: Call,
): Promise<Found> {
  const known = new Set([target.record.id, ...read.map(({ record }) => record.id), ...unread.keys()])
  const counts = new Map<string, number>()
  for (const { record, member } of read) {
    if (record.totalParameters !== target.record.totalParameters) continue
    for (const id of member.facts.declared) if (!known.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const ids = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_NAMED)
  const { candidates, unreachable } = await lookUp(
    engine,
    ids.map(([id]) => id),
    call,
  )
  return { candidates: candidates.filter(({ id }) => !known.has(id)), unreachable }
}

/** The models of these names; those that cannot be reached are reported, not thrown. */
export async function lookUp(engine: Engine, ids: readonly string[], call: Call): Promise<Found> {
  const unreachable: { id: string; failure: Failure }[] = []
  const records = await Promise.all(
    ids.map(async (id) => {
      try {
        const [name, revision] = id.split("@") as [string, string | undefined]
        return await engine.hub.model(name, revision ?? null, call)
      } catch (thrown) {
        call.signal.throwIfAborted()
        unreachable.push({ id, failure: toFailure(thrown) })
        return null
      }
    }),
  )
  return { candidates: records.filter((record) => record !== null), unreachable }
}
