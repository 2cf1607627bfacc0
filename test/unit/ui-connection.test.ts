import { expect, it } from "vitest"
import type { FromWorker, ToWorker } from "~src/app/protocol"
import { createConnection, type PanelPort } from "~src/ui/panel/connection"
import { INITIAL, type PanelEvent, type PanelState, reduce } from "~src/ui/panel/state"
import { report } from "../e2e/scenes"

/** A panel's connection whose ports are in the test's hand. */
function setUp(refuses = () => false) {
  const ports: { sent: ToWorker[]; closed: boolean; say(message: unknown): void; drop(): void }[] = []
  const events: PanelEvent[] = []
  let gone = 0
  const stop = new AbortController()
  const connect = (): PanelPort => {
    if (refuses()) throw new Error("Extension context invalidated.")
    let hear = (_: unknown): void => {}
    let dropped = (): void => {}
    const port = { sent: [] as ToWorker[], closed: false, say: (message: unknown) => hear(message), drop: () => dropped() }
    ports.push(port)
    return {
      postMessage: (message) => void port.sent.push(message),
      disconnect() {
        port.closed = true
      },
      onMessage: { addListener: (listener) => (hear = listener) },
      onDisconnect: { addListener: (listener) => (dropped = listener) },
    }
  }
  const connection = createConnection({
    model: "a/b",
    connect,
    onEvent: (event) => void events.push(event),
    onGone: () => void gone++,
    signal: stop.signal,
    pause: () => Promise.resolve(),
  })
  const settle = () => new Promise((done) => setTimeout(done))
  return { connection, ports, events, stop, settle, gone: () => gone, state: (): PanelState => events.reduce(reduce, INITIAL) }
}

const PROGRESS: FromWorker = { type: "progress", progress: { step: "weights", done: 0, total: 1, requests: 1, bytes: 1 } }
const FINAL: FromWorker = { type: "report", report: report({}), stored: false, final: true }

it("opens a dropped port again, asks for the same and goes on", async () => {
  const { connection, ports, settle, state } = setUp()
  connection.start(true)
  ports[0]?.say(PROGRESS)
  ports[0]?.drop()
  expect(state().reconnecting).toBe(true)
  await settle()
  expect(ports[1]?.sent).toEqual([{ type: "start", model: "a/b", refresh: true, reads: true }])
  ports[0]?.say(FINAL)
  expect(state().phase).toBe("running")
  ports[1]?.say(FINAL)
  expect(state()).toMatchObject({ phase: "done", reconnecting: false })
  expect(ports[1]?.closed).toBe(true)
})

it("reads nothing where only what is stored was asked for, also after the port dropped, until told to", async () => {
  const { connection, ports, settle, state } = setUp()
  connection.recall()
  ports[0]?.drop()
  await settle()
  expect(ports[1]?.sent).toEqual([{ type: "start", model: "a/b", refresh: false, reads: false }])
  ports[1]?.say({ type: "unread" })
  expect(state().phase).toBe("asleep")
  expect(ports[1]?.closed).toBe(true)
  connection.repeat()
  expect(ports[2]?.sent).toEqual([{ type: "start", model: "a/b", refresh: false, reads: true }])
})

it("gives up after some attempts without an answer, and can be started again", async () => {
  const { connection, ports, settle, state } = setUp()
  connection.start(false)
  for (let index = 0; index < 20; index++) {
    ports.at(-1)?.drop()
    await settle()
  }
  expect(state().phase).toBe("lost")
  expect(ports).toHaveLength(7)
  connection.start(false)
  ports.at(-1)?.say(FINAL)
  expect(state().phase).toBe("done")
})

it("cancels: says so to the worker, closes, and does not reconnect", async () => {
  const { connection, ports, settle, state } = setUp()
  connection.start(false)
  connection.cancel()
  expect(ports[0]?.sent.at(-1)).toEqual({ type: "cancel" })
  expect(ports[0]?.closed).toBe(true)
  ports[0]?.drop()
  await settle()
  expect(ports).toHaveLength(1)
  expect(state().phase).toBe("cancelled")
})

it("does not come back after a cancellation while it waits to reconnect", async () => {
  const { connection, ports, settle, state } = setUp()
  connection.start(false)
  ports[0]?.drop()
  connection.cancel()
  await settle()
  expect(ports).toHaveLength(1)
  expect(state().phase).toBe("cancelled")
})

it("leaves quietly when the extension was updated under the page, or the page is left", async () => {
  let updated = false
  const { connection, ports, settle, gone, stop } = setUp(() => updated)
  connection.start(false)
  updated = true
  ports[0]?.drop()
  await settle()
  expect(gone()).toBe(1)
  updated = false
  connection.start(false)
  stop.abort()
  expect(ports.at(-1)?.closed).toBe(true)
  connection.start(false)
  expect(ports).toHaveLength(2)
})

it("keeps the last report in sight through a failed refresh", () => {
  const failed: FromWorker = { type: "failed", failure: { code: "offline", message: "Offline.", advice: "Connect." } }
  const events: PanelEvent[] = [{ type: "started" }, FINAL, { type: "started" }, failed]
  const state = events.reduce(reduce, INITIAL)
  expect(state).toMatchObject({ phase: "failed", failure: { code: "offline" } })
  expect(state.report?.model).toBe("acme/coder-7b")
})

it("repeats a failed refresh as a refresh", () => {
  const { connection, ports, state } = setUp()
  connection.start(true)
  ports[0]?.say({ type: "failed", failure: { code: "offline", message: "Offline.", advice: "Connect." } })
  expect(state().phase).toBe("failed")
  connection.repeat()
  expect(ports[1]?.sent).toEqual([{ type: "start", model: "a/b", refresh: true, reads: true }])
})

it("says so when the worker's words make no sense, instead of waiting for better ones", () => {
  for (const message of [null, "report", { type: "report", report: { verdict: "documented" }, stored: false, final: true }]) {
    const { connection, ports, state } = setUp()
    connection.start(false)
    ports[0]?.say(message)
    expect(state()).toMatchObject({ phase: "failed", failure: { code: "bad-response" }, report: null })
    expect(ports[0]?.closed).toBe(true)
  }
})
