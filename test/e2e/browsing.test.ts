import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { contentOf } from "~test/hub/content"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { axeFaults } from "./axe"
import { FIXTURES, openSession, type Session, takePictures, until } from "./harness"
import { deserved, truth } from "./truth"

const MODEL = "windmill-ai/willow-24"
const HOSTILE = "hostile/card"
const SIGNS = { documented: "✓", undocumented: "+", contradicted: "≠", independent: "○", unverified: "?" } as const
const WORDS = {
  documented: "Documented",
  undocumented: "Undocumented",
  contradicted: "Contradicted",
  independent: "Independent",
  unverified: "",
}
const marked = (id: string) => SIGNS[deserved(id)] + WORDS[deserved(id)]

const badges = (page: Page) => page.locator("pedigree-badge .badge")
const badgeOf = (page: Page, id: string) => page.locator(`article:has(header[title="${id}"]) pedigree-badge .badge`)

describe("while browsing", () => {
  let hub: RunningHub
  let session: Session
  beforeAll(async () => {
    const card = `---\nbase_model: ["<img src=x onerror=alert(1)>", "\u202e\u05d0\u05d1/x", "${"long-".repeat(2000)}"]\n---\n`
    const madeRepos = [{ id: HOSTILE, files: [{ path: "README.md", content: contentOf(card) }] }]
    hub = await startHub({ roots: [FIXTURES], madeRepos, tls: true, rateLimits: { pages: 1000 } })
    session = await openSession(hub)
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })
  const choose = (settings: object) => session.worker().evaluate((chosen) => chrome.storage.local.set(chosen), settings)
  const asked = () => hub.requests.filter(({ kind }) => kind !== "page" && kind !== "asset").map(({ path }) => path)

  it("shows a tab's verdict on the icon, and takes it off with the page", async () => {
    const page = await session.open(MODEL)
    await session.settled(page)
    const onIcon = () =>
      session.worker().evaluate(async (url) => {
        const [tab] = await chrome.tabs.query({ url: `https://huggingface.co/${url}*` })
        const tabId = tab?.id ?? -1
        return { text: await chrome.action.getBadgeText({ tabId }), title: await chrome.action.getTitle({ tabId }) }
      }, "")
    await until(async () => (await onIcon()).text === SIGNS[deserved(MODEL)])
    expect((await onIcon()).title).toMatch(new RegExp(`^${MODEL}: ${WORDS[deserved(MODEL)]} \\(${truth(MODEL).parents[0]?.id} \\(`))
    await page.goto("https://huggingface.co/docs/hub")
    await until(async () => (await onIcon()).text === "")
    await page.close()
  })

  it("charts the family of a page or a link from the menu", async () => {
    const page = await session.open("docs/hub")
    const chosen = async (place: { pageUrl: string; linkUrl?: string }) => {
      const opened = session.context.waitForEvent("page")
      // The menu itself is the browser's and out of a test's reach; its event is not.
      await session.worker().evaluate((where) => {
        const { onClicked } = chrome.contextMenus as unknown as { onClicked: { dispatch(info: object, tab: object): void } }
        onClicked.dispatch({ menuItemId: "chart-page", editable: false, ...where }, {})
      }, place)
      const chart = await opened
      await chart.waitForLoadState()
      const { pathname, search } = new URL(chart.url())
      await chart.close()
      return pathname + search
    }
    const pageUrl = `https://huggingface.co/${MODEL}/tree/main`
    const asked = (id: string) => `/tabs/atlas.html?model=${encodeURIComponent(id)}`
    expect(await chosen({ pageUrl })).toBe(asked(MODEL))
    expect(await chosen({ pageUrl, linkUrl: "https://huggingface.co/acme/other" })).toBe(asked("acme/other"))
    expect(await chosen({ pageUrl: "https://huggingface.co/datasets/acme/words" })).toBe("/tabs/atlas.html")
    await page.close()
  })

  it("puts nothing on lists unless asked to", async () => {
    hub.resetLog()
    const page = await session.open("models")
    await page.waitForTimeout(600)
    expect(await badges(page).count()).toBe(0)
    expect(asked()).toEqual([])
    await page.close()
  })

  it("marks search results from the store and from one list call, and reads weights on a click alone", async () => {
    await choose({ badges: true })
    hub.resetLog()
    const page = await session.open("models?search=&sort=downloads")
    const cards = await page.locator("article").count()
    expect(cards).toBe(30)
    await until(async () => (await badges(page).count()) === cards)
    expect(asked()).toEqual([expect.stringMatching(/^\/api\/models\?sort=downloads&direction=-1&limit=30&/)])
    const listed = await page
      .locator("article header")
      .evaluateAll((headers) => headers.map((header) => header.getAttribute("title") ?? ""))
    const silent = listed.find((id) => id !== MODEL && id !== HOSTILE && truth(id).declared.length === 0) ?? ""
    const named = listed.find((id) => id !== MODEL && id !== HOSTILE && truth(id).declared.length > 0) ?? ""
    expect(await badgeOf(page, silent).textContent()).toBe("⋔no base model named")
    expect(await badgeOf(page, named).textContent()).toContain(`card: ${truth(named).declared[0]}`)
    if (listed.includes(MODEL)) expect(await badgeOf(page, MODEL).textContent()).toBe(marked(MODEL))
    // Nothing in the list has moved.
    const heights = (await page.locator("article").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))).map(
      Math.round,
    )
    await choose({ badges: false })
    await until(async () => (await badges(page).count()) === 0)
    expect(
      (await page.locator("article").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))).map(Math.round),
    ).toEqual(heights)
    await choose({ badges: true })
    await page.close()
  })

  it("marks the models of a search, a person, an organisation and a collection, datasets not, and what a filter brings anew", async () => {
    const lists = ["models?search=willow", "rkaplan", "juniper-data", "juniper-data/models", "collections/juniper-data/comet-willow-0123"]
    for (const path of lists) {
      const page = await session.open(path)
      const models = page.locator('article:not(:has(a[href^="/datasets/"]))')
      expect(await models.count(), path).toBeGreaterThan(0)
      await until(async () => (await badges(page).count()) === (await models.count()))
      expect(await page.locator('article:has(a[href^="/datasets/"]) pedigree-badge').count()).toBe(0)
      expect(await axeFaults(page, "pedigree-badge"), path).toEqual([])
      await page.close()
    }
    const page = await session.open("models")
    await badges(page).first().waitFor()
    await page.evaluate(() => {
      const list = document.querySelector(".grid-list")
      const copies = [...(list?.children ?? [])].slice(0, 3).map((card) => card.cloneNode(true) as Element)
      for (const copy of copies) {
        copy.querySelector("pedigree-badge")?.remove()
        // As where authors have a picture that leads to them.
        copy.insertAdjacentHTML("afterbegin", '<a href="/somebody" aria-label="somebody"></a>')
      }
      list?.replaceChildren(...copies)
    })
    await until(async () => (await badges(page).count()) === 3)
    await page.close()
  })

  it("reads weights when a badge is pressed, by keyboard too, and says so", async () => {
    const page = await session.open("models")
    const id = (await page.locator("article header").evaluateAll((all) => all.map((one) => one.getAttribute("title") ?? "")))
      .filter((listed) => listed !== MODEL && listed !== HOSTILE && truth(listed).declared.length === 0)
      .at(0) as string
    const badge = badgeOf(page, id)
    await badge.waitFor()
    expect(await badge.getAttribute("aria-label")).toBe(`${id}: no base model named. Read its weights`)
    hub.setLatency(20)
    await badge.focus()
    await page.keyboard.press("Enter")
    await page.getByText("reading the weights …").waitFor()
    hub.setLatency(0)
    await badge.and(page.locator("[data-verdict]")).waitFor({ timeout: 45_000 })
    expect(await badge.textContent()).toBe(marked(id))
    const tooltip = (await badge.getAttribute("title")) ?? ""
    for (const parent of truth(id).parents) expect(tooltip).toContain(parent.id)
    // The list has no verdict of its own.
    const onIcon = await session.worker().evaluate(async () => {
      const [tab] = await chrome.tabs.query({ url: "https://huggingface.co/models" })
      return chrome.action.getBadgeText({ tabId: tab?.id ?? -1 })
    })
    expect(onIcon).toBe("")
    // Focus stays where it was.
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe("pedigree-badge")
    await takePictures(page, "badges-search")
    await page.close()
  })

  it("shows hostile cards as text of one line", async () => {
    const page = await session.open("hostile")
    const badge = badgeOf(page, HOSTILE)
    await badge.waitFor()
    const text = (await badge.textContent()) ?? ""
    expect(text).toContain("<img src=x onerror=alert(1)>, ")
    expect(text).not.toContain("\u202e")
    expect(text).toContain("\u2068")
    expect(text.length).toBeLessThan(600)
    expect(await badge.locator("img").count()).toBe(0)
    const [card, mark] = await Promise.all([page.locator("article").boundingBox(), badge.boundingBox()])
    expect(mark?.height).toBeLessThan(24)
    expect((mark?.x ?? 0) >= (card?.x ?? 0) && (mark?.width ?? 0) < (card?.width ?? 0)).toBe(true)
    await page.close()
  })

  it("runs nothing on pages that list no models", async () => {
    for (const path of ["docs/hub", "datasets", "datasets/acme/words", "spaces/acme/app", "pricing", "collections", "settings/tokens"]) {
      hub.resetLog()
      const page = await session.open(path)
      await page.waitForTimeout(150)
      expect(await page.locator("pedigree-badge, pedigree-panel").count(), path).toBe(0)
      expect(asked(), path).toEqual([])
      await page.close()
    }
  })

  it("is gone from a page once the extension was updated, when the person comes back to it", async () => {
    const page = await session.open(MODEL)
    await session.settled(page)
    const list = await session.open("models")
    await badges(list).first().waitFor()
    await session
      .worker()
      .evaluate(() => chrome.runtime.reload())
      .catch(() => {})
    await page.waitForTimeout(500)
    for (const each of [page, list]) {
      await each.bringToFront()
      await each.evaluate(() => window.dispatchEvent(new Event("focus")))
      await each.locator("pedigree-panel, pedigree-badge").first().waitFor({ state: "detached" })
    }
  })
})
