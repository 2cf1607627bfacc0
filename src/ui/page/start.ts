import { paintFirst } from "./first"
import { handover } from "./handover"
import { readModelPage } from "./model-page"
import { mountPanel } from "./mount"

/**
 * Decides whether this page is a model's card and, only then, puts the panel on it: the declared side at once, React and the
 * rest (the bundle at `viewUrl`) when the page has come to rest.
 */
export function startPanel(style: string, viewUrl: string): void {
  const page = readModelPage(document, location.pathname)
  if (!page) return
  const stop = new AbortController()
  const { root } = mountPanel(document, style, stop.signal)
  const container = document.createElement("div")
  root.append(container)
  container.append(paintFirst(document, page))
  // Dialogs of the page change the query only; anything else is a full load. Leaving the card takes the panel along.
  addEventListener(
    "popstate",
    () => {
      if (readModelPage(document, location.pathname)?.id !== page.id) stop.abort()
    },
    { signal: stop.signal },
  )
  const dismiss = () => stop.abort()
  const show = async () => {
    await import(viewUrl)
    handover.pedigreeShow?.({ model: page.id, declared: page.declared, container, signal: stop.signal, dismiss })
  }
  // It can only fail when the extension was updated or removed under the page.
  requestIdleCallback(() => void show().catch(dismiss), { timeout: 500 })
}
