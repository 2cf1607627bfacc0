import { mkdirSync } from "node:fs"
import type { BrowserContext, Page, Worker } from "playwright-core"
import { openBrowser } from "~src/tools/browse.mjs"
import type { RunningHub } from "~test/hub/types"
import { BROWSER, builtExtension, ROOT } from "./browser"

export const EXTENSION = builtExtension()
export const FIXTURES = `${ROOT}test/fixtures/hub`
/** Its models published again in other containers. */
export const CONTAINERS = `${ROOT}test/fixtures/hub-containers`
export const PICTURES = `${ROOT}out/e2e`

/** What the panel shows, as a test asks for it. */
export interface Shown {
  readonly phase: string | null
  readonly verdict: string | null
  readonly code: string | null
  readonly text: string
}

/** Real Chromium with the built extension, in which https://huggingface.co is the stand-in. */
export interface Session {
  readonly context: BrowserContext
  readonly worker: () => Worker
  /** Opens a page of the Hub. */
  open(path: string): Promise<Page>
  /** Waits until the panel has an answer or a failure. */
  settled(page: Page, timeout?: number): Promise<Shown>
  shown(page: Page): Promise<Shown>
  /** The popup as it is for a person who stands on the page. */
  popup(page: Page): Promise<Page>
  /** Stops the worker as the browser does when it wants to; resolves when it has stopped. */
  stopWorker(page: Page): Promise<void>
  close(): Promise<void>
}

/** What stands in the panel, explanations that open on demand left out. */
function wordsOf(box: Element): string {
  const copy = box.cloneNode(true) as Element
  for (const explanation of copy.querySelectorAll("[role=tooltip]")) explanation.remove()
  return copy.textContent ?? ""
}

export const panel = (page: Page) => page.locator("pedigree-panel section.panel")

export async function openSession(hub: RunningHub): Promise<Session> {
  const { context, worker, close } = await openBrowser({
    browser: BROWSER,
    extension: EXTENSION,
    tlsPort: hub.port,
    spki: hub.spki,
    headless: true,
  })
  const shown = async (page: Page): Promise<Shown> => {
    const root = panel(page)
    const [phase, verdict, code] = await Promise.all(["data-phase", "data-verdict", "data-code"].map((name) => root.getAttribute(name)))
    return { phase: phase ?? null, verdict: verdict ?? null, code: code ?? null, text: await root.evaluate(wordsOf) }
  }
  return {
    context,
    worker: () => context.serviceWorkers().at(-1) ?? worker,
    async open(path) {
      const page = await context.newPage()
      await page.goto(`https://huggingface.co/${path}`)
      return page
    },
    shown,
    async settled(page, timeout = 45_000) {
      const over = ["done", "failed", "cancelled", "lost"].map((phase) => `pedigree-panel [data-phase=${phase}]`).join(", ")
      await page.locator(over).waitFor({ timeout })
      return shown(page)
    },
    async popup(page) {
      await page.bringToFront()
      const id = new URL(worker.url()).host
      const opened = context.waitForEvent("page")
      await (context.serviceWorkers().at(-1) ?? worker).evaluate(
        (url) => chrome.tabs.create({ url, active: false }),
        `chrome-extension://${id}/popup.html`,
      )
      const popup = await opened
      await popup.setViewportSize({ width: 640, height: 600 })
      await popup.locator("main:not([data-state=loading])").waitFor()
      return popup
    },
    async stopWorker(page) {
      const cdp = await context.newCDPSession(page)
      const versions: { versionId: string; runningStatus: string }[] = []
      cdp.on("ServiceWorker.workerVersionUpdated", (event) => versions.push(...event.versions))
      await cdp.send("ServiceWorker.enable")
      await until(() => versions.some((version) => version.runningStatus === "running"))
      const { versionId } = versions.findLast((version) => version.runningStatus === "running") ?? { versionId: "" }
      await cdp.send("ServiceWorker.stopWorker", { versionId })
      await until(() => versions.some((version) => version.runningStatus === "stopped"))
      await cdp.detach()
    },
    close,
  }
}

/** Polls a fact of the test's own making. */
export async function until(holds: () => boolean | Promise<boolean>, timeout = 20_000): Promise<void> {
  const end = Date.now() + timeout
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain`)
    await new Promise((next) => setTimeout(next, 20))
  }
}

/** Runs `look` in both themes of the page; leaves the light one. */
export async function inBothThemes(page: Page, look: (theme: "light" | "dark") => Promise<void>): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme: theme })
    await page.evaluate((dark) => document.documentElement.classList.toggle("dark", dark), theme === "dark")
    await look(theme)
  }
}

/** Pictures of the page, light and dark, wide and narrow, for people to look at. */
export async function takePictures(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true })
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await inBothThemes(page, async (theme) => {
      await page.screenshot({ path: `${PICTURES}/${name}-${width}-${theme}.png`, fullPage: true })
    })
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}
