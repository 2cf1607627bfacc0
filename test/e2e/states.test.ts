import { mkdirSync, readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { axeFaults } from "./axe"
import { ROOT } from "./browser"
import { openDrawers } from "./drawers"
import { HOSTILE } from "./scenes"
import { ALL, openStates, type States } from "./states-browser"

const OUT = `${ROOT}out/states`

describe("every state of the panel", () => {
  let states: States
  let page: Page
  beforeAll(async () => {
    mkdirSync(OUT, { recursive: true })
    states = await openStates()
    page = states.page
  })
  afterAll(() => states?.close())

  const show = (name: string, dark = false) => states.show(name, dark)

  for (const name of Object.keys(ALL)) {
    for (const dark of [false, true]) {
      it(`${name}, ${dark ? "dark" : "light"}: nothing for axe to find, nothing wider than the panel`, async () => {
        const panel = await show(name, dark)
        await page.screenshot({ path: `${OUT}/${name}-${dark ? "dark" : "light"}.png` })
        // Ten thousand characters are cut before they push everything else away.
        expect((await panel.boundingBox())?.height).toBeLessThan(1_200)
        if ((await (await openDrawers(panel)).count()) > 0) {
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
      "read-through": ["as the card says", "closed/base-7b", "mirror/base-7b"],
      merge: ["60%", "40%", "unseen model 1", "implied by its relatives", "named by"],
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

  it.each(["hostile", "evil"])("executes nothing that a name, a card or a draft holds, and keeps it inside its place: %s", async (name) => {
    const panel = await show(name)
    await openDrawers(panel)
    expect(await page.title()).toBe("states")
    expect(await panel.locator("img, b, script").count()).toBe(0)
    if (name === "hostile") expect(await panel.locator("bdi").first().textContent()).toContain(HOSTILE.slice(0, 20))
  })

  it("shows what can be seen: strip, rows, directions, rounding", async () => {
    const titles = async (name: string) => {
      const panel = await show(name)
      await openDrawers(panel, "Why?")
      const labels = await panel.getByRole("img").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? ""))
      return { panel, labels }
    }
    const full = await titles("full")
    expect(full.labels.map((label) => label.split(".")[0])).toEqual([
      "How far each tensor moved",
      "Row against row",
      "Directions of the update",
    ])
    expect(full.labels[0]).toContain("48 of 218 did not move")
    expect(full.labels[2]).toContain("4 of 64 directions")
    // One cell for each tensor compared; layers without the role have none.
    expect(await full.panel.locator("figure").first().locator("rect").count()).toBe(218)
    expect(await full.panel.locator("figure").nth(1).locator("rect").count()).toBe(256)
    const packed = await titles("quantised")
    expect(packed.labels.map((label) => label.split(".")[0])).toEqual([
      "How far each tensor moved",
      "Row against row",
      "The parent's values around the packed ones",
      "Values on both sides",
    ])
    expect(packed.labels[2]).toContain("99.9%")
    // Records of earlier versions have none.
    expect((await titles("undocumented")).labels).toEqual([])
  })

  it("says what would change the answer, and sets the control beside the evidence", async () => {
    const panel = await show("full")
    await openDrawers(panel, "Why?")
    expect(await panel.locator(".beside .control").textContent()).toContain("Negative control")
    expect(await panel.locator(".bullets li").allTextContents()).toEqual([
      "A card that names acme/base-7b: then card and weights agree.",
      "Access to closed/base-7b, which could not be compared.",
      "A nearer model that was not found: 2 were compared.",
      "A commit with other weights.",
    ])
  })

  it("follows licences and access up the line, and marks a guess as one", async () => {
    const open = async (name: string) => {
      const panel = await show(name)
      const drawer = await openDrawers(panel, "Licences and access")
      return ((await drawer.textContent()) ?? "").replaceAll(/[\u2068\u2069]/g, "")
    }
    const full = await open("full")
    expect(full).toContain("4 notes")
    expect(full).toContain("acme/base-7b is under cc-by-nc-4.0, which asks for no commercial use; this model's mit does not.")
    expect(full).toMatch(/acme\/base-7b cc-by-nc-4.0gated.*acme\/root-7b llama3disabled/)
    expect(await open("imputed")).toMatch(/no licence on its card; by its relatives' cards probably apache-2.0 \(\d+/)
    expect(await open("gated-parent")).toMatch(/closed\/base-7b llama3gatedby the card alone/)
  })

  it("lists children and the nearest relatives with their kinship, those of earlier visits too", async () => {
    const drawer = await openDrawers(await show("full"), "Relatives found")
    await drawer.getByText("acme/visited-7b").waitFor()
    expect(await drawer.locator("li").allTextContents()).toEqual([
      "other/coder-7b-int8 quantised · 97% · differs by 0.4%",
      "other/coder-7b-fr fine-tune · 97%",
      "acme/chat-7b sibling · differs by 3.5%",
      "acme/root-7b ancestor · differs by 20%",
      "acme/visited-7b shares weights · differs by 6%",
    ])
  })

  it("offers a look for similar models where none was met on the way", async () => {
    const panel = await show("independent")
    await panel.locator("summary", { hasText: "Similar models" }).click()
    // With what is found its title counts.
    await panel.getByText("Relatives found (1)").waitFor()
    expect(await panel.locator("li").filter({ hasText: "acme/visited-7b" }).textContent()).toBe(
      "acme/visited-7b shares weights · differs by 6%",
    )
  })

  it("explains a relation to whoever points at it or comes by keyboard, and Esc puts the words away", async () => {
    const panel = await show("full")
    const word = panel.getByRole("button", { name: "fine-tune" })
    const tip = panel.getByRole("tooltip")
    expect(await tip.isVisible()).toBe(false)
    await word.hover()
    expect(await tip.textContent()).toBe("The parent's weights, trained a little further.")
    expect(await tip.isVisible()).toBe(true)
    await page.mouse.move(0, 0)
    await word.focus()
    expect(await tip.isVisible()).toBe(true)
    await page.keyboard.press("Escape")
    expect(await tip.isVisible()).toBe(false)
  })

  it("shows a draft as a difference, everything that would be sent, and sends only after that", async () => {
    const panel = await show("full")
    const drawer = await openDrawers(panel, "Propose a better card")
    await drawer.locator(".diff").waitFor()
    expect(await drawer.locator(".diff [data-kind=old]").textContent()).toContain("removed: base_model: other/base-7b")
    expect(await drawer.locator(".diff [data-kind=new]").count()).toBe(2)
    const discussion = new URL((await drawer.getByRole("link", { name: "Start a discussion" }).getAttribute("href")) ?? "")
    expect(discussion.origin + discussion.pathname).toBe("https://huggingface.co/acme/coder-7b/discussions/new")
    expect(discussion.searchParams.get("description")).toContain("base_model: acme/base-7b")
    expect(await drawer.getByRole("link", { name: "editor" }).getAttribute("href")).toBe(
      "https://huggingface.co/acme/coder-7b/edit/main/README.md",
    )
    const send = drawer.getByRole("button", { name: "Send a pull request" })
    await send.click()
    const box = drawer.getByRole("group")
    for (const part of [
      "huggingface.co/acme/coder-7b",
      "commit 01234567",
      "Name acme/base-7b as base model",
      "By its weights at commit",
      "<img src=x",
    ])
      expect(await box.textContent()).toContain(part)
    expect(await axeFaults(page)).toEqual([])
    await page.screenshot({ path: `${OUT}/send.png`, fullPage: true })
    const focused = () => page.evaluate(() => document.querySelector("pedigree-panel")?.shadowRoot?.activeElement?.textContent)
    await box.getByRole("button", { name: "Do not send" }).click()
    expect(await box.count()).toBe(0)
    expect(await focused()).toContain("Send a pull request")
    // Esc leaves the box, not the drawer.
    await send.click()
    await page.keyboard.press("Escape")
    expect(await box.count()).toBe(0)
    expect(await focused()).toContain("Send a pull request")
    expect(await drawer.locator(".diff").isVisible()).toBe(true)
    await send.click()
    await box.getByRole("button", { name: "Send it" }).click()
    expect(await drawer.getByRole("link", { name: "discussions/7" }).getAttribute("href")).toBe(
      "https://huggingface.co/acme/coder-7b/discussions/7",
    )
  })

  it("offers no draft where card and weights agree, one where only the relation differs", async () => {
    expect(await (await show("documented")).getByText("Propose a better card").count()).toBe(0)
    expect(await (await show("gated-parent")).getByText("Propose a better card").count()).toBe(0)
    expect(await (await show("wrong-relation")).getByText("Propose a better card").count()).toBe(1)
  })

  it("stays readable with the system's colours, from right to left, and on paper", async () => {
    const panel = await show("full")
    await openDrawers(panel)
    await page.emulateMedia({ forcedColors: "active" })
    expect(await axeFaults(page)).toEqual([])
    await page.screenshot({ path: `${OUT}/full-forced.png`, fullPage: true })
    await page.emulateMedia({ forcedColors: "none", media: "print" })
    expect(await panel.getByRole("button", { name: "Copy as text" }).isVisible()).toBe(false)
    await page.screenshot({ path: `${OUT}/full-print.png`, fullPage: true })
    await page.emulateMedia({ media: "screen" })
    await panel.evaluate((box) => box.setAttribute("dir", "rtl"))
    await page.screenshot({ path: `${OUT}/full-rtl.png`, fullPage: true })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
  })

  it.each(["full", "evil", "merge", "rate-limited"])("is whole at twice the size in a window of 640 px: %s", async (name) => {
    const panel = await show(name)
    await openDrawers(panel)
    await page.setViewportSize({ width: 640, height: 900 })
    await page.evaluate(() => document.documentElement.style.setProperty("zoom", "2"))
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640)
    await page.screenshot({ path: `${OUT}/${name}-twice.png`, fullPage: true })
    await page.evaluate(() => document.documentElement.style.removeProperty("zoom"))
    await page.setViewportSize({ width: 400, height: 900 })
  })

  it("moves nothing by itself for those who asked for less motion", async () => {
    const moving = async (name: string) => {
      const panel = await show(name)
      await panel.getByRole("button").first().hover()
      return panel.evaluate((box) => box.getAnimations({ subtree: true }).length)
    }
    await page.emulateMedia({ reducedMotion: "reduce" })
    for (const name of ["progress", "refreshing", "full"]) expect(await moving(name)).toBe(0)
    await page.emulateMedia({ reducedMotion: "no-preference" })
  })

  it("is walked by Tab from top to bottom, every control once, and the focus is seen", async () => {
    const panel = await show("full")
    await openDrawers(panel)
    const controls = await panel.locator("a[href], button, summary, [tabindex='0']").count()
    await page.mouse.click(1, 1)
    const stops: { top: number; outline: string }[] = []
    for (;;) {
      await page.keyboard.press("Tab")
      const stop = await page.evaluate(() => {
        const active = document.querySelector("pedigree-panel")?.shadowRoot?.activeElement
        if (!active) return null
        const { outlineStyle, outlineWidth } = getComputedStyle(active)
        return { top: active.getBoundingClientRect().top + scrollY, outline: `${outlineStyle} ${outlineWidth}` }
      })
      if (stop === null) break
      stops.push(stop)
    }
    expect(stops).toHaveLength(controls)
    // Side by side within a row, else downwards.
    for (const [index, { top }] of stops.entries()) expect(top).toBeGreaterThan((stops[index - 1]?.top ?? 0) - 30)
    for (const { outline } of stops) expect(outline).not.toMatch(/^none|0px/)
  })

  it("leads to the very files that were read, at their commit", async () => {
    const panel = await show("full")
    await openDrawers(panel, "Why?")
    const links = await panel
      .getByRole("link", { name: "model-00001-of-00002.safetensors" })
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")))
    expect(links).toEqual([
      `https://huggingface.co/acme/base-7b/blob/${"a".repeat(40)}/model-00001-of-00002.safetensors`,
      "https://huggingface.co/acme/coder-7b/blob/0123456789abcdef0123456789abcdef01234567/model-00001-of-00002.safetensors",
    ])
  })

  it("reports a wrong answer only by a link that a person follows", async () => {
    const link = new URL((await (await show("full")).getByRole("link", { name: "Report as wrong" }).getAttribute("href")) ?? "")
    // The one place that names the project's page.
    const { homepage } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { homepage: string }
    expect(link.origin + link.pathname).toBe(`${homepage}/issues/new`)
    expect(link.searchParams.get("title")).toBe("Wrong answer for acme/coder-7b")
    expect(link.searchParams.get("body")).toContain("acme/base-7b: finetune, 0.994")
    expect(link.href.length).toBeLessThan(8_000)
    const long = new URL((await (await show("evil")).getByRole("link", { name: "Report as wrong" }).getAttribute("href")) ?? "")
    expect(long.href.length).toBeLessThan(16_000)
  })

  it("closes the evidence with Esc and keeps the focus", async () => {
    const panel = await show("undocumented")
    await panel.locator("summary").first().focus()
    await page.keyboard.press("Enter")
    expect(await panel.locator("details[open]").count()).toBe(1)
    await page.keyboard.press("Escape")
    expect(await panel.locator("details[open]").count()).toBe(0)
    expect(await page.evaluate(() => document.querySelector("pedigree-panel")?.shadowRoot?.activeElement?.tagName)).toBe("SUMMARY")
  })
})
