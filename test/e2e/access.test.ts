import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { axeFaults } from "./axe"
import { FIXTURES, openSession, type Session, takePictures } from "./harness"

const MODEL = "windmill-ai/willow-24"

/** The browser's own page of extensions, which may change what an extension may do. */
type Settings = { developerPrivate: { updateExtensionConfiguration(change: { extensionId: string; hostAccess: string }): Promise<void> } }

describe("access to the Hub, withdrawn and granted while the extension runs", () => {
  let hub: RunningHub
  let session: Session
  let id: string
  let browser: Page
  beforeAll(async () => {
    hub = await startHub({ roots: [FIXTURES], tls: true })
    session = await openSession(hub)
    id = new URL(session.worker().url()).host
    browser = await session.context.newPage()
    await browser.goto("chrome://extensions")
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })
  const setAccess = (hostAccess: "ON_CLICK" | "ON_ALL_SITES") =>
    browser.evaluate((change) => (chrome as unknown as Settings).developerPrivate.updateExtensionConfiguration(change), {
      extensionId: id,
      hostAccess,
    })

  it("says at once what works without it, and goes on when it is back", async () => {
    await session.settled(await session.open(MODEL))
    const options = await session.context.newPage()
    await options.goto(`chrome-extension://${id}/options.html`)
    await options.getByText("Pedigree may read huggingface.co and its file servers.").waitFor()
    expect(await options.locator(".notice").count()).toBe(0)

    await setAccess("ON_CLICK")
    await options.locator(".notice").waitFor()
    expect(await options.locator(".notice").textContent()).toContain("Access to huggingface.co is withdrawn.")
    expect(await options.getByRole("button", { name: "Grant access" }).count()).toBe(1)
    expect(await axeFaults(options)).toEqual([])
    await takePictures(options, "options-withdrawn")
    const without = await session.open(MODEL)
    await without.waitForTimeout(600)
    expect(await without.locator("pedigree-panel").count()).toBe(0)
    // What was charted before can still be seen.
    const family = await session.context.newPage()
    await family.goto(`chrome-extension://${id}/tabs/atlas.html?model=${encodeURIComponent(MODEL)}`)
    await family.locator("[aria-current=page]").waitFor()
    expect(await family.locator(".notice").textContent()).toContain("families already charted")

    await setAccess("ON_ALL_SITES")
    await options.locator(".notice").waitFor({ state: "detached" })
    await family.locator(".notice").waitFor({ state: "detached" })
    await session.settled(await session.open(MODEL))
  })
})
