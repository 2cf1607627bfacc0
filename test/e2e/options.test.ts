import { mkdirSync, readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { axeFaults } from "./axe"
import { FIXTURES, openSession, PICTURES, panel, type Session, takePictures } from "./harness"
import { deserved } from "./truth"

const MODEL = "windmill-ai/willow-24"

describe("the options page", () => {
  let hub: RunningHub
  let session: Session
  let page: Page
  beforeAll(async () => {
    hub = await startHub({ roots: [FIXTURES], tls: true })
    session = await openSession(hub)
    page = await options()
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })
  async function options(): Promise<Page> {
    const opened = await session.context.newPage()
    await opened.goto(`chrome-extension://${new URL(session.worker().url()).host}/options.html`)
    await opened.locator("main.options").waitFor()
    return opened
  }
  const stored = () => page.evaluate(() => chrome.storage.local.get())

  it("is drawn in both themes, wide and narrow, without faults that axe finds", async () => {
    expect(await axeFaults(page)).toEqual([])
    await page.emulateMedia({ colorScheme: "dark" })
    expect(await axeFaults(page)).toEqual([])
    await page.emulateMedia({ colorScheme: "light" })
    await page.setViewportSize({ width: 320, height: 700 })
    for (const dir of ["rtl", "ltr"]) {
      await page.evaluate((direction) => document.documentElement.setAttribute("dir", direction), dir)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    await takePictures(page, "options")
  })

  it("says what is kept, what is sent and to whom", async () => {
    await page.getByText(/^Everything is computed in this browser\. Pedigree talks to Hugging Face alone/).waitFor()
  })

  it("reads a model on a click only, or never, as the person chose", async () => {
    await page.getByRole("radio", { name: "when I click" }).check()
    await page.getByText(/^Saved\./).waitFor()
    hub.resetLog()
    const asleep = await session.open(MODEL)
    await panel(asleep).and(asleep.locator("[data-phase=asleep]")).waitFor()
    expect(hub.requests.filter(({ kind }) => kind === "api" || kind === "resolver" || kind === "cdn")).toEqual([])
    expect(await panel(asleep).textContent()).toContain("The weights have not been read.")
    await asleep.getByRole("button", { name: "Read the weights" }).click()
    expect((await session.settled(asleep)).verdict).toBe(deserved(MODEL))
    // What is stored costs nothing and is shown at once.
    hub.resetLog()
    const again = await session.open(MODEL)
    expect((await session.settled(again)).verdict).toBe(deserved(MODEL))
    expect(hub.requests.filter(({ kind }) => kind !== "page" && kind !== "asset")).toEqual([])

    await page.getByRole("radio", { name: "never: show no panel" }).check()
    // It goes at once from pages that are open, too.
    await again.locator("pedigree-panel").waitFor({ state: "detached" })
    const without = await session.open(MODEL)
    await without.waitForTimeout(800)
    expect(await without.locator("pedigree-panel").count()).toBe(0)
    await page.getByRole("radio", { name: "by themselves" }).check()
    for (const each of [asleep, again, without]) await each.close()
  })

  it("reads on a click alone while the browser saves data, unless told otherwise", async () => {
    const model = await session.context.newPage()
    const devtools = await session.context.newCDPSession(model)
    await devtools.send("Emulation.setDataSaverOverride", { dataSaverEnabled: true })
    await page.getByRole("button", { name: "Clear the cache" }).click()
    await page.getByText(/^0 entries/).waitFor()
    await model.goto(`https://huggingface.co/${MODEL}`)
    await model.locator("pedigree-panel [data-phase=asleep]").waitFor()
    await page.getByLabel("Save data when the browser does").uncheck()
    await model.reload()
    expect((await session.settled(model)).phase).toBe("done")
    await page.getByLabel("Save data when the browser does").check()
    await model.close()
  })

  it("keeps to the chosen number of requests at once and bytes per model", async () => {
    await page.getByLabel("Requests at once").selectOption("1")
    await page.getByLabel("Weight bytes per model, at most").selectOption("262144")
    expect(await stored()).toMatchObject({ concurrency: 1, budget: 262_144 })
    await page.getByRole("button", { name: "Clear the cache" }).click()
    await page.getByText("The cache is empty.").waitFor()
    hub.resetLog()
    hub.setLatency(30)
    const model = await session.open(MODEL)
    expect((await session.settled(model)).phase).toBe("done")
    hub.setLatency(0)
    const starts = hub.requests.filter(({ kind }) => kind === "api").map(({ at }) => at)
    expect(starts.length).toBeGreaterThan(2)
    for (const [index, at] of starts.entries()) if (index > 0) expect(at - (starts[index - 1] ?? 0)).toBeGreaterThanOrEqual(28)
    await page.getByLabel("Requests at once").selectOption("6")
    await page.getByLabel("Weight bytes per model, at most").selectOption("1048576")
    await model.close()
  })

  it("tests the chosen provider", async () => {
    await page.getByRole("radio", { name: "Processor (WebAssembly)" }).check()
    await page.getByRole("button", { name: "Test it" }).click()
    await page.getByText(/^Works: Processor \(WebAssembly\), /).waitFor()
    await page.getByRole("radio", { name: "Automatic" }).check()
  })

  it("takes a token that the Hub knows, sends it to the Hub alone, and forgets it", async () => {
    await page.getByLabel("Token", { exact: true }).fill("hf_nobody_knows")
    await page.getByRole("button", { name: "Check and save" }).click()
    await page.getByText("The Hub does not know this token.").waitFor()
    expect(await page.getByText("There is no token.").count()).toBe(1)
    await page.getByLabel("Token", { exact: true }).fill("hf_test_granted")
    await page.getByRole("button", { name: "Check and save" }).click()
    await page.getByText("Saved: it belongs to test-granted.").waitFor()
    expect(await page.getByLabel("Token", { exact: true }).inputValue()).toBe("")
    await page.getByText("There is a token, until the browser is closed.").waitFor()
    expect(JSON.stringify(await stored())).not.toContain("hf_test")
    await page.getByRole("button", { name: "Clear the cache" }).click()
    await page.getByText(/^0 entries/).waitFor()
    hub.resetLog()
    const model = await session.open(MODEL)
    expect((await session.settled(model)).phase).toBe("done")
    const sent = (kinds: string) => new Set(hub.requests.filter(({ kind }) => kinds.includes(kind)).map(({ withToken }) => withToken))
    expect(sent("api resolver")).toEqual(new Set([true]))
    expect(sent("cdn page asset")).toEqual(new Set([false]))
    await page.getByRole("button", { name: "Forget the token" }).click()
    await page.getByText("The token is forgotten.").waitFor()
    await model.close()
  })

  it("exports everything, and takes it over again", async () => {
    const model = await session.open(MODEL)
    await session.settled(model)
    await model.close()
    await page.reload()
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export everything" }).click()])
    expect(file.suggestedFilename()).toMatch(/^pedigree-\d{4}-\d\d-\d\d\.jsonl\.gz$/)
    mkdirSync(PICTURES, { recursive: true })
    const path = `${PICTURES}/${file.suggestedFilename()}`
    await file.saveAs(path)
    const rows = gunzipSync(readFileSync(path)).toString("utf8").trimEnd().split("\n").length - 1
    await page.getByRole("button", { name: "Clear the cache" }).click()
    await page.getByText(/^0 entries/).waitFor()
    await page.locator("input[type=file]").setInputFiles(path)
    await page.getByText(`${rows} entries and the settings were taken over.`).waitFor()
    hub.setOffline(true)
    await page.getByRole("radio", { name: "when I click" }).check()
    hub.setOffline(false)
    const again = await session.open(MODEL)
    expect((await session.settled(again)).verdict).toBe(deserved(MODEL))
    await page.getByRole("radio", { name: "by themselves" }).check()
    await again.close()
    await page.locator("input[type=file]").setInputFiles({ name: "x.gz", mimeType: "application/gzip", buffer: Buffer.from("<b>no</b>") })
    await page.getByText("This file is not a backup of Pedigree, or is damaged.").waitFor()
  })

  it("speaks the chosen language, here and on the page", async () => {
    for (const [tag, title, heading, sentence, refusal = ""] of [
      ["de", "Pedigree: Einstellungen", "Herkunft", "was die Karte nicht erwähnt", "cinder-lite ist zugangsbeschränkt: Ohne Erlaubnis"],
      ["ja", "Pedigree の設定", "系譜", "カードには書かれていません", "cinder-lite はアクセスが制限されており"],
      ["zh-CN", "Pedigree 选项", "谱系", "模型卡未提及", "cinder-lite 访问受限：未经许可无法读取其文件"],
      ["en", "Pedigree options", "Lineage", "which the card does not mention", "cinder-lite is gated: its files cannot be read"],
    ]) {
      await page
        .locator("select")
        .last()
        .selectOption(tag ?? "")
      await page.getByRole("heading", { level: 1, name: title ?? "" }).waitFor()
      expect(await page.locator("html").getAttribute("lang")).toMatch(new RegExp(`^${tag}`))
      const model = await session.open(MODEL)
      await session.settled(model)
      expect(await panel(model).locator("h2").textContent()).toBe(heading)
      expect(await panel(model).locator(".headline").textContent()).toContain(sentence)
      // Chinese and Japanese share letters that each draws in its own way: the language chooses among the system's fonts.
      expect(await panel(model).evaluate((box) => [box.matches(":lang(en)"), getComputedStyle(box).fontFamily])).toEqual([
        tag === "en",
        expect.stringMatching(/system-ui, sans-serif$/),
      ])
      expect(await model.locator("pedigree-panel").getAttribute("lang")).toMatch(new RegExp(`^${tag}`))
      if (tag === "de") {
        await panel(model).locator("summary").first().click()
        await panel(model)
          .getByText(/gelesenen Zeilen in \d+ Tensoren passen am besten/)
          .first()
          .waitFor()
        await takePictures(model, "panel-de")
        await takePictures(page, "options-de")
      }
      await model.close()
      const gated = await session.open("brackish/cinder-lite")
      expect((await session.settled(gated)).text).toContain(refusal)
      await gated.close()
    }
    await page.locator("select").last().selectOption("auto")
  })
})
