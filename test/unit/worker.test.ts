import { expect, it, vi } from "vitest"
import { ENGINE_VERSION } from "~src/app/engine-version"
import type { Inspection, InspectOptions } from "~src/app/inspect-types"
import { lenientStore } from "~src/app/lenient-store"
import type { Sender } from "~src/app/messages"
import type { PanelReply } from "~src/app/panel-requests"
import { type FromWorker, INSPECT_PORT, type Reply } from "~src/app/protocol"
import { serve, type WorkerEngine, type WorkerParts, type WorkerPort, type WorkerRuntime } from "~src/app/worker"
import { PedigreeError } from "~src/core/errors"
import { openMemoryStore } from "~src/storage/memory"
import { FAMILY, report } from "../e2e/scenes"

const MODEL = "acme/coder-7b"
const inspection: Inspection = { report: report({}), atlas: FAMILY, stored: false }
const KEY = `${MODEL}@${inspection.report.revision}#${ENGINE_VERSION}#1000`

type Inspect = WorkerParts["inspect"]

/** The worker with the browser's two events as functions. Only the store of the engine is used by what is tested here. */
function start(inspect: Inspect, store = openMemoryStore()) {
  const budgets = [1000]
  const engine = async () => ({ store, now: () => 0, budget: budgets.at(-1) }) as WorkerEngine
  const marks: [number | undefined, string][] = []
  let connected = (_: WorkerPort): void => {}
  let asked = (_message: unknown, _sender: Sender, _reply: (answer: Reply | PanelReply) => void): boolean => false
  const runtime: WorkerRuntime = {
    id: "abcdef",
    onConnect: { addListener: (listener) => (connected = listener) },
    onMessage: { addListener: (listener) => (asked = listener) },
  }
  const { renew } = serve(runtime, { engine, inspect, mark: ({ tab }, { verdict }) => void marks.push([tab?.id, verdict]) })
  const open = (name = INSPECT_PORT, origin = "https://huggingface.co") => {
    const heard: FromWorker[] = []
    let hear = (_: unknown): void => {}
    let gone = (): void => {}
    connected({
      name,
      sender: { origin, tab: { id: 7 } },
      postMessage: (message) => void heard.push(message),
      onMessage: { addListener: (listener) => (hear = listener) },
      onDisconnect: { addListener: (listener) => (gone = listener) },
    })
    return { heard, send: (message: unknown) => hear(message), disconnect: () => gone() }
  }
  const ask = (message: unknown, origin = "chrome-extension://abcdef") =>
    new Promise<Reply | PanelReply>((reply, refuse) => asked(message, { origin }, reply) || refuse(new Error("no answer promised")))
  return { open, ask, store, budgets, marks, renew }
}

/** An inspection that ends when told to, or when aborted. */
function held() {
  const calls: InspectOptions[] = []
  let finish = (_: Inspection): void => {}
  const inspect: Inspect = (_engine, _model, options) => {
    calls.push(options)
    return new Promise((done, fail) => {
      finish = done
      options.signal.addEventListener("abort", () => fail(options.signal.reason))
    })
  }
  return { inspect, calls, finish: () => finish(inspection) }
}

const START = { type: "start", model: MODEL, refresh: false, reads: true }
const types = (heard: readonly FromWorker[]) => heard.map((message) => message.type)

it("shares one inspection among its watchers and tells a late one what was said", async () => {
  const { inspect, calls, finish } = held()
  const { open, store } = start(inspect)
  const [first, second] = [open(), open()]
  first.send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  calls[0]?.onProgress({ step: "weights", done: 0, total: 1, requests: 2, bytes: 3 })
  second.send(START)
  expect(types(second.heard)).toEqual(["progress"])
  expect(await store.keys("jobs")).toEqual([MODEL])
  finish()
  await vi.waitFor(() => expect(second.heard.at(-1)).toMatchObject({ type: "report", final: true, stored: false }))
  expect(types(first.heard)).toEqual(["progress", "report"])
  expect(calls).toHaveLength(1)
  expect(await store.keys("jobs")).toEqual([])
})

it("stops the inspection when the last watcher leaves or cancels, not before", async () => {
  const { inspect, calls } = held()
  const { open, store } = start(inspect)
  const [first, second] = [open(), open()]
  first.send(START)
  second.send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  first.disconnect()
  expect(calls[0]?.signal.aborted).toBe(false)
  second.send({ type: "cancel" })
  expect(calls[0]?.signal.aborted).toBe(true)
  await vi.waitFor(async () => expect(await store.keys("jobs")).toEqual([]))
})

it("starts anew at once after a cancellation, and the cancelled one leaves the new one's row", async () => {
  const { inspect, calls, finish } = held()
  const { open, store } = start(inspect)
  const port = open()
  port.send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  port.send({ type: "cancel" })
  port.send({ ...START, refresh: true })
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  expect(calls[1]?.refresh).toBe(true)
  expect(await store.keys("jobs")).toEqual([MODEL])
  finish()
  await vi.waitFor(() => expect(port.heard.at(-1)).toMatchObject({ type: "report", final: true }))
  expect(types(port.heard)).toEqual(["report"])
})

it("goes on with a refresh that a stopped worker left unfinished", async () => {
  const store = openMemoryStore()
  const before = held()
  const stopped = start(before.inspect, store)
  stopped.open().send({ ...START, refresh: true })
  await vi.waitFor(() => expect(before.calls).toHaveLength(1))
  const after = held()
  start(after.inspect, store).open().send(START)
  await vi.waitFor(() => expect(after.calls[0]?.refresh).toBe(true))
})

