import { paintFirst } from "./first"
import { askForView } from "./handover"
import { readModelPage } from "./model-page"
import { mountPanel } from "./mount"

/** Decides whether this page is a model's card and, only then, puts the panel on it. */
export function startPanel(style: string): void {
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
  askForView((show) =>
    requestIdleCallback(
      () => show({ model: page.id, declared: page.declared, container, signal: stop.signal, dismiss: () => stop.abort() }),
      {
        timeout: 500,
      },
    ),
  )
}
