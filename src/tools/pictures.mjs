// Takes the pictures of panel, popup, atlas page, marks on a list and options, light and dark.
import fs from "node:fs"
import path from "node:path"
import { Refusal } from "./project.mjs"

/** Milliseconds until the panel must have its verdict. */
const PATIENCE = 60_000
/** Pixels of the opened panel that are pictured: it shows the pictures of its evidence further down. */
const HIGHEST = 960

/**
 * Waits for the verdict on the open model's page, then writes panel-light.png, panel-dark.png and the same of popup, atlas, marks and options.
 * @param {import("playwright-core").Page} page @param {import("playwright-core").Worker} worker @param {string} folder
 */
export async function takePictures(page, worker, folder) {
  fs.mkdirSync(folder, { recursive: true })
  const panel = page.locator("pedigree-panel")
  await panel
    .locator("[data-phase=done][data-verdict]")
    .waitFor({ timeout: PATIENCE })
    .catch(async () => {
      const words = await panel.textContent({ timeout: 1000 }).catch(() => "no panel at all")
      throw new Refusal(`The panel showed no verdict within ${PATIENCE / 1000} seconds, but: ${words}`)
    })
  const popup = await openPopup(page, worker)
  const list = await openList(page, worker)
  const ownPage = async (/** @type {string} */ address, /** @type {string} */ ready) => {
    const own = await page.context().newPage()
    await own.goto(new URL(address, popup.url()).href)
    await own.locator(ready).first().waitFor({ timeout: PATIENCE })
    return own
  }
  const options = await ownPage("options.html", "main")
  const model = new URL(page.url()).pathname.slice(1)
  const atlas = await ownPage(`tabs/atlas.html?model=${encodeURIComponent(model)}`, "main svg")
  await panel.locator("summary").first().click()
  await panel.locator(".evidence").first().waitFor()
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    await page.evaluate((dark) => document.documentElement.classList.toggle("dark", dark), theme === "dark")
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" })
    const top = await panel.evaluate((/** @type {Element} */ element) => {
      const { x, y, width, height } = element.getBoundingClientRect()
      return { x: x + scrollX, y: y + scrollY, width, height }
    })
    const clip = { ...top, height: Math.min(top.height, HIGHEST) }
    await page.screenshot({ path: path.join(folder, `panel-${theme}.png`), fullPage: true, clip, animations: "disabled" })
    await popup.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" })
    await popup.locator("main").screenshot({ path: path.join(folder, `popup-${theme}.png`), animations: "disabled" })
    await atlas.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" })
    await atlas.screenshot({ path: path.join(folder, `atlas-${theme}.png`), animations: "disabled" })
    await list.evaluate((dark) => document.documentElement.classList.toggle("dark", dark), theme === "dark")
    await list.screenshot({ path: path.join(folder, `marks-${theme}.png`), animations: "disabled" })
    await options.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" })
    await options.locator("main").screenshot({ path: path.join(folder, `options-${theme}.png`), animations: "disabled" })
  }
  await page.bringToFront()
}

/** The Hub's list of models with marks, which a person asks for in the options. */
async function openList(/** @type {import("playwright-core").Page} */ page, /** @type {import("playwright-core").Worker} */ worker) {
  await worker.evaluate(() => /** @type {any} */ (globalThis).chrome.storage.local.set({ badges: true }))
  const list = await page.context().newPage()
  await list.setViewportSize({ width: 1280, height: 520 })
  // Among others, the model whose verdict is known by now.
  const name = new URL(page.url()).pathname.split("/").at(-1) ?? ""
  await list.goto(`https://huggingface.co/models?search=${name.slice(0, 1)}&sort=modified`)
  await list.locator("pedigree-badge .badge").first().waitFor({ timeout: PATIENCE })
  return list
}

/** The popup in a tab behind the model's, so that the active tab is what it is for a person. */
async function openPopup(/** @type {import("playwright-core").Page} */ page, /** @type {import("playwright-core").Worker} */ worker) {
  await page.bringToFront()
  const [popup] = await Promise.all([
    page.context().waitForEvent("page"),
    worker.evaluate(() => /** @type {any} */ (globalThis).chrome.tabs.create({ url: "popup.html", active: false })),
  ])
  await popup.setViewportSize({ width: 640, height: 600 })
  await popup.locator("main svg").first().waitFor({ timeout: PATIENCE })
  return popup
}
