import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Claim } from "~src/app/claim"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { axeFaults } from "./axe"
import { openDrawers } from "./drawers"
import { CONTAINERS, FIXTURES, inBothThemes, openSession, panel, type Session, takePictures } from "./harness"
import { truth } from "./truth"

/** One model of each kind in the fixtures. */
const UNDOCUMENTED = "windmill-ai/willow-24"
const MERGED_LORA = "bluewharf/bramble-mini"
const QUANTISED = "plainsong/clove-xs-Q4_0-GGUF"

/** What stands behind the answer and what can be done with it, in the built extension on the stand-in's pages. */
describe("the panel's drawers", () => {
  let hub: RunningHub
  let session: Session
  beforeAll(async () => {
    hub = await startHub({ roots: [FIXTURES, CONTAINERS], tls: true })
    session = await openSession(hub)
    await session.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: "https://huggingface.co" })
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })

  const settled = async (model: string) => {
    const page = await session.open(model)
    await session.settled(page)
    return page
  }

  it("draws what it measured, in both themes, with nothing for axe to find", async () => {
    const page = await settled(MERGED_LORA)
    await openDrawers(panel(page))
    const labels = await panel(page)
      .getByRole("img")
      .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? ""))
    expect(labels.map((label) => label.split(".")[0])).toEqual(["How far each tensor moved", "Row against row", "Directions of the update"])
    // The adapter has rank 4: four directions stand above what noise would give.
    expect(labels[2]).toContain(": 4 of ")
    await inBothThemes(page, async () => expect(await axeFaults(page, "pedigree-panel")).toEqual([]))
    await takePictures(page, "drawers")
  })

  it("puts a claim with commit, file, tensors and bytes on the clipboard", async () => {
    const page = await settled(UNDOCUMENTED)
    await panel(page).getByRole("button", { name: "Copy claim" }).click()
    await panel(page).getByText("Copied.").waitFor()
    const claim = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as Claim
    const [parent] = claim.parents
    expect(claim).toMatchObject({ schema: "pedigree/claim@1", endpoint: "https://huggingface.co", model: { id: UNDOCUMENTED } })
    expect(parent?.id).toBe(truth(UNDOCUMENTED).parents[0]?.id)
    expect(parent?.tensors[0]?.bytes.model?.[0]?.file).toBe("model.safetensors")
    await panel(page).getByRole("button", { name: "Copy as text" }).click()
    await panel(page).locator(".copy").first().getByText("Copied.").waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`https://huggingface.co/${UNDOCUMENTED}`)
  })

  it("drafts a card, and sends nothing without a token", async () => {
    const page = await settled(UNDOCUMENTED)
    const drawer = await openDrawers(panel(page), "Propose a better card")
    const added = drawer.locator(".diff [data-kind=new]")
    await added.first().waitFor()
    expect((await added.allTextContents()).map((line) => line.replace(/^.*added: /, ""))).toEqual([
      `base_model: ${truth(UNDOCUMENTED).parents[0]?.id}`,
      "base_model_relation: finetune",
    ])
    expect(await drawer.getByRole("button", { name: "Send a pull request" }).count()).toBe(0)
    expect(hub.proposals).toEqual([])
  })

  it("opens a pull request with a token, after showing exactly what it sends", async () => {
    await session.worker().evaluate(() => chrome.storage.session.set({ token: "hf_test_plain" }))
    const page = await settled("rkaplan/merlin-one")
    const drawer = await openDrawers(panel(page), "Propose a better card")
    await drawer.getByRole("button", { name: "Send a pull request" }).click()
    const shown = (await drawer.getByRole("group").locator("dd").allTextContents()) as string[]
    await takePictures(page, "send")
    expect(hub.proposals).toEqual([])
    await drawer.getByRole("button", { name: "Send it" }).click()
    await drawer.getByRole("link", { name: "discussions/1" }).waitFor()
    const [sent] = hub.proposals
    expect(sent).toMatchObject({ id: "rkaplan/merlin-one", summary: shown[1], description: shown[2] })
    expect(sent?.files).toEqual([{ path: "README.md", text: shown[3] }])
    await session.worker().evaluate(() => chrome.storage.session.remove("token"))
  })

  it("shows how packed values lie around their source's, and around no other's", async () => {
    const page = await settled(QUANTISED)
    await openDrawers(panel(page), "Why?")
    const label = await panel(page).getByRole("img", { name: "around the packed ones" }).getAttribute("aria-label")
    expect(Number(/([\d.]+)%/.exec(label ?? "")?.[1])).toBeGreaterThan(95)
    await takePictures(page, "quantised")
  })

  it("compares licences up the line", async () => {
    const page = await settled(UNDOCUMENTED)
    const drawer = await openDrawers(panel(page), "Licences and access")
    expect(await drawer.textContent()).toContain(truth(UNDOCUMENTED).parents[0]?.id)
    expect(await drawer.textContent()).toContain("apache-2.0")
  })

  it("docks at the edge of a page whose structure it does not know, leaves it readable, and says so once", async () => {
    const page = await session.context.newPage()
    const said: string[] = []
    page.on("console", (line) => line.text().startsWith("Pedigree") && said.push(line.text()))
    const props = JSON.stringify({ model: { id: UNDOCUMENTED, tags: [] } }).replaceAll('"', "&quot;")
    const body = `<!doctype html><html lang="en"><title>new</title><body><div data-target="ModelHeader" data-props="${props}"></div><div id="app">Another structure.</div>`
    await page.route("**/*", (route) =>
      route.request().isNavigationRequest() ? route.fulfill({ contentType: "text/html", body }) : route.continue(),
    )
    await page.goto(`https://huggingface.co/${UNDOCUMENTED}`)
    await session.settled(page)
    // The page throws it out; it comes back to the dock.
    await page.evaluate(() => document.querySelector("pedigree-panel")?.remove())
    await panel(page).waitFor()
    expect(await page.locator("pedigree-panel[data-dock]").count()).toBe(1)
    expect(said).toHaveLength(1)
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 })
      const box = await page.locator("pedigree-panel").boundingBox()
      expect(box?.height).toBeLessThanOrEqual(0.6 * 800 + 1)
      expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 0) <= width).toBe(true)
    }
    expect(await axeFaults(page, "pedigree-panel")).toEqual([])
    await takePictures(page, "dock")
  })

  it("moves nothing on the page when the answer comes, nor later by itself", async () => {
    const page = await session.context.newPage()
    await page.addInitScript(() => {
      Object.assign(window, { shifts: [] })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
          if (!entry.hadRecentInput) (window as unknown as { shifts: number[] }).shifts.push(entry.value)
      }).observe({ type: "layout-shift", buffered: true })
    })
    const shifts = () => page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, one) => sum + one, 0))
    await page.goto(`https://huggingface.co/thirdshelf/quill-xs`)
    await session.settled(page)
    expect(await shifts()).toBeLessThan(0.1)
  })
})
