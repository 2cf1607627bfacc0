import * as v from "valibot"
import { type Failure, toFailure } from "~src/core/errors"
import type { Relation, Verdict } from "~src/core/words"
import { isModelId } from "~src/hub/ids"
import type { Call, DeclaredParent } from "~src/hub/types"
import type { Engine } from "./inspect-types"
import { listQueryOf } from "./list-query"
import { isHubPage, type Sender } from "./messages"
import { CostMeter } from "./meter"
import { recallAll } from "./recall"

/** A list page asks what is known of the models it shows. */
export interface MarksRequest {
  readonly type: "marks"
  readonly models: readonly string[]
  /** Path and query of the page: one list call answers for all its models. */
  readonly path: string
  readonly search: string
}

/** What is known of one model: a stored verdict, or failing that what its card declares; null where the Hub did not say. */
export interface Mark {
  readonly id: string
  readonly verdict: Verdict | null
  readonly parents: readonly { readonly id: string; readonly relation: Relation }[]
  readonly declared: readonly DeclaredParent[] | null
}

export type MarksReply =
  | { readonly type: "marks"; readonly marks: readonly Mark[] }
  | { readonly type: "failed"; readonly failure: Failure }

const Request = v.object({
  type: v.literal("marks"),
  models: v.pipe(v.array(v.pipe(v.string(), v.check(isModelId))), v.maxLength(200)),
  path: v.pipe(v.string(), v.maxLength(300)),
  search: v.pipe(v.string(), v.maxLength(2000)),
})

/** Models that no list call covers and that are looked up one by one, at most. */
const SINGLES = 12
/** Milliseconds. */
const LIMIT = 30_000

interface Runtime {
  readonly onMessage: {
    addListener(listener: (message: unknown, sender: Sender, reply: (answer: MarksReply) => void) => boolean): void
  }
}

/** Answers list pages of the Hub, from the store and from metadata; weights are not read. */
export function serveMarks(runtime: Runtime, engine: () => Promise<Engine>): void {
  runtime.onMessage.addListener((raw, sender, reply) => {
    if (!isHubPage(sender) || !v.is(Request, raw)) return false
    void engine()
      .then((opened): Promise<MarksReply> => answer(opened, raw))
      .catch((error: unknown): MarksReply => ({ type: "failed", failure: toFailure(error) }))
      .then(reply)
    return true
  })
}

async function answer({ hub, store }: Engine, { models, path, search }: MarksRequest): Promise<MarksReply> {
  const stored = await recallAll(store, models)
  const open = models.filter((id) => !stored.has(id))
  const declared = open.length > 0 ? await declaredOf(hub, open, listQueryOf(path, search)) : new Map<string, readonly DeclaredParent[]>()
  const marks = models.map((id): Mark => {
    const report = stored.get(id)
    const parents = report?.parents.map((parent) => ({ id: parent.id, relation: parent.relation })) ?? []
    return { id, verdict: report?.verdict ?? null, parents, declared: report?.declared ?? declared.get(id) ?? null }
  })
  return { type: "marks", marks }
}

/** What the cards declare, by one list call and, for the few that it does not cover, by their records. */
async function declaredOf(
  hub: Engine["hub"],
  models: readonly string[],
  query: ReturnType<typeof listQueryOf>,
): Promise<Map<string, readonly DeclaredParent[]>> {
  const call: Call = { signal: AbortSignal.timeout(LIMIT), meter: new CostMeter() }
  const listed = query ? await hub.list(query, call) : []
  const known = new Map(listed.map((record) => [record.id, record.declared]))
  const missing = models.filter((id) => !known.has(id)).slice(0, SINGLES)
  const records = await Promise.allSettled(missing.map((id) => hub.model(id, null, call)))
  for (const [index, record] of records.entries()) {
    if (record.status === "fulfilled") known.set(missing[index] ?? "", record.value.declared)
  }
  return known
}