it("shows the stored answer at once, then the fresh one, and drops what belongs to earlier commits", async () => {
  const { inspect, finish } = held()
  const { open, store, ask } = start(inspect)
  const earlier = KEY.replace(inspection.report.revision, "f".repeat(40))
  for (const key of [KEY, earlier]) {
    await store.put("reports", key, inspection.report)
    await store.put("families", key, inspection.atlas)
  }
  const port = open()
  port.send(START)
  await vi.waitFor(() => expect(port.heard[0]).toMatchObject({ type: "report", stored: true, final: false }))
  finish()
  await vi.waitFor(() => expect(port.heard.at(-1)).toMatchObject({ type: "report", final: true }))
  expect(await store.keys("reports")).toEqual([KEY])
  expect(await ask({ type: "family", model: "Acme/Coder-7B" })).toEqual({ type: "family", atlas: FAMILY, report: inspection.report })
  expect(await ask({ type: "family", model: "acme/other" })).toEqual({ type: "family", atlas: null, report: null })
})

it("passes a failure on in its own words", async () => {
  const { open } = start(async () => {
    throw new PedigreeError("gated", "It is gated.", "Ask for access.", { retryAt: 77 })
  })
  const port = open()
  port.send(START)
  const failure = { code: "gated", message: "It is gated.", advice: "Ask for access.", retryAt: 77 }
  await vi.waitFor(() => expect(port.heard).toEqual([{ type: "failed", failure }]))
})

it("ignores what is no message of ours", async () => {
  const { inspect, calls } = held()
  const { open, ask } = start(inspect)
  const port = open()
  for (const message of [
    null,
    "start",
    { type: "start" },
    { ...START, model: "../../x" },
    { ...START, model: "a/b/c" },
    { ...START, refresh: 1 },
  ])
    port.send(message)
  open("another").send(START)
  await expect(ask({ type: "family", model: 5 })).rejects.toThrow("no answer promised")
  expect(calls).toEqual([])
  expect(port.heard).toEqual([])
})

it("listens to panels on the Hub and to its own pages alone", async () => {
  const { inspect, calls } = held()
  const { open, ask } = start(inspect)
  for (const origin of ["https://evil.example", "https://huggingface.co.evil.example", "http://huggingface.co", "null"]) {
    open(INSPECT_PORT, origin).send(START)
    await expect(ask({ type: "family", model: MODEL }, origin)).rejects.toThrow("no answer promised")
  }
  await expect(ask({ type: "family", model: MODEL }, "https://huggingface.co")).rejects.toThrow("no answer promised")
  expect(calls).toEqual([])
})

it("answers with a relative's family where the model has no analysis of its own, and prefers its own", async () => {
  const store = openMemoryStore()
  const { ask } = start(held().inspect, store)
  const relative = "other/mixed-7b"
  expect(await ask({ type: "family", model: relative })).toEqual({ type: "family", atlas: null, report: null })
  await store.put("reports", KEY, inspection.report)
  await store.put("families", KEY, FAMILY)
  expect(await ask({ type: "family", model: "Other/Mixed-7B" })).toEqual({ type: "family", atlas: FAMILY, report: inspection.report })
  const own = { report: report({ model: relative }), atlas: { ...FAMILY, edges: [] } }
  const key = KEY.replace(MODEL, relative)
  await store.put("reports", key, own.report)
  await store.put("families", key, own.atlas)
  expect(await ask({ type: "family", model: relative })).toEqual({ type: "family", ...own })
})

it("answers all the same where there is no room to keep anything", async () => {
  const store = openMemoryStore(10)
  await expect(store.put("reports", KEY, inspection.report)).rejects.toMatchObject({ code: "quota" })
  const full = lenientStore(store)
  const { open } = start(async ({ store }) => {
    await store.put("reports", KEY, inspection.report)
    return inspection
  }, full)
  const port = open()
  port.send(START)
  await vi.waitFor(() => expect(port.heard.at(-1)).toMatchObject({ type: "report", final: true }))
  await expect(lenientStore({ ...store, put: () => Promise.reject(new Error("broken")) }).put("jobs", "a", 1)).rejects.toThrow("broken")
})

it("asks the store alone where nothing is to be read", async () => {
  const { inspect, calls } = held()
  const { open, store } = start(inspect)
  const port = open()
  port.send({ ...START, reads: false })
  await vi.waitFor(() => expect(types(port.heard)).toEqual(["unread"]))
  await store.put("reports", KEY, inspection.report)
  await store.put("families", KEY, inspection.atlas)
  port.send({ ...START, reads: false })
  await vi.waitFor(() => expect(port.heard.at(-1)).toMatchObject({ type: "report", stored: true, final: true }))
  expect(calls).toHaveLength(0)
})

it("marks the tab with what its panel is told", async () => {
  const { inspect, calls, finish } = held()
  const { open, marks } = start(inspect)
  open().send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  expect(marks).toEqual([])
  finish()
  await vi.waitFor(() => expect(marks).toEqual([[7, inspection.report.verdict]]))
})

it("follows changed settings from the next start on", async () => {
  const { inspect, calls, finish } = held()
  const { open, budgets, renew } = start(inspect)
  const port = open()
  port.send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(1))
  finish()
  await vi.waitFor(() => expect(types(port.heard)).toEqual(["report"]))
  budgets.push(5)
  port.send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  finish()
  renew()
  await vi.waitFor(() => expect(port.heard).toHaveLength(2))
  port.send(START)
  await vi.waitFor(() => expect(calls).toHaveLength(3))
  expect(calls.map(({ budget }) => budget)).toEqual([1000, 1000, 5])
})
