import { readFileSync } from "node:fs"
import { build } from "esbuild"
import { type Browser, chromium, type Page } from "playwright-core"
import type { AtlasReport } from "~src/app/report"
import type { AtlasScene } from "./atlas-page"

declare global {
  interface Window {
    drawAtlas(scene: AtlasScene): void
    changeAtlas(atlas: AtlasReport): void
    longTasks: number[]
  }
}

export interface AtlasBench {
  readonly page: Page
  /** Draws a family afresh; resolves when it is on screen. */
  draw(atlas: AtlasReport, current: string, full: boolean): Promise<void>
  /** Milliseconds from the call until the family is painted, and of them what the page's thread computed. */
  timeToDraw(atlas: AtlasReport, current: string, full: boolean): Promise<{ readonly time: number; readonly computed: number }>
  /** Drags the drawing about, a move a frame, and answers the spans between frames in milliseconds. */
  pan(moves: number): Promise<number[]>
  /** Milliseconds until the drawing along another axis is painted, and the page's longest task meanwhile. */
  timeToSettle(axis: string): Promise<{ readonly time: number; readonly longest: number }>
  close(): Promise<void>
}

export interface Where {
  /** The project's folder, with a slash at its end. */
  readonly root: string
  /** The browser's program. */
  readonly browser: string
}

/** Real Chromium with the real atlas in a bare page: the same code as in popup and full page, without their surroundings. */
export async function openAtlasBench({ root, browser }: Where): Promise<AtlasBench> {
  const bundle = async (entry: string) => {
    const { outputFiles } = await build({
      entryPoints: [`${root}${entry}`],
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
  const style = readFileSync(`${root}popup/style.css`, "utf8")
  const opened: Browser = await chromium.launch({ executablePath: browser, args: ["--no-sandbox"] })
  const page = await opened.newPage({ viewport: { width: 640, height: 600 }, acceptDownloads: true, locale: "en-GB" })
  await page.setContent('<!doctype html><html lang="en"><title>atlas</title><body></body></html>')
  await page.addScriptTag({ content: await bundle("test/e2e/atlas-page.tsx") })
  const devtools = await page.context().newCDPSession(page)
  // Thread time: what other programs take of a busy machine does not count.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" })
  const computed = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics")
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0)
  }
  return {
    page,
    async draw(atlas, current, full) {
      await page.setViewportSize(full ? { width: 1280, height: 900 } : { width: 640, height: 600 })
      await page.evaluate((scene) => window.drawAtlas(scene), { style, worker, atlas, current, full })
      await page.locator(".surface").waitFor()
    },
    async timeToDraw(atlas, current, full) {
      await page.setViewportSize(full ? { width: 1280, height: 900 } : { width: 640, height: 600 })
      const before = await computed()
      const time = await page.evaluate(timeDrawing, { style, worker, atlas, current, full })
      return { time, computed: (await computed()) - before }
    },
    pan: (moves) => page.evaluate(panFor, moves),
    async timeToSettle(axis) {
      await page.evaluate(watchTasks)
      const started = performance.now()
      await page.getByLabel("Axis", { exact: true }).selectOption(axis)
      await page.locator(`.surface[data-axis="${axis}"]`).waitFor({ timeout: 60_000 })
      return { time: performance.now() - started, longest: await page.evaluate(() => Math.max(0, ...window.longTasks)) }
    },
    close: () => opened.close(),
  }
}

// These run in the page.

async function timeDrawing(scene: AtlasScene): Promise<number> {
  const frame = () => new Promise((next) => requestAnimationFrame(next))
  await frame()
  const started = performance.now()
  window.drawAtlas(scene)
  while (!document.querySelector(".surface")) await frame()
  // A canvas is painted in the next frame's callbacks, and the one after that begins when it is on screen.
  await frame()
  await frame()
  return performance.now() - started
}

async function panFor(moves: number): Promise<number[]> {
  const surface = document.querySelector(".surface") as Element
  const { left, top, width, height } = surface.getBoundingClientRect()
  const event = (type: string, move: number) =>
    new MouseEvent(type, {
      bubbles: true,
      cancelable: true,
      view: window,
      clientX: left + width / 2 + Math.sin(move / 10) * 100,
      clientY: top + height / 2 + Math.cos(move / 7) * 60,
    })
  const frame = () => new Promise<number>((next) => requestAnimationFrame(next))
  surface.dispatchEvent(event("mousedown", 0))
  const spans: number[] = []
  let last = await frame()
  for (let move = 0; move < moves; move++) {
    window.dispatchEvent(event("mousemove", move))
    const now = await frame()
    spans.push(now - last)
    last = now
  }
  window.dispatchEvent(event("mouseup", moves))
  return spans
}

function watchTasks(): void {
  window.longTasks = []
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
  })
}
