import * as v from "valibot"
import { RELATIONS } from "~src/core/words"
import { type FromWorker, type Reply, STEPS } from "./protocol"

/**
 * What the worker says, as it arrives in panel, popup and options: after an update an old page may hear a new worker, so the
 * fields that are drawn are checked and everything else is let be.
 */

const Declared = v.looseObject({ id: v.string(), relation: v.nullable(v.string()) })
const Verdict = v.picklist(["documented", "undocumented", "contradicted", "independent", "unverified"])
const Relation = v.picklist(RELATIONS)
const Worded = v.object({ as: v.string(), values: v.record(v.string(), v.union([v.string(), v.number()])) })
const Evidence = v.looseObject({
  kind: v.string(),
  value: v.nullable(v.number()),
  p: v.exactOptional(v.number()),
  says: v.picklist(["for", "against", "neutral"]),
  text: v.string(),
  worded: v.exactOptional(Worded),
})
const Cost = v.looseObject({
  requests: v.number(),
  bytes: v.number(),
  weightBytes: v.number(),
  milliseconds: v.number(),
  provider: v.nullable(v.picklist(["webgpu", "wasm"])),
})
const Parent = v.looseObject({
  id: v.string(),
  ghost: v.boolean(),
  namedBy: v.exactOptional(v.array(v.string())),
  readThrough: v.exactOptional(v.looseObject({ id: v.string(), revision: v.string(), source: v.string() })),
  relation: Relation,
  hubRelation: v.nullable(v.string()),
  probability: v.number(),
  share: v.number(),
  direction: v.looseObject({
    probability: v.number(),
    basis: v.array(v.picklist(["information", "time", "geometry", "weights", "files"])),
  }),
  evidence: v.array(Evidence),
})
const Report = v.looseObject({
  schema: v.literal("pedigree/lineage@1"),
  model: v.string(),
  revision: v.string(),
  verdict: Verdict,
  reason: v.string(),
  worded: v.exactOptional(Worded),
  declared: v.array(Declared),
  parents: v.array(Parent),
  sharedInit: v.array(v.string()),
  compared: v.array(v.looseObject({ id: v.string(), related: v.number() })),
  notCompared: v.array(v.looseObject({ id: v.string(), reason: v.string() })),
  notRead: v.exactOptional(v.number()),
  control: v.nullable(Evidence),
  cost: Cost,
})
const Atlas = v.looseObject({
  schema: v.literal("pedigree/atlas@1"),
  nodes: v.array(v.looseObject({ id: v.string(), family: v.number(), ghost: v.boolean(), verdict: Verdict })),
  edges: v.array(v.looseObject({ parent: v.string(), child: v.string(), relation: Relation, share: v.number(), declared: v.boolean() })),
})
/** A failure as it crosses a port or a message. */
export const Failed = v.looseObject({
  type: v.literal("failed"),
  failure: v.looseObject({
    ...{ code: v.string(), message: v.string(), advice: v.string() },
    ...{ retryAt: v.exactOptional(v.number()), worded: v.exactOptional(Worded) },
  }),
})
const FromWorkerSchema = v.variant("type", [
  v.looseObject({
    type: v.literal("progress"),
    progress: v.looseObject({
      step: v.picklist(STEPS),
      done: v.number(),
      total: v.number(),
      requests: v.number(),
      bytes: v.number(),
    }),
  }),
  v.looseObject({ type: v.literal("report"), report: Report, family: v.exactOptional(Atlas), stored: v.boolean(), final: v.boolean() }),
  v.looseObject({ type: v.literal("unread") }),
  Failed,
])
const ReplySchema = v.variant("type", [
  v.looseObject({ type: v.literal("family"), atlas: v.nullable(Atlas), report: v.nullable(Report) }),
  v.looseObject({ type: v.literal("self-test"), provider: v.picklist(["webgpu", "wasm"]), milliseconds: v.number() }),
  Failed,
])

const MISUNDERSTOOD = {
  type: "failed",
  failure: {
    code: "bad-response",
    message: "The extension's worker gave no answer that this page understands.",
    advice: "Reload the page; the extension may have been updated.",
    worded: { as: "not_understood", values: {} },
  },
} as const

/** A message to the panel; one that cannot be understood becomes a failure with its sentence, so that nobody waits in vain. */
export const parseFromWorker = (message: unknown): FromWorker =>
  v.is(FromWorkerSchema, message) ? (message as unknown as FromWorker) : MISUNDERSTOOD

/** A reply to popup and options, likewise. */
export const parseReply = (message: unknown): Reply => (v.is(ReplySchema, message) ? (message as unknown as Reply) : MISUNDERSTOOD)
