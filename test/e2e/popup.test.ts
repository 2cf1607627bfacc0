import { mkdirSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { axeFaults } from "./axe"
import { FIXTURES, openSession, PICTURES, type Session } from "./harness"
import { truth } from "./truth"

const MODEL = "windmill-ai/willow-24"
/** Of the same family, and opened by no other test. */
const RELATIVE = "plainsong/kelp-2"
const PARENT = truth(MODEL).parents[0]?.id ?? ""
const MERGE = "juniper-data/comet-lite"

describe("the popup and the options page", () => {
  let hub: RunningHub
  let session: Session
  beforeAll(async () => {
    hub = await startHub({ roots: [FIXTURES], tls: true })
    session = await openSession(hub)
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })

  it("says what to do where there is nothing to draw", async () => {
    const elsewhere = await session.open("datasets/acme/words")
    expect(await (await session.popup(elsewhere)).locator("main").textContent()).toContain("This tab shows no model page.")
    hub.setLatency(1000)
    const early = await session.open("brackish/alder-one/tree/main")
    expect(await (await session.popup(early)).locator("main").textContent()).toContain("No analysis of brackish/alder-one yet.")
    hub.setLatency(0)
  })

  it("draws the family of the model in the active tab, undeclared edges marked, and opens a relative's page", async () => {
    const page = await session.open(MODEL)
    await session.settled(page)
    const popup = await session.popup(page)
    await popup.locator("g.node").first().waitFor()
    const names = await popup.locator("g.node").evaluateAll((nodes) => nodes.map((node) => node.getAttribute("data-id")))
    expect(names).toContain(MODEL)
    expect(names).toContain(PARENT)
    // Nothing of the family hides, is cut, or is too small to read.
    const texts = await popup
      .locator("g.node text.id")
      .evaluateAll((nodes) => nodes.map((node) => ({ text: node.textContent, height: node.getBoundingClientRect().height })))
    expect(texts.map(({ text }) => text).sort()).toEqual(names.map((id) => id?.split("/")[1]).sort())
    for (const { height } of texts) expect(height).toBeGreaterThan(9)
    expect(await popup.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(600)
    expect(await popup.locator(`.canvas g.edge[data-child="${MERGE}"]`).count()).toBe(truth(MERGE).parents.length)
    expect(await popup.locator('g.node[data-current="true"]').getAttribute("data-id")).toBe(MODEL)
    expect(await popup.locator(".canvas .edge .halo").count()).toBeGreaterThan(0)
    expect(await popup.getByRole("treeitem").count()).toBe(names.length)
    expect(await popup.locator('[aria-current="page"]').getAttribute("aria-level")).toBe("2")
    mkdirSync(PICTURES, { recursive: true })
    for (const theme of ["light", "dark"] as const) {
      await popup.emulateMedia({ colorScheme: theme })
      await popup.screenshot({ path: `${PICTURES}/popup-${theme}.png` })
    }
    const [full] = await Promise.all([session.context.waitForEvent("page"), popup.getByRole("button", { name: "Full page" }).click()])
    await full.locator("g.node").first().waitFor()
    expect(full.url()).toContain(`tabs/atlas.html?model=${encodeURIComponent(MODEL)}`)
    expect(await full.locator("g.node").count()).toBe(names.length)
    // The layout worker is found and allowed by the extension's own policy.
    await full.getByLabel("Axis", { exact: true }).selectOption("free")
    await full.locator('.surface[data-axis="free"]').waitFor()
    expect(await axeFaults(full)).toEqual([])
    const [saved] = await Promise.all([full.waitForEvent("download"), full.getByRole("button", { name: "PNG" }).click()])
    expect(saved.suggestedFilename()).toBe(`${MODEL.replace("/", "-")}.png`)
    await full.screenshot({ path: `${PICTURES}/atlas-page.png` })
    await full.goto(full.url().replace(/\?.*/, ""))
    await full.getByRole("heading", { name: "All families known here" }).waitFor()
    await full.locator(`g.node[data-id="${MODEL}"]`).waitFor()
    await full.close()
    await popup.bringToFront()
    const opened = session.context.waitForEvent("page")
    await popup.locator(`g.node[data-id="${PARENT}"]`).click()
    expect((await opened).url()).toBe(`https://huggingface.co/${PARENT}`)
  })

  it("shows the family that a relative's analysis found, and says so", async () => {
    const page = await session.open(`${RELATIVE}/tree/main`)
    const popup = await session.popup(page)
    const text = (await popup.locator("main").textContent()) ?? ""
    // The test before looked at the model and, by its click, at the parent: either knows the family.
    const notes = [MODEL, PARENT].map(
      (seen) => `${RELATIVE} itself has not been analysed yet; this is what the analysis of ${seen} showed.`,
    )
    expect(notes.filter((note) => text.includes(note))).toHaveLength(1)
    expect(await popup.locator('g.node[data-current="true"]').getAttribute("data-id")).toBe(RELATIVE)
    await popup.screenshot({ path: `${PICTURES}/popup-relative.png` })
  })

  it("tests the arithmetic and empties the cache on request", async () => {
    await session.settled(await session.open(MODEL))
    const others = session.context.pages()
    const page = await session.context.newPage()
    // An inspection that goes on in another tab would fill the cache again.
    for (const other of others) await other.close()
    await page.goto(`chrome-extension://${new URL(session.worker().url()).host}/options.html`)
    await page.getByRole("button", { name: "Test it" }).click()
    await page.getByText(/^Works: (Processor|Graphics)/).waitFor()
    await page.getByText(/^[1-9][\d,]* entries/).waitFor()
    await page.getByRole("button", { name: "Clear the cache" }).click()
    await page.getByText("The cache is empty.").waitFor()
    await page.getByText(/^0 entries/).waitFor()
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.screenshot({ path: `${PICTURES}/options-${theme}.png` })
    }
  })
})
