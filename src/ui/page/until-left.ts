/** A part of the page that is taken away again. */
export interface Stay {
  /** Fires when the part has to go. */
  readonly signal: AbortSignal
  /** Takes it away now. */
  readonly leave: () => void
}

/**
 * How long what an extension put on a page may stay: until the page turned into another one without a load, the person switched
 * it off in the options, or the extension was updated or removed. Of the last nothing tells, so it is looked at when
 * the person comes back to the tab; nothing is polled.
 *
 * @param belongs whether the page is still the one that it was made for
 * @param wanted whether settings that have just changed still ask for it
 */
export function untilLeft(belongs: () => boolean, wanted: (changed: Record<string, unknown>) => boolean): Stay {
  const stop = new AbortController()
  const leave = () => stop.abort()
  const { signal } = stop
  // Dialogs of the page change the query only; anything else is a full load.
  addEventListener("popstate", () => belongs() || leave(), { signal })
  const stale = () => document.visibilityState === "visible" && !chrome.runtime?.id && leave()
  document.addEventListener("visibilitychange", stale, { signal })
  addEventListener("focus", stale, { signal })
  const changed = (changes: Record<string, chrome.storage.StorageChange>) => {
    const now = Object.fromEntries(Object.entries(changes).map(([key, { newValue }]) => [key, newValue]))
    if (!wanted(now)) leave()
  }
  chrome.storage.local.onChanged.addListener(changed)
  signal.addEventListener("abort", () => chrome.runtime?.id && chrome.storage.local.onChanged.removeListener(changed))
  return { signal, leave }
}
