import { readFileSync, statSync } from "node:fs"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { openDrawers } from "./drawers"
import { EXTENSION, FIXTURES, openSession, panel, type Session, takePictures, until } from "./harness"
import { deserved, truth } from "./truth"

/** One model of each kind in the fixtures. */
const UNDOCUMENTED = "windmill-ai/willow-24"
const DOCUMENTED = "bluewharf/bramble-mini"
const CONTRADICTED = "rkaplan/merlin-one"
const INDEPENDENT = "oakline/quartz-xs"
const GATED = "brackish/cinder-lite"
const WITHOUT_WEIGHTS = "ymori/echo-mini"

/** Runs in the worker: empties all that is stored. */
async function emptyStore(): Promise<void> {
  if (!(await indexedDB.databases()).some(({ name }) => name === "pedigree")) return
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open("pedigree")
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const names = [...database.objectStoreNames]
  const transaction = database.transaction(names, "readwrite")
  for (const name of names) transaction.objectStore(name).clear()
  await new Promise<void>((resolve) => {
    transaction.oncomplete = () => resolve()
  })
  database.close()
}

describe("the panel on a model's page", () => {
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
  afterEach(async () => {
    hub.setFaults([])
    hub.setRateLimits({})
    hub.setLatency(0)
    hub.setOffline(false)
    for (const page of session.context.pages().slice(1)) await page.close()
  })

  /** Requests for bytes of files since the log was reset; weights lie at the CDN and are reached through the resolver. */
  const weightReads = () => hub.requests.filter(({ kind }) => kind === "cdn" || kind === "resolver")
  const parentOf = (id: string) => truth(id).parents[0]?.id ?? ""

  it("names the parent that the card does not mention, with relation, probability, direction and evidence", async () => {
    const page = await session.open(UNDOCUMENTED)
    await panel(page).waitFor()
    expect(await panel(page).textContent()).toContain("The card names no base model.")
    const { phase, verdict, text } = await session.settled(page)
    expect({ phase, verdict }).toEqual({ phase: "done", verdict: deserved(UNDOCUMENTED) })
    expect(text).toContain(`Weights match ${parentOf(UNDOCUMENTED)} (fine-tune), which the card does not mention.`)
    expect(text).toMatch(/(almost certain|likely|possible) \([\d.> ]+%\)Direction [\d.> ]+% sure, from .*not on the card/)
    expect(text).toMatch(/\d+ requests · [\d.]+ (kB|MB) read.*(WebAssembly|WebGPU)/)
    await openDrawers(panel(page), "Why?")
    expect(await panel(page).locator(".evidence [data-says=for]").count()).toBeGreaterThanOrEqual(2)
    expect(await panel(page).textContent()).toContain("Negative control")
    await takePictures(page, "undocumented")
  })

  it("answers a second visit from the cache, without reading weights", async () => {
    await session.settled(await session.open(UNDOCUMENTED))
    hub.resetLog()
    const { verdict, text } = await session.settled(await session.open(UNDOCUMENTED))
    expect(verdict).toBe(deserved(UNDOCUMENTED))
    expect(text).toContain("From the cache")
    expect(weightReads()).toEqual([])
    // One question is asked: whether there is a newer commit.
    expect(hub.requests.filter(({ kind }) => kind === "api")).toHaveLength(1)
  })

  it("agrees with a right card", async () => {
    const { verdict, text } = await session.settled(await session.open(DOCUMENTED))
    expect(verdict).toBe(deserved(DOCUMENTED))
    expect(text).toContain(`Weights match ${parentOf(DOCUMENTED)}`)
    expect(text).toContain("as the card says")
  })

  it("states, without accusing, that a card names another model than the weights do", async () => {
    const page = await session.open(CONTRADICTED)
    const { verdict, text } = await session.settled(page)
    expect(verdict).toBe(deserved(CONTRADICTED))
    expect(text).toContain(`The card names ${truth(CONTRADICTED).declared[0]}, but the weights match ${parentOf(CONTRADICTED)}`)
    expect(text).toContain("weights disagree")
    expect(text).not.toMatch(/stolen|fake|plagiar|theft|fraud/i)
    await takePictures(page, "contradicted")
  })

  it("finds no parent where there is none", async () => {
    const { verdict, text } = await session.settled(await session.open(INDEPENDENT))
    expect(verdict).toBe(deserved(INDEPENDENT))
    expect(text).toContain("No parent shown.")
  })

  it("says that there are no weights", async () => {
    const { phase, code, text } = await session.settled(await session.open(WITHOUT_WEIGHTS))
    expect({ phase, code }).toEqual({ phase: "failed", code: "no-weights" })
    expect(text).toContain("No readable weights")
    expect(text).toContain("Try again")
  })

  it("says that access is needed, for a gated model", async () => {
    const page = await session.open(GATED)
    const { phase, code, text } = await session.settled(page)
    expect({ phase, code }).toEqual({ phase: "failed", code: "gated" })
    expect(text).toContain("Gated: access is needed")
    expect(text).toContain("Try again")
    await takePictures(page, "gated")
  })

  it("says that the Hub cannot be reached, keeps the last answer, and goes on when it can", async () => {
    const page = await session.open("tamarind/rowan-2")
    await session.settled(page)
    hub.setOffline(true)
    await panel(page).getByRole("button", { name: "Refresh" }).click()
    await until(async () => (await session.shown(page)).code === "offline")
    const { text, verdict } = await session.shown(page)
    expect(text).toContain("Offline")
    expect(verdict).not.toBeNull()
    hub.setOffline(false)
    await panel(page).getByRole("button", { name: "Try again" }).click()
    expect((await session.settled(page)).phase).toBe("done")
  })

  it("goes on by itself after the browser stopped the worker in the middle, and reads nothing twice", async () => {
    const model = "thirdshelf/sorrel-xs"
    // Earlier tests read its relatives; here everything is to be read.
    await session.worker().evaluate(emptyStore)
    hub.setLatency(300)
    hub.resetLog()
    const page = await session.open(model)
    // The model's own weights have come, candidates' are on their way; a moment later its own are kept.
    const own = ({ path }: { path: string }) => path.startsWith(`/${model}/`)
    await until(() => weightReads().some(own) && weightReads().some((read) => !own(read)), 45_000)
    await new Promise((wait) => setTimeout(wait, 700))
    await session.stopWorker(page)
    hub.resetLog()
    const { phase, verdict, text } = await session.settled(page)
    expect({ phase, verdict }).toEqual({ phase: "done", verdict: deserved(model) })
    expect(text).toMatch(/commit [0-9a-f]{8}/)
    // The stopped worker had finished with the model itself; the rest was read after it.
    expect(weightReads().length).toBeGreaterThan(0)
    expect(weightReads().filter(({ path }) => path.startsWith(`/${model}/`))).toEqual([])
  })

  it("stops reading when the person cancels, and when the tab is closed", async () => {
    hub.setLatency(200)
    const page = await session.open("thirdshelf/vireo-lite")
    await panel(page).getByRole("button", { name: "Cancel" }).click()
    expect((await session.settled(page)).phase).toBe("cancelled")
    const other = await session.open("redshank/tundra-v2")
    await panel(other).locator("progress").waitFor()
    await other.close()
    await new Promise((wait) => setTimeout(wait, 600))
    hub.resetLog()
    await new Promise((wait) => setTimeout(wait, 800))
    expect(hub.requests.filter(({ kind }) => kind !== "page" && kind !== "asset")).toEqual([])
    hub.setLatency(0)
    await panel(page).getByRole("button", { name: "Read the weights" }).click()
    expect((await session.settled(page)).phase).toBe("done")
  })

  it.each([
    "datasets/acme/words",
    "spaces/acme/demo",
    "windmill-ai",
    `${UNDOCUMENTED}/blob/main/README.md`,
    `${UNDOCUMENTED}/tree/main`,
    "models",
    "docs/hub",
    "collections/acme/some-models",
    `${UNDOCUMENTED}/discussions`,
  ])("leaves %s alone", async (path) => {
    const page = await session.open(path)
    await page.waitForLoadState("load")
    await page.waitForTimeout(300)
    expect(await page.locator("pedigree-panel").count()).toBe(0)
  })

  it("stands between islands, survives hydration, stays one, and follows the page's dark mode", async () => {
    const page = await session.context.newPage()
    // A foreign node inside an island shows that hydration took place: it goes.
    await page.addInitScript(() =>
      document.addEventListener("DOMContentLoaded", () => {
        for (const island of document.querySelectorAll(".SVELTE_HYDRATER")) {
          const foreign = document.createElement("i")
          foreign.className = "foreign"
          island.append(foreign)
          Object.assign(window, { foreign: document.querySelectorAll(".foreign").length })
        }
      }),
    )
    await page.goto(`https://huggingface.co/${UNDOCUMENTED}`)
    await page.locator("html[data-hydrated=true]").waitFor()
    expect(await page.evaluate(() => (window as unknown as { foreign: number }).foreign)).toBeGreaterThan(0)
    expect(await page.locator(".foreign").count()).toBe(0)
    await session.settled(page)
    expect(await page.locator("pedigree-panel").count()).toBe(1)
    expect(await page.evaluate(() => document.querySelector("pedigree-panel")?.closest(".SVELTE_HYDRATER") ?? null)).toBeNull()
    // Whatever the page does to its columns, the panel comes back with its content.
    await page.evaluate(() => document.querySelector("pedigree-panel")?.remove())
    await panel(page).waitFor()
    expect((await session.shown(page)).verdict).toBe(deserved(UNDOCUMENTED))
    const background = () => panel(page).evaluate((box) => getComputedStyle(box).backgroundColor)
    const light = await background()
    await page.evaluate(() => document.documentElement.classList.add("dark"))
    await until(async () => (await background()) !== light)
    await page.evaluate(() => document.documentElement.classList.remove("dark"))
    await until(async () => (await background()) === light)
  })

  it("runs 15 kB of script at most before its first sentence, styles included; React comes on model pages only", async () => {
    const { content_scripts: scripts } = JSON.parse(readFileSync(`${EXTENSION}/manifest.json`, "utf8")) as {
      content_scripts: { js: string[]; matches: string[] }[]
    }
    // The marks on lists are a script of their own, which leaves a model's page at its first line.
    const panels = scripts.filter(({ js }) => js.some((file) => file.startsWith("panel.")))
    expect(panels.map(({ matches }) => matches)).toEqual([["https://huggingface.co/*/*"]])
    const size = panels.flatMap(({ js }) => js).reduce((sum, file) => sum + statSync(`${EXTENSION}/${file}`).size, 0)
    expect(size).toBeLessThanOrEqual(15_000)
    const page = await session.open(`${UNDOCUMENTED}/tree/main`)
    await page.waitForTimeout(700)
    const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))
    expect(loaded.filter((name) => name.startsWith("chrome-extension:"))).toEqual([])
  })

  it("stays while a dialogue changes the address, and leaves with a page that turns into another without a load", async () => {
    const page = await session.open(WITHOUT_WEIGHTS)
    await session.settled(page)
    const go = (...addresses: string[]) =>
      page.evaluate((list) => {
        for (const address of list) history.pushState({}, "", address)
        history.back()
      }, addresses)
    await go("?show_file_info=model.safetensors")
    await page.waitForTimeout(200)
    expect(await page.locator("pedigree-panel").count()).toBe(1)
    await go("/docs/hub", "/docs/hub/models")
    await page.locator("pedigree-panel").waitFor({ state: "detached" })
  })

  it("keeps its place: nothing moves when the answer comes", async () => {
    const page = await session.context.newPage()
    await page.addInitScript(() => {
      Object.assign(window, { shifts: 0 })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
          (window as unknown as { shifts: number }).shifts += entry.value
      }).observe({ type: "layout-shift", buffered: true })
    })
    await page.goto(`https://huggingface.co/${WITHOUT_WEIGHTS}`)
    await session.settled(page)
    expect(await page.evaluate(() => (window as unknown as { shifts: number }).shifts)).toBeLessThan(0.1)
  })

  it("treats everything on the page as text, docks where it does not know the page, and works under the strictest policy", async () => {
    const evil = `<img src=x onerror="document.title='run'">`
    const props = JSON.stringify({
      model: { id: UNDOCUMENTED, tags: [`base_model:${evil}`, 7, null], cardData: { base_model: { toString: 1 } } },
    })
    const body = `<!doctype html><title>safe</title><body><div data-target="ModelHeader" data-props="${props.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></div>`
    const page = await session.context.newPage()
    await page.route("**/*", (route) =>
      route.request().isNavigationRequest()
        ? route.fulfill({ contentType: "text/html", body, headers: { "content-security-policy": "default-src 'none'" } })
        : route.continue(),
    )
    await page.goto(`https://huggingface.co/${UNDOCUMENTED}`)
    await panel(page).waitFor()
    expect(await page.locator("pedigree-panel[data-dock]").count()).toBe(1)
    await session.settled(page)
    expect(await page.title()).toBe("safe")
    expect(await panel(page).locator("img").count()).toBe(0)
  })

  it("leaves the page no way to the extension", async () => {
    const page = await session.open(WITHOUT_WEIGHTS)
    await session.settled(page)
    const id = new URL(session.worker().url()).host
    const answers = await page.evaluate(async (extension) => {
      const { runtime } = chrome as { runtime?: typeof chrome.runtime }
      const send = (): Promise<unknown> => runtime?.sendMessage(extension, { type: "self-test" }) ?? Promise.reject(new Error("no runtime"))
      const fetched = (path: string) => fetch(`chrome-extension://${extension}/${path}`)
      return Promise.all(
        [send, () => fetched("popup.html"), () => fetched("manifest.json")].map((each) =>
          each().then(
            () => "answered",
            () => "refused",
          ),
        ),
      )
    }, id)
    expect(answers).toEqual(["refused", "refused", "refused"])
  })

  // Last, because the worker remembers that the allowance is spent.
  it("counts down a rate limit and then can be asked again", async () => {
    const page = await session.open("millrace/lark-base")
    await session.settled(page)
    // The windows' ends are fixed, and an end within ten seconds is waited for: in so long a window there is hardly ever one.
    hub.setRateLimits({ api: 1, windowSeconds: 7200 })
    await panel(page).getByRole("button", { name: "Refresh" }).click()
    await until(async () => (await session.shown(page)).code === "rate-limited")
    expect((await session.shown(page)).text).toMatch(/Try again in \d+ (sec|min)/)
    // What was known stays in sight.
    expect((await session.shown(page)).verdict).not.toBeNull()
    expect(await panel(page).getByRole("button", { name: "Try again" }).isDisabled()).toBe(true)
    // Nor is anything asked for another model meanwhile; its panel says the same and still shows its card.
    hub.resetLog()
    const other = await session.open("p-lindqvist/linnet-v0.3")
    const { code, text, verdict } = await session.settled(other)
    expect({ code, verdict }).toEqual({ code: "rate-limited", verdict: null })
    expect(text).toContain(`The card names ${parentOf("p-lindqvist/linnet-v0.3")}`)
    expect(hub.requests.filter(({ kind }) => kind === "api")).toEqual([])
  })
})
