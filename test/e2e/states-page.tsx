import { createRoot } from "react-dom/client"
import { homepage } from "~package.json"
import { parsePanelReply } from "~src/app/panel-answers"
import type { PanelReply } from "~src/app/panel-requests"
import type { FromWorker } from "~src/app/protocol"
import type { DeclaredParent } from "~src/hub/types"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { HOST } from "~src/ui/page/mount"
import type { Ask } from "~src/ui/panel/ask"
import { Panel } from "~src/ui/panel/Panel"

/** Draws the real panel in a bare page from protocol messages; states.test.ts calls these from Chromium. */

export interface PanelScene {
  readonly style: string
  readonly dark: boolean
  readonly model: string
  readonly declared: readonly DeclaredParent[]
  readonly messages: readonly FromWorker[]
  /** What the worker answers, by what is asked. */
  readonly replies: readonly PanelReply[]
}

let clear = () => {}

/** Resolves when the last message is on screen. */
async function drawPanel({ style, dark, model, declared, messages, replies }: PanelScene): Promise<void> {
  clear()
  const stop = new AbortController()
  const host = document.createElement(HOST)
  host.dataset.theme = dark ? "dark" : "light"
  const root = host.attachShadow({ mode: "open" })
  const sheet = document.createElement("style")
  sheet.textContent = style
  const container = document.createElement("div")
  root.append(sheet, container)
  document.body.append(host)
  document.body.style.background = dark ? "#0b0f19" : "#fff"
  const listeners: ((message: FromWorker) => void)[] = []
  const connect = () => ({
    postMessage: () =>
      queueMicrotask(() => {
        for (const message of messages) for (const listen of listeners) listen(message)
      }),
    disconnect() {},
    onDisconnect: { addListener() {} },
    onMessage: { addListener: (listener: (message: FromWorker) => void) => void listeners.push(listener) },
  })
  const ask: Ask = async ({ type }) => {
    const answers: readonly PanelReply["type"][] = [type === "propose" ? "proposed" : type, "failed"]
    return replies.find((reply) => answers.includes(reply.type)) ?? parsePanelReply(null)
  }
  const view = createRoot(container)
  const given = { model, declared, projectPage: homepage, connect, ask, signal: stop.signal }
  view.render(<Panel {...given} reads budget={1_048_576} asksLogin discussions onGone={() => {}} />)
  clear = () => {
    stop.abort()
    view.unmount()
    host.remove()
  }
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
}

speak(ENGLISH)
Object.assign(window, { drawPanel })
