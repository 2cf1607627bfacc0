import type { Call, ModelRecord } from "~src/hub/types"
import { openCopies } from "~src/lineage/roots"
import { type Gathered, type GatherOptions, toMember, tryGather } from "./gather"
import type { Engine } from "./inspect-types"
import { lookUp } from "./search"

/**
 * A model that is closed or gone, read through the first of its known open copies that can be read. It keeps its own name and dates;
 * the weights are the copy's. That both are the same is a curated fact, which every answer that rests on it names with its source.
 * @param record what the Hub says of the closed model; null where it says nothing any more
 * @param except copies that are asked about themselves and therefore stand for nothing else
 */
export async function readThroughCopy(
  engine: Engine,
  id: string,
  record: ModelRecord | null,
  except: ReadonlySet<string>,
  options: GatherOptions,
  call: Call,
): Promise<Gathered | null> {
  for (const copy of openCopies(id)) {
    if (except.has(copy.id)) continue
    const [found] = (await lookUp(engine, [copy.id], call)).candidates
    const read = found && !except.has(found.id) ? await tryGather(engine, found, options, call) : null
    if (!found || !read || "failure" in read) continue
    const { fingerprint } = read.member
    const own = { ...(record ?? found), id, revision: null }
    const readThrough = { id: found.id, revision: fingerprint.revision, source: copy.source }
    return { record: own, member: { ...toMember(own, fingerprint, options.time), readThrough } }
  }
  return null
}

/** Without the copies that were read for another's sake: each repository is one member. */
export function withoutStandIns(read: readonly Gathered[]): Gathered[] {
  const used = new Set(read.map(({ member }) => member.readThrough?.id))
  return read.filter(({ record, member }) => member.readThrough !== undefined || !used.has(record.id))
}
