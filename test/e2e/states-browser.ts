import { readFileSync } from "node:fs"
import { build } from "esbuild"
import { chromium, type Locator, type Page } from "playwright-core"
import { BROWSER, ROOT } from "./browser"
import { FULL_SCENES, REPLIES } from "./panel-scenes"
import { SCENES } from "./scenes"
import type { PanelScene } from "./states-page"

declare global {
  interface Window {
    drawPanel(scene: PanelScene): Promise<void>
  }
}

/** Every state that the panel can be in. */
export const ALL = { ...SCENES, ...FULL_SCENES }
const style = ["panel.css", "view.css"].map((name) => readFileSync(`${ROOT}src/ui/panel/${name}`, "utf8")).join("\n")

/** Chromium with the real panel in a bare page, fed with protocol messages. */
export interface States {
  readonly page: Page
  show(name: string, dark?: boolean): Promise<Locator>
  close(): Promise<void>
}

/** @param css further rules of the page, such as its fonts */
export async function openStates(css = ""): Promise<States> {
  const bundle = await build({
    entryPoints: [`${ROOT}test/e2e/states-page.tsx`],
    bundle: true,
    write: false,
    format: "iife",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  })
  const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--font-render-hinting=none"] })
  const page = await browser.newPage({ viewport: { width: 400, height: 900 } })
  await page.setContent(`<!doctype html><html lang="en"><title>states</title><style>${css}</style><body style="margin:12px"></body></html>`)
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? "" })
  return {
    page,
    async show(name, dark = false) {
      const scene = { style, dark, model: "acme/coder-7b", declared: [], messages: ALL[name] ?? [], replies: REPLIES }
      await page.evaluate((drawn) => window.drawPanel(drawn), scene)
      const panel = page.locator("section.panel")
      await panel.waitFor()
      return panel
    },
    close: () => browser.close(),
  }
}
