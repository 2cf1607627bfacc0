import { readFileSync } from "node:fs"
import { build } from "esbuild"
import { type Browser, chromium, type Page } from "playwright-core"
import type { AtlasReport } from "~src/app/report"
import type { AtlasScene } from "./atlas-page"
import { BROWSER, ROOT } from "./browser"

declare global {
  interface Window {
    drawAtlas(scene: AtlasScene): void
    changeAtlas(atlas: AtlasReport): void
  }
}

export interface AtlasBench {
  readonly page: Page
  /** Draws a family afresh; resolves when it is on screen. */
  draw(atlas: AtlasReport, current: string, full: boolean): Promise<void>
  close(): Promise<void>
}

/** Real Chromium with the real atlas in a bare page: the same code as in popup and full page, without their surroundings. */
export async function openAtlasBench(): Promise<AtlasBench> {
  const bundle = async (entry: string) => {
    const { outputFiles } = await build({
      entryPoints: [`${ROOT}${entry}`],
      bundle: true,
      write: false,
      format: "iife",
      minify: true,
      jsx: "automatic",
      define: { "process.env.NODE_ENV": '"production"' },
    })
    return outputFiles[0]?.text ?? ""
  }
  const worker = await bundle("src/ui/atlas/layout-worker.ts")
  const style = readFileSync(`${ROOT}popup/style.css`, "utf8")
  const browser: Browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] })
  const page = await browser.newPage({ viewport: { width: 640, height: 600 }, acceptDownloads: true, locale: "en-GB" })
  await page.setContent('<!doctype html><html lang="en"><title>atlas</title><body></body></html>')
  await page.addScriptTag({ content: await bundle("test/e2e/atlas-page.tsx") })
  return {
    page,
    async draw(atlas, current, full) {
      await page.setViewportSize(full ? { width: 1280, height: 900 } : { width: 640, height: 600 })
      await page.evaluate((scene) => window.drawAtlas(scene), { style, worker, atlas, current, full })
      await page.locator(".surface").waitFor()
    },
    close: () => browser.close(),
  }
}
