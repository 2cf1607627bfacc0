import { chartMany } from "~src/atlas/chart"
import { type Failure, toFailure } from "~src/core/errors"
import type { Call, ModelRecord } from "~src/hub/types"
import { chartFamily, type Family, familyEvidence } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import { withRelations } from "~src/lineage/learned-relation"
import type { Member } from "~src/lineage/types"
import type { Surroundings } from "./conclude"
import { toAtlas } from "./family-atlas"
import { type Gathered, tryGather, withHints } from "./gather"
import { closedIds } from "./ghost-parents"
import type { Engine, InspectOptions } from "./inspect-types"
import { joinAtlases } from "./join-atlases"
import { CostMeter } from "./meter"
import type { AtlasReport } from "./report"

export interface Chart {
  readonly atlas: AtlasReport
  /** Models that could not be read: they are left out of the chart. */
  readonly unread: ReadonlyMap<string, Failure>
}

/**
 * Charts the lineage of a given set of models. What cannot be read is reported beside the chart of the rest.
 * @throws AbortError when `options.signal` fires
 */
export async function chartModels(engine: Engine, ids: readonly string[], options: InspectOptions): Promise<Chart> {
  const started = engine.now()
  const meter = new CostMeter()
  const call: Call = { signal: options.signal, meter }
  const unread = new Map<string, Failure>()
  let done = 0
  const results = await Promise.all(
    [...new Set(ids)].map(async (id) => {
      const result = await readModel(engine, id, options, call)
      options.onProgress({ step: "compare", done: ++done, total: ids.length, requests: meter.requests, bytes: meter.bytes })
      if ("failure" in result) unread.set(id, result.failure)
      return result
    }),
  )
  const read = results.filter((result): result is Gathered => !("failure" in result))
  const members = (await Promise.all(read.map((entry) => withHints(engine, entry, call)))).map(({ member }) => member)
  const records = new Map(read.map(({ record }) => [record.id, record]))
  const around: Surroundings = { unrelated: new Set(records.keys()), unread }
  const atlases: AtlasReport[] = []
  for await (const family of families(engine, members, closedIds(unread), options.signal)) {
    const own = family.members.map(({ id }) => records.get(id) as ModelRecord)
    atlases.push(toAtlas(family, own, around, meter.cost(engine.now() - started, engine.statistics.provider)))
  }
  const cost = meter.cost(engine.now() - started, engine.statistics.provider)
  const ghosts = atlases.flatMap(({ nodes }) => nodes.flatMap(({ id, ghost }) => (ghost ? [id] : [])))
  return { atlas: joinAtlases(atlases, [...new Set([...records.keys(), ...ghosts])], cost), unread }
}

/** Models up to which every pair is compared in full: a few hundred pairs take seconds, less than reading the models. */
const FEW = 60

async function* families(
  engine: Engine,
  members: readonly Member[],
  unread: ReadonlySet<string>,
  signal: AbortSignal,
): AsyncGenerator<Family> {
  if (members.length > FEW) yield* chartMany(members, engine.statistics, signal, { unread })
  else {
    const charted = chartFamily(members, await familyEvidence(members, engine.statistics, signal))
    yield withGhosts(await withRelations(charted, engine.statistics.scorers, signal), { unread })
  }
}

async function readModel(engine: Engine, id: string, options: InspectOptions, call: Call) {
  let record: ModelRecord
  try {
    const [name, revision] = id.split("@") as [string, string | undefined]
    record = await engine.hub.model(name, revision ?? null, call)
  } catch (thrown) {
    call.signal.throwIfAborted()
    return { id, failure: toFailure(thrown) }
  }
  return tryGather(engine, record, options, call)
}
