import { gather, withHints } from "~src/app/gather"
import { createEngine } from "~src/cli/engine"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import type { ModelRecord } from "~src/hub/types"
import type { Member } from "~src/lineage/types"
import type { TruthModel } from "./truth"

export interface Read {
  readonly truth: TruthModel
  readonly record: ModelRecord
  readonly member: Member
}

const SAME: ReadonlySet<string> = new Set(["copy", "precision"])

/** A split's models and the Hub that serves them. */
export interface Served {
  readonly endpoint: string
  readonly models: readonly TruthModel[]
}

/** A split's models as the engine reads them. */
export async function readModels({ endpoint, models }: Served): Promise<Read[]> {
  const engine = createEngine({ endpoint, token: null, time: true, budget: DEFAULT_BUDGET, cache: null, out: null }, {})
  const call = { signal: new AbortController().signal, meter: { add() {} } }
  const read: Read[] = []
  for (const truth of models) {
    const record = await engine.hub.model(truth.id, null, call)
    const { member } = await withHints(engine, await gather(engine, record, { budget: DEFAULT_BUDGET, time: true }, call), call)
    read.push({ truth, record, member })
  }
  return read
}

/** A model and every other with its weights: who would leave it out must leave those out too. */
export function twinsOf(family: readonly Read[], id: string): ReadonlySet<string> {
  const twins = new Set([id])
  for (let before = 0; before < twins.size; ) {
    before = twins.size
    for (const { truth } of family)
      for (const parent of truth.parents)
        if (SAME.has(parent.relation) && (twins.has(truth.id) || twins.has(parent.id))) twins.add(truth.id).add(parent.id)
  }
  return twins
}

/** Models by family, without families too small to leave one out. */
export function groups(models: readonly Read[], least: number): Read[][] {
  const families = new Map<string, Read[]>()
  for (const model of models) families.set(model.truth.family, [...(families.get(model.truth.family) ?? []), model])
  return [...families.values()].filter((family) => family.length > least)
}
