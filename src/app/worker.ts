import { PedigreeError, toFailure } from "~src/core/errors"
import { TOLERANCE } from "~src/inference/reference"
import { selfTest } from "~src/inference/self-test"
import type { Engine, Inspection, InspectOptions } from "./inspect-types"
import { createJobs } from "./jobs"
import { knownAtlas } from "./known-atlas"
import { isHubPage, isOwnPage, parseRequest, parseToWorker, type Sender } from "./messages"
import { answerPanel, type PanelParts, type PanelReply, type PanelRequest, parsePanelRequest } from "./panel-requests"
import { type FromWorker, INSPECT_PORT, type Reply, type Request } from "./protocol"
import { forgetEarlier, recall, recallFamily } from "./recall"
import type { LineageReport } from "./report"

/** The part of `chrome.runtime.Port` that the worker uses. */
export interface WorkerPort {
  readonly name: string
  readonly sender?: Sender
  postMessage(message: FromWorker): void
  readonly onMessage: { addListener(listener: (message: unknown) => void): void }
  readonly onDisconnect: { addListener(listener: () => void): void }
}

/** The part of `chrome.runtime` that the worker uses. */
export interface WorkerRuntime {
  /** The extension's id. */
  readonly id: string
  readonly onConnect: { addListener(listener: (port: WorkerPort) => void): void }
  readonly onMessage: {
    addListener(listener: (message: unknown, sender: Sender, reply: (answer: Reply | PanelReply) => void) => boolean): void
  }
}

/** The engine as the person's settings make it. */
export interface WorkerEngine extends Engine, PanelParts {}

export interface WorkerParts {
  /** Opens storage and builds the engine; asked again after the settings changed. */
  readonly engine: () => Promise<WorkerEngine>
  readonly inspect: (engine: Engine, model: string, options: InspectOptions) => Promise<Inspection>
  /** Shows beside the page what was answered to it. */
  readonly mark: (page: Sender, report: LineageReport) => void
}

/** What the entry does with a worker that runs. */
export interface Served {
  readonly engine: () => Promise<WorkerEngine>
  /** The settings changed: what starts from now on follows them, and what runs ends as it began. */
  renew(): void
}

/** Milliseconds; shader compilation on a slow machine takes some seconds. */
const SELF_TEST_LIMIT = 60_000

/** One inspection and the panels that watch it. */
interface Running {
  readonly watchers: Set<WorkerPort>
  readonly stop: AbortController
  /** The last word of each kind, for a panel that joins later. */
  readonly said: Map<FromWorker["type"], FromWorker>
}

/**
 * Answers panels and popup. Call it at the worker's top level: listeners have to stand before the first event arrives. One
 * inspection per model is shared by all its watchers; when the last one leaves, it is stopped.
 */
export function serve(runtime: WorkerRuntime, parts: WorkerParts): Served {
  const running = new Map<string, Running>()
  let opened: Promise<WorkerEngine> | null = null
  const engine = (): Promise<WorkerEngine> => {
    if (opened !== null) return opened
    const opening = parts.engine()
    opened = opening
    // A failed opening is tried afresh by the next one who asks.
    opening.catch(() => {
      if (opened === opening) opened = null
    })
    return opening
  }

  runtime.onConnect.addListener((port) => {
    if (port.name !== INSPECT_PORT || !isHubPage(port.sender)) return
    let watched: string | null = null
    const leave = () => {
      const job = watched === null ? undefined : running.get(watched)
      if (job?.watchers.delete(port) && job.watchers.size === 0) job.stop.abort()
      watched = null
    }
    port.onDisconnect.addListener(leave)
    port.onMessage.addListener((raw) => {
      const message = parseToWorker(raw)
      if (message === null) return
      leave()
      if (message.type !== "start") return
      watched = message.model
      if (message.reads || running.has(message.model)) watch(port, message.model, message.refresh)
      else void fromStore(message.model).then((answer) => watched === message.model && post(port, answer))
    })
  })

  runtime.onMessage.addListener((raw, sender, reply) => {
    const own = isOwnPage(sender, runtime.id) ? parseRequest(raw) : null
    const asked = isHubPage(sender) ? parsePanelRequest(raw) : null
    if (own === null && asked === null) return false
    const answered: Promise<Reply | PanelReply> = own ? answer(own) : engine().then((ready) => answerPanel(ready, asked as PanelRequest))
    void answered.catch((error: unknown): Reply => ({ type: "failed", failure: toFailure(error) })).then(reply)
    return true
  })

  function post(port: WorkerPort, message: FromWorker): void {
    port.postMessage(message)
    if (message.type === "report" && port.sender) parts.mark(port.sender, message.report)
  }

  async function fromStore(model: string): Promise<FromWorker> {
    try {
      const found = await recall((await engine()).store, model)
      return found ? { type: "report", report: found.report, family: found.atlas, stored: true, final: true } : { type: "unread" }
    } catch (error) {
      return { type: "failed", failure: toFailure(error) }
    }
  }

  function watch(port: WorkerPort, model: string, refresh: boolean): void {
    const job = running.get(model)
    if (job && !job.stop.signal.aborted) {
      job.watchers.add(port)
      for (const message of job.said.values()) post(port, message)
      return
    }
    const fresh: Running = { watchers: new Set([port]), stop: new AbortController(), said: new Map() }
    running.set(model, fresh)
    void run(model, refresh, fresh)
  }

  async function run(model: string, wantsRefresh: boolean, job: Running): Promise<void> {
    const tell = (message: FromWorker) => {
      job.said.set(message.type, message)
      for (const port of job.watchers) post(port, message)
    }
    const { signal } = job.stop
    try {
      const opened = await engine()
      const jobs = createJobs(opened.store, opened.now)
      await jobs.sweep()
      const { refresh } = await jobs.begin(model, wantsRefresh)
      try {
        const stored = refresh ? null : await recall(opened.store, model)
        if (stored) tell({ type: "report", report: stored.report, family: stored.atlas, stored: true, final: false })
        const onProgress: InspectOptions["onProgress"] = (progress) => tell({ type: "progress", progress })
        const done = await parts.inspect(opened, model, { signal, time: true, budget: opened.budget, refresh, onProgress })
        await forgetEarlier(opened.store, done.report)
        tell({ type: "report", report: done.report, family: done.atlas, stored: done.stored, final: true })
      } finally {
        // A cancelled job may already have a successor, whose row stays.
        if (running.get(model) === job) await jobs.end(model)
      }
    } catch (error) {
      tell({ type: "failed", failure: toFailure(error) })
    } finally {
      if (running.get(model) === job) running.delete(model)
    }
  }

  async function answer(request: Request): Promise<Reply> {
    const { store, statistics } = await engine()
    if (request.type === "self-test") {
      const { provider, milliseconds, worstError } = await selfTest(statistics, AbortSignal.timeout(SELF_TEST_LIMIT))
      if (worstError <= TOLERANCE) return { type: "self-test", provider, milliseconds }
      throw new PedigreeError(
        "unsupported",
        `${provider} gave wrong numbers in the self-test.`,
        "Choose the other provider in the options.",
        { worded: { as: "self_test", values: { provider } } },
      )
    }
    if (request.model === null) return { type: "family", atlas: await knownAtlas(store), report: null }
    const stored = await recallFamily(store, request.model)
    return { type: "family", atlas: stored?.atlas ?? null, report: stored?.report ?? null }
  }

  return {
    engine,
    renew() {
      opened = null
    },
  }
}
