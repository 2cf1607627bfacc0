import style from "data-text:~src/ui/panel/view.css"
import { createRoot } from "react-dom/client"
import { INSPECT_PORT } from "~src/app/protocol"
import { speak } from "../i18n"
import type { PanelInput } from "../page/handover"
import { askWorker } from "./ask"
import type { PanelPort } from "./connection"
import { Panel } from "./Panel"

/** Opens a port to the worker; throws once the extension has been updated or removed. */
function connect(): PanelPort {
  if (!chrome.runtime?.id) throw new Error("the extension is gone")
  const port = chrome.runtime.connect({ name: INSPECT_PORT })
  // Reading lastError marks it as seen; a dropped port is normal and needs no line in the page's console.
  port.onDisconnect.addListener(() => void chrome.runtime?.lastError)
  return port
}

/** Puts the React panel where the first paint was. */
export function showPanel({
  model,
  declared,
  discussions,
  container,
  language,
  reads,
  budget,
  asksLogin,
  signal,
  dismiss,
}: PanelInput): void {
  if (signal.aborted) return
  speak(language)
  const sheet = container.ownerDocument.createElement("style")
  sheet.textContent = style
  container.before(sheet)
  const root = createRoot(container)
  // From package.json's homepage, by the build.
  const projectPage = chrome.runtime.getManifest().homepage_url ?? ""
  const given = { model, declared, discussions, projectPage, reads, budget, asksLogin, connect, signal }
  root.render(<Panel {...given} ask={askWorker} onGone={dismiss} />)
  signal.addEventListener("abort", () => root.unmount())
}
