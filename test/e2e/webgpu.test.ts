import type { Page, Worker } from "playwright-core"
import { afterEach, describe, expect, it } from "vitest"
import type { Reply } from "~src/app/protocol"
import { openExtension } from "~src/tools/browse.mjs"
import { BROWSER, builtExtension } from "./browser"

/** SwiftShader computes WebGPU on the CPU; without these flags a headless Chromium on a machine without a GPU offers no adapter. */
const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
const NO_ADAPTER = ["--disable-gpu", "--disable-features=WebGPUService"]

interface Watched {
  submits: number
  devices: GPUDevice[]
}

let close: (() => Promise<void>) | undefined

afterEach(() => close?.())

/** The built extension in a fresh profile, its worker watched from before the first use of WebGPU. */
async function launch(args: readonly string[]): Promise<{ worker: Worker; page: Page }> {
  const opened = await openExtension({ browser: BROWSER, extension: builtExtension(), headless: true, args })
  const { context, worker } = opened
  close = opened.close
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

describe("inference in the extension's worker", () => {
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
