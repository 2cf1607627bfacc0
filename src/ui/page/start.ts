import { parseSettings, readsByItself } from "~src/app/settings"
import { speakLanguage } from "../language"
import { paintFirst } from "./first"
import { handover } from "./handover"
import { readModelPage } from "./model-page"
import { mountPanel } from "./mount"
import { untilLeft } from "./until-left"

/** Whether the browser asks sites to save data; the types know the rest of this interface only. */
const savesData = (): boolean => (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true

/**
 * Decides whether this page is a model's card and, only then, puts the panel on it: the declared side at once, React and the
 * rest (the bundle at `viewUrl`) when the page has come to rest.
 */
export async function startPanel(style: string, viewUrl: string): Promise<void> {
  const page = readModelPage(document, location.pathname)
  if (!page) return
  const settings = parseSettings(await chrome.storage.local.get())
  if (settings.mode === "off") return
  const language = await speakLanguage(settings.language)
  const { signal, leave } = untilLeft(
    () => readModelPage(document, location.pathname)?.id === page.id,
    ({ mode }) => mode !== "off",
  )
  const { host, root } = mountPanel(document, style, signal)
  host.lang = language.locale
  const container = document.createElement("div")
  root.append(container)
  const reads = readsByItself(settings, savesData())
  container.append(paintFirst(document, page, reads))
  const show = async () => {
    await import(viewUrl)
    const { id, declared, discussions } = page
    handover.pedigreeShow?.({
      model: id,
      declared,
      discussions,
      container,
      language,
      reads,
      budget: settings.budget,
      asksLogin: settings.login === "ask",
      signal,
      dismiss: leave,
    })
  }
  // It can only fail when the extension was updated or removed under the page.
  requestIdleCallback(() => void show().catch(leave), { timeout: 500 })
}
