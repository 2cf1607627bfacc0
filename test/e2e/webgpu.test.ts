import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type BrowserContext, chromium, type Page, type Worker } from "playwright-core"
import { afterEach, describe, expect, it } from "vitest"
import type { Reply } from "~src/app/protocol"

const extension = fileURLToPath(new URL("../../build/chrome-mv3-prod", import.meta.url))
const browser = process.env.CHROME_PATH ?? "/usr/bin/chromium"

/** SwiftShader computes WebGPU on the CPU; without these flags a headless Chromium on a machine without a GPU offers no adapter. */
const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
const NO_ADAPTER = ["--disable-gpu", "--disable-features=WebGPUService"]

interface Watched {
  submits: number
  devices: GPUDevice[]
}

let context: BrowserContext | undefined
let profile: string | undefined

afterEach(async () => {
  await context?.close()
  if (profile) rmSync(profile, { recursive: true, force: true })
})

/** The built extension in a fresh profile, its worker watched from before the first use of WebGPU. */
async function launch(flags: readonly string[]): Promise<{ worker: Worker; page: Page }> {
  profile = mkdtempSync(join(tmpdir(), "pedigree-webgpu-"))
  const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
  context = await chromium.launchPersistentContext(profile, {
    executablePath: browser,
    headless: true,
    ignoreDefaultArgs: ["--disable-extensions"],
    args: ["--no-sandbox", ...quiet, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`, ...flags],
  })
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"))
  await worker.evaluate(() => {
    const watched: Watched = { submits: 0, devices: [] }
    Object.assign(globalThis, { watched })
    if (!("GPUQueue" in globalThis)) return
    const { submit } = GPUQueue.prototype
    GPUQueue.prototype.submit = function (...args) {
      watched.submits++
      return submit.apply(this, args)
    }
    const { requestDevice } = GPUAdapter.prototype
    GPUAdapter.prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args)
      watched.devices.push(device)
      return device
    }
  })
  const page = await context.newPage()
  await page.goto(`chrome-extension://${worker.url().split("/")[2]}/popup.html`)
  return { worker, page }
}

/** Asks the worker, as the options page does; it compares its runtime's numbers with the float64 reference before it answers. */
const selfTest = (page: Page) => page.evaluate((): Promise<Reply> => chrome.runtime.sendMessage({ type: "self-test" }))

const submits = (worker: Worker) => worker.evaluate(() => (globalThis as unknown as { watched: Watched }).watched.submits)

describe.skipIf(!existsSync(browser) || !existsSync(extension))("inference in the extension's worker", () => {
  it("computes on WebGPU where there is an adapter, and the GPU's queue sees it", async () => {
    const { worker, page } = await launch(SWIFTSHADER)
    expect(await selfTest(page)).toMatchObject({ type: "self-test", provider: "webgpu" })
    const first = await submits(worker)
    expect(first).toBeGreaterThan(0)
    await selfTest(page)
    expect(await submits(worker)).toBeGreaterThan(first)
    const adapters = await worker.evaluate(() =>
      (globalThis as unknown as { watched: Watched }).watched.devices.map((device) => device.adapterInfo.architecture),
    )
    expect(adapters).toEqual(["swiftshader"])
  })

  it("goes on with wasm, rightly, after the device is lost", async () => {
    const { worker, page } = await launch(SWIFTSHADER)
    expect(await selfTest(page)).toMatchObject({ type: "self-test", provider: "webgpu" })
    await worker.evaluate(async () => {
      const [device] = (globalThis as unknown as { watched: Watched }).watched.devices
      device?.destroy()
      await device?.lost
    })
    expect(await selfTest(page)).toMatchObject({ type: "self-test", provider: "wasm" })
  })

  it("computes on wasm where there is no adapter", async () => {
    const { worker, page } = await launch(NO_ADAPTER)
    expect(await selfTest(page)).toMatchObject({ type: "self-test", provider: "wasm" })
    expect(await submits(worker)).toBe(0)
  })
})
