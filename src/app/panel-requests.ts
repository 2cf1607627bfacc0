import * as v from "valibot"
import { type Failure, PedigreeError } from "~src/core/errors"
import { isModelId } from "~src/hub/ids"
import type { Call } from "~src/hub/types"
import { claimOf } from "./claim"
import type { Engine } from "./inspect-types"
import { knownNearby } from "./known"
import { CostMeter } from "./meter"
import { openPullRequest } from "./propose"
import { recall } from "./recall"
import { type Repair, repairOf } from "./repair"
import type { LineageReport, Neighbour } from "./report"

/**
 * What the panel asks besides the inspection itself. A page's process might send anything in the panel's name, so that nothing that
 * is sent on to the Hub comes from here: a pull request is drafted anew and must be the one that the person saw.
 */
export type PanelRequest =
  | { readonly type: "claim"; readonly model: string }
  | { readonly type: "known"; readonly model: string }
  | { readonly type: "repair"; readonly model: string }
  | { readonly type: "propose"; readonly model: string; readonly digest: string }
  /** The person's answer to whether their login may be used. */
  | { readonly type: "login"; readonly uses: boolean }

export type PanelReply =
  /** The claim as JSON text. */
  | { readonly type: "claim"; readonly json: string }
  /** Models of earlier visits that found this one near. */
  | { readonly type: "known"; readonly near: readonly Neighbour[] }
  /** `sends` says whether there is a token to send it with. */
  | { readonly type: "repair"; readonly repair: Repair; readonly sends: boolean }
  | { readonly type: "proposed"; readonly url: string }
  | { readonly type: "login" }
  | { readonly type: "failed"; readonly failure: Failure }

/** What of the worker's engine the answers need besides {@link Engine}. */
export interface PanelParts {
  /** Weight bytes per model. */
  readonly budget: number
  /** Sends a pull request to the Hub. */
  readonly fetch: typeof globalThis.fetch
  /** The person's own token; undefined when none was given. */
  readonly token: string | undefined
  /** Keeps whether the browser's login is used; the next inspection follows it. */
  readonly keepLogin: (uses: boolean) => Promise<void>
}

const ModelId = v.pipe(v.string(), v.check(isModelId))
const Schema = v.variant("type", [
  v.object({ type: v.literal("claim"), model: ModelId }),
  v.object({ type: v.literal("known"), model: ModelId }),
  v.object({ type: v.literal("repair"), model: ModelId }),
  v.object({ type: v.literal("login"), uses: v.boolean() }),
  v.object({ type: v.literal("propose"), model: ModelId, digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
])

/** Null for anything that is no request of the panel's. */
export function parsePanelRequest(message: unknown): PanelRequest | null {
  const parsed = v.safeParse(Schema, message)
  return parsed.success ? parsed.output : null
}

/** Reading some headers and one card. Milliseconds. */
const LIMIT = 120_000

/** @throws PedigreeError when there is no stored answer, or what was asked for cannot be had */
export async function answerPanel(engine: Engine & PanelParts, request: PanelRequest): Promise<PanelReply> {
  const { token, fetch, budget } = engine
  if (request.type === "login") {
    await engine.keepLogin(request.uses)
    return { type: "login" }
  }
  if (request.type === "known") return { type: "known", near: await knownNearby(engine.store, request.model) }
  const call: Call = { signal: AbortSignal.timeout(LIMIT), meter: new CostMeter() }
  const report = await storedReport(engine, request.model)
  if (request.type === "claim") {
    const claim = await claimOf(engine, report, { call, budget })
    return { type: "claim", json: `${JSON.stringify(claim, null, 2)}\n` }
  }
  const repair = await repairOf(engine, report, call)
  if (request.type === "repair") return { type: "repair", repair, sends: token !== undefined }
  if (token === undefined)
    throw new PedigreeError("gated", "There is no token to send this with.", "Give one in the extension's options.", {
      worded: { as: "no_token", values: {} },
    })
  if (repair.digest !== request.digest)
    throw new PedigreeError("bad-arguments", "The proposal changed since it was shown; nothing was sent.", "Look at it again.", {
      worded: { as: "proposal_changed", values: {} },
    })
  const url = await openPullRequest(repair, { endpoint: engine.hub.endpoint, token, fetch, signal: call.signal })
  return { type: "proposed", url }
}

async function storedReport({ store }: Engine, model: string): Promise<LineageReport> {
  const stored = await recall(store, model)
  if (stored) return stored.report
  throw new PedigreeError("bad-arguments", `Nothing is stored about ${model}.`, "Read its weights first.", {
    worded: { as: "nothing_stored", values: { model } },
  })
}
