import { parseFromWorker } from "~src/app/answers"
import type { ToWorker } from "~src/app/protocol"
import type { PanelEvent } from "./state"

/** The part of `chrome.runtime.Port` that the panel uses. */
export interface PanelPort {
  postMessage(message: ToWorker): void
  disconnect(): void
  readonly onMessage: { addListener(listener: (message: unknown) => void): void }
  readonly onDisconnect: { addListener(listener: () => void): void }
}

export interface ConnectionOptions {
  readonly model: string
  /** Opens a port; throws when the extension was updated or removed under the page. */
  readonly connect: () => PanelPort
  readonly onEvent: (event: PanelEvent) => void
  /** Called once when the extension is gone for this page. */
  readonly onGone: () => void
  readonly signal: AbortSignal
  /** Waits before the n-th reconnection; the default doubles from a fifth of a second, with jitter. */
  readonly pause?: (attempt: number) => Promise<void>
}

export interface Connection {
  start(refresh: boolean): void
  /** Asks for what is stored, and reads nothing. */
  recall(): void
  /** Starts again what was started last: a refresh that failed is asked for as a refresh. */
  repeat(): void
  cancel(): void
}

/** Attempts without a single answer in between before the panel gives up and says so. */
const MAX_ATTEMPTS = 6

const jittered = (attempt: number) => new Promise<void>((done) => setTimeout(done, 200 * 2 ** attempt * (0.5 + Math.random())))

/**
 * One inspection over a port that may drop at any time, since the browser stops an extension's worker as it likes. A dropped
 * port is opened again and the same start is sent; the worker goes on from what it has stored.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { model, connect, onEvent, onGone, signal, pause = jittered } = options
  let current: PanelPort | null = null
  let attempt = 0
  let wanted = false

  function open(refresh: boolean, reads: boolean): void {
    if (signal.aborted) return
    let port: PanelPort
    try {
      port = connect()
      port.onMessage.addListener((raw) => {
        if (port !== current) return
        const message = parseFromWorker(raw)
        attempt = 0
        onEvent(message)
        if (message.type === "failed" || message.type === "unread" || (message.type === "report" && message.final)) close()
      })
      port.onDisconnect.addListener(() => {
        if (port === current) void reopen(refresh, reads)
      })
      current = port
      port.postMessage({ type: "start", model, refresh, reads })
    } catch {
      current = null
      onGone()
    }
  }

  async function reopen(refresh: boolean, reads: boolean): Promise<void> {
    current = null
    attempt += 1
    if (attempt > MAX_ATTEMPTS) return onEvent({ type: "lost" })
    onEvent({ type: "dropped" })
    const waitingFor = attempt
    await pause(attempt)
    // The person may have cancelled or started anew meanwhile.
    if (current === null && attempt === waitingFor) open(refresh, reads)
  }

  function close(): void {
    const port = current
    current = null
    port?.disconnect()
  }

  function start(refresh: boolean, reads = true): void {
    close()
    wanted = refresh
    attempt = 0
    onEvent({ type: "started" })
    open(refresh, reads)
  }

  signal.addEventListener("abort", close)
  return {
    start,
    recall: () => start(false, false),
    repeat: () => start(wanted),
    cancel() {
      attempt = -1
      // Disconnecting is the cancellation; the message makes it explicit for a worker that shares the job among tabs.
      current?.postMessage({ type: "cancel" })
      close()
      onEvent({ type: "cancelled" })
    },
  }
}
