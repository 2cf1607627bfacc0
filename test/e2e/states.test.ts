import { mkdirSync, readFileSync } from "node:fs"
import { build } from "esbuild"
import { type Browser, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { axeFaults } from "./axe"
import { BROWSER, ROOT } from "./browser"
import { HOSTILE, SCENES } from "./scenes"
import type { PanelScene } from "./states-page"

const OUT = `${ROOT}out/states`
const style = readFileSync(`${ROOT}src/ui/panel/panel.css`, "utf8")

declare global {
  interface Window {
    drawPanel(scene: PanelScene): Promise<void>
  }
}

describe("every state of the panel", () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    mkdirSync(OUT, { recursive: true })
    const bundle = await build({
      entryPoints: [`${ROOT}test/e2e/states-page.tsx`],
      bundle: true,
      write: false,
      format: "iife",
      jsx: "automatic",
      define: { "process.env.NODE_ENV": '"production"' },
    })
    browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] })
    page = await browser.newPage({ viewport: { width: 400, height: 900 } })
    await page.setContent('<!doctype html><html lang="en"><title>states</title><body style="margin:12px"></body></html>')
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? "" })
  })
  afterAll(() => browser?.close())

  const show = async (name: string, dark = false) => {
    await page.evaluate((scene) => window.drawPanel(scene), {
      style,
      dark,
      model: "acme/coder-7b",
      declared: [],
      messages: SCENES[name] ?? [],
    })
    await page.locator("section.panel").waitFor()
    return page.locator("section.panel")
  }

  for (const name of Object.keys(SCENES)) {
    for (const dark of [false, true]) {
      it(`${name}, ${dark ? "dark" : "light"}: nothing for axe to find, nothing wider than the panel`, async () => {
        const panel = await show(name, dark)
        await page.screenshot({ path: `${OUT}/${name}-${dark ? "dark" : "light"}.png` })
        const drawer = panel.locator("summary")
        if ((await drawer.count()) > 0) {
          await drawer.click()
          await page.screenshot({ path: `${OUT}/${name}-${dark ? "dark" : "light"}-why.png`, fullPage: true })
        }
        expect(await axeFaults(page)).toEqual([])
        for (const width of [400, 320]) {
          await page.setViewportSize({ width, height: 900 })
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
        }
        await page.setViewportSize({ width: 400, height: 900 })
      })
    }
  }

  it("says what the verdict is in a word and in a sentence", async () => {
    const texts: Record<string, string[]> = {
      undocumented: ["Undocumented", "Weights match", "acme/base-7b", "which the card does not mention", "almost certain", "99.4%"],
      documented: ["Documented", "as the card says", "From the cache"],
      contradicted: ["Contradicted", "The card names", "other/base-7b", "weights disagree"],
      independent: ["Independent", "None of the two models compared shares weights with it."],
      unverified: ["Unverified", "not enough evidence", "is gated.", "It is gated."],
      merge: ["60%", "40%", "implied by its relatives", "named by"],
      progress: ["Comparing with possible parents", "24", "402 kB", "Cancel"],
    }
    for (const [name, parts] of Object.entries(texts)) {
      const text = ((await (await show(name)).textContent()) ?? "").replaceAll(/[\u2068\u2069]/g, "")
      for (const part of parts) expect(text).toContain(part)
    }
  })

  it("waits for the rate limit before it offers another try", async () => {
    const button = (await show("rate-limited")).getByRole("button")
    expect(await button.isDisabled()).toBe(true)
    expect(await button.textContent()).toMatch(/Try again in/)
  })

  it("executes nothing that a name holds, and keeps it inside its place", async () => {
    const panel = await show("hostile")
    expect(await page.title()).toBe("states")
    expect(await panel.locator("img, b").count()).toBe(0)
    expect(await panel.locator("bdi").first().textContent()).toContain(HOSTILE.slice(0, 20))
  })

  it("closes the evidence with Esc and keeps the focus", async () => {
    const panel = await show("undocumented")
    await panel.locator("summary").focus()
    await page.keyboard.press("Enter")
    expect(await panel.locator("details[open]").count()).toBe(1)
    await page.keyboard.press("Escape")
    expect(await panel.locator("details[open]").count()).toBe(0)
    expect(await page.evaluate(() => document.querySelector("pedigree-panel")?.shadowRoot?.activeElement?.tagName)).toBe("SUMMARY")
  })
})
