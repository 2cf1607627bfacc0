import { findPlace } from "./place"

/** Name of the element that holds the panel; it is not registered, so the page cannot give it behaviour. */
export const HOST = "pedigree-panel"

/** Hydration removes foreign nodes a handful of times at most; a page that keeps doing so gets the dock instead. */
const MAX_RETURNS = 8

export interface Mount {
  readonly host: HTMLElement
  readonly root: ShadowRoot
}

/**
 * Puts an empty panel on the page, keeps it there and mirrors the page's dark mode, with one observer that watches the
 * children of the panel's ancestors (not the whole document) and the class of `<html>`. Everything ends with the signal.
 */
export function mountPanel(document: Document, style: string, signal: AbortSignal): Mount {
  for (const old of document.querySelectorAll(HOST)) old.remove()
  const host = document.createElement(HOST)
  const root = host.attachShadow({ mode: "open" })
  const sheet = document.createElement("style")
  sheet.textContent = style
  root.append(sheet)

  let returns = 0
  let docked = false
  const observer = new MutationObserver(() => {
    mirrorTheme()
    if (host.isConnected) return
    returns += 1
    place()
  })
  const mirrorTheme = () => {
    host.dataset.theme = document.documentElement.classList.contains("dark") ? "dark" : "light"
  }
  const place = () => {
    const found = returns > MAX_RETURNS ? { parent: document.body, before: null, dock: true } : findPlace(document)
    if (found.dock && !docked) console.info("Pedigree: this page has no place known for the panel; it docks at the edge.")
    docked ||= found.dock
    host.toggleAttribute("data-dock", found.dock)
    found.parent.insertBefore(host, found.before)
    observer.disconnect()
    // Observing an element twice would replace what is watched of it: <html> takes both at once.
    const top = document.documentElement
    observer.observe(top, { attributeFilter: ["class"], childList: true })
    for (let node = host.parentElement; node && node !== top; node = node.parentElement) observer.observe(node, { childList: true })
  }
  mirrorTheme()
  place()
  signal.addEventListener("abort", () => {
    observer.disconnect()
    host.remove()
  })
  return { host, root }
}
