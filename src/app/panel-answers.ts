import * as v from "valibot"
import { Failed } from "./answers"
import type { PanelReply } from "./panel-requests"

/** What the worker answers the panel, checked as far as it is drawn: an old page may hear a new worker. */
const text = v.string()
const Schema = v.variant("type", [
  v.looseObject({ type: v.literal("claim"), json: text }),
  v.looseObject({ type: v.literal("known"), near: v.array(v.looseObject({ id: text, update: v.number() })) }),
  v.looseObject({
    type: v.literal("repair"),
    sends: v.boolean(),
    repair: v.looseObject({
      ...{ model: text, revision: text, frontMatter: text, card: text, title: text, description: text, digest: text },
      diff: v.array(v.looseObject({ kind: v.picklist(["same", "old", "new", "gap"]), text })),
    }),
  }),
  v.looseObject({ type: v.literal("login") }),
  v.looseObject({ type: v.literal("proposed"), url: v.pipe(text, v.startsWith("https://huggingface.co/")) }),
  Failed,
])

/** A reply to the panel; one that cannot be understood becomes a failure with its sentence. */
export function parsePanelReply(message: unknown): PanelReply {
  if (v.is(Schema, message)) return message as unknown as PanelReply
  const advice = "Reload the page; the extension may have been updated."
  return {
    type: "failed",
    failure: {
      code: "bad-response",
      message: "The extension's worker gave no answer that this page understands.",
      advice,
      worded: { as: "not_understood", values: {} },
    },
  }
}
