/** What the extension was given with its installation and a person may take back in the browser's own settings. */
const ORIGINS = ["https://huggingface.co/*", "https://*.hf.co/*"]

/** Access to the Hub's pages and files, which can be withdrawn and granted while the extension runs. */
export interface SiteAccess {
  has(): Promise<boolean>
  /** Asks the person, in the browser's own words; only on a click. Answers whether they agreed. */
  ask(): Promise<boolean>
  /** Calls `changed` whenever access came or went, until the signal fires. */
  watch(changed: () => void, signal: AbortSignal): void
}

export const siteAccess: SiteAccess = {
  has: () => chrome.permissions.contains({ origins: ORIGINS }),
  ask: () => chrome.permissions.request({ origins: ORIGINS }),
  watch(changed, signal) {
    const events = [chrome.permissions.onAdded, chrome.permissions.onRemoved]
    for (const event of events) event.addListener(changed)
    signal.addEventListener("abort", () => {
      for (const event of events) event.removeListener(changed)
    })
  },
}
