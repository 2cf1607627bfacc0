import { type Failure, toFailure } from "~src/core/errors"
import type { Call, ModelRecord } from "~src/hub/types"
import { findCandidates } from "~src/lineage/candidates"
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
}

/** The models to compare with, found from cheap facts: the likeliest relatives first. */
export async function findListed(engine: Engine, target: ModelRecord, call: Call): Promise<Found> {
  const { candidates, unreachable } = await findCandidates(engine.hub, target, call)
  return { candidates: candidates.slice(0, MAX_CANDIDATES).map(({ record }) => record), unreachable }
}

/** The model that config.json names, unless it is among those found otherwise. */
export async function findOrigin(
  engine: Engine,
  target: ModelRecord,
  hints: Promise<ConfigHints>,
  listed: Promise<Found>,
  call: Call,
): Promise<Found> {
  const named = (await hints).namedOrigin
  const { candidates } = await listed
  if (named === null || named === target.id || candidates.some(({ id }) => id === named)) return { candidates: [], unreachable: [] }
  return lookUp(engine, [named], call)
}

/** Parents that the cards of same-shaped candidates name and that were not looked at yet, most often named first. */
export async function namedByRelatives(
  engine: Engine,
  target: Gathered,
  read: readonly Gathered[],
  unread: ReadonlyMap<string, Failure>,
  call: Call,
): Promise<readonly ModelRecord[]> {
  const known = new Set([target.record.id, ...read.map(({ record }) => record.id), ...unread.keys()])
  const counts = new Map<string, number>()
  for (const { record, member } of read) {
    if (record.totalParameters !== target.record.totalParameters) continue
    for (const id of member.facts.declared) if (!known.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const ids = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_NAMED)
  const { candidates } = await lookUp(
    engine,
    ids.map(([id]) => id),
    call,
  )
  return candidates.filter(({ id }) => !known.has(id))
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
