import { createRoot } from "react-dom/client"
import type { FromWorker } from "~src/app/protocol"
import type { DeclaredParent } from "~src/hub/types"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { HOST } from "~src/ui/page/mount"
import { Panel } from "~src/ui/panel/Panel"

/** Draws the real panel in a bare page from protocol messages; states.test.ts calls these from Chromium. */

export interface PanelScene {
  readonly style: string
  readonly dark: boolean
  readonly model: string
  readonly declared: readonly DeclaredParent[]
  readonly messages: readonly FromWorker[]
}

let clear = () => {}

/** Resolves when the last message is on screen. */
async function drawPanel({ style, dark, model, declared, messages }: PanelScene): Promise<void> {
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
  const view = createRoot(container)
  view.render(<Panel model={model} declared={declared} reads connect={connect} onGone={() => {}} signal={stop.signal} />)
  clear = () => {
    stop.abort()
    view.unmount()
    host.remove()
  }
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
}

Object.assign(window, { drawPanel })
