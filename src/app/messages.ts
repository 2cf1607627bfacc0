import * as v from "valibot"
import { isModelId } from "~src/hub/ids"
import type { Request, ToWorker } from "./protocol"

/** Messages as they arrive in the worker: anything may send anything, so they are parsed before use. */

/** The part of `chrome.runtime.MessageSender` that counts: the browser fills it in, so that a page cannot forge it. */
export interface Sender {
  readonly origin?: string
  /** The tab that it came from, and the page in it. */
  readonly url?: string
  readonly tab?: { readonly id?: number | undefined }
}

/** The panel runs on pages of the Hub alone, whatever else a script of the extension might be made to run on. */
export const isHubPage = (sender: Sender | undefined): boolean => sender?.origin === "https://huggingface.co"

/** Popup and options; requests are not for content scripts. */
export const isOwnPage = (sender: Sender, extension: string): boolean => sender.origin === `chrome-extension://${extension}`

const ModelId = v.pipe(v.string(), v.check(isModelId))

const ToWorkerSchema = v.variant("type", [
  v.object({ type: v.literal("start"), model: ModelId, refresh: v.boolean(), reads: v.boolean() }),
  v.object({ type: v.literal("cancel") }),
])

const RequestSchema = v.variant("type", [
  v.object({ type: v.literal("family"), model: v.nullable(ModelId) }),
  v.object({ type: v.literal("self-test") }),
])

/** Null for anything that is no message of ours. */
export function parseToWorker(message: unknown): ToWorker | null {
  const parsed = v.safeParse(ToWorkerSchema, message)
  return parsed.success ? parsed.output : null
}

/** Null for anything that is no request of ours. */
export function parseRequest(message: unknown): Request | null {
  const parsed = v.safeParse(RequestSchema, message)
  return parsed.success ? parsed.output : null
}
