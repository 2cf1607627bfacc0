import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { axeFaults } from "./axe"
import { FIXTURES, openSession, panel, type Session, takePictures } from "./harness"

/** The fixtures' Llamas with their base behind a gate. The child's card is silent; its siblings' cards name the base. */
const BASE = "lucidfox/raven-lite"
const CHILD = "windmill-ai/willow-24"
const folder = mkdtempSync(join(tmpdir(), "pedigree-login-"))

describe("a gated base and the browser's login", () => {
  let hub: RunningHub
  let session: Session
  beforeAll(async () => {
    for (const name of readdirSync(FIXTURES)) if (name !== "hub.json") symlinkSync(join(FIXTURES, name), join(folder, name))
    const facts = JSON.parse(readFileSync(join(FIXTURES, "hub.json"), "utf8"))
    const repos = facts.repos.map((repo: { id: string }) => (repo.id === BASE ? { ...repo, gated: "manual" } : repo))
    writeFileSync(join(folder, "hub.json"), JSON.stringify({ ...facts, repos }))
    hub = await startHub({ roots: [folder], tls: true })
    session = await openSession(hub)
    // As the Hub sets it: for its own host, out of reach of scripts, and not for requests that other sites cause.
    const cookie = { name: "token", value: "session-granted", domain: "huggingface.co", path: "/", httpOnly: true, secure: true }
    await session.context.addCookies([{ ...cookie, sameSite: "Lax" }])
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
    rmSync(folder, { recursive: true })
  })
  const login = async () => (await session.worker().evaluate(() => chrome.storage.local.get("login"))).login

  it("places the child under the unread base without it, and asks once", async () => {
    const page = await session.open(CHILD)
    const shown = await session.settled(page)
    expect(shown.verdict).toBe("unverified")
    expect(shown.text).toContain(BASE)
    expect(shown.text).toContain("not read: implied by its relatives")
    expect(hub.requests.filter(({ kind, withCookie }) => withCookie && kind !== "page" && kind !== "asset")).toEqual([])
    await panel(page).getByRole("button", { name: "Read it with my login" }).waitFor()
    expect(await axeFaults(page, "pedigree-panel")).toEqual([])
    await takePictures(page, "panel-login")

    hub.resetLog()
    await panel(page).getByRole("button", { name: "Read it with my login" }).click()
    await panel(page).and(page.locator("[data-verdict=undocumented]")).waitFor({ timeout: 45_000 })
    const after = await session.settled(page)
    expect(after.text).toContain(BASE)
    expect(await panel(page).getByRole("button", { name: "Read it with my login" }).count()).toBe(0)
    expect(await login()).toBe("yes")
    // The session went along for the gated repository alone, and to huggingface.co alone.
    const carried = hub.requests.filter(({ kind, withCookie }) => withCookie && kind !== "page" && kind !== "asset")
    expect(carried.length).toBeGreaterThan(0)
    for (const { host, path } of carried) {
      expect(host).toBe("huggingface.co")
      expect(path).toContain(BASE)
    }
    await page.close()
  })

  it("stops with the setting, and is not asked for again by who said no", async () => {
    const id = new URL(session.worker().url()).host
    const options = await session.context.newPage()
    await options.goto(`chrome-extension://${id}/options.html`)
    await options.getByRole("radio", { name: "never use it" }).check()
    await options.getByText(/^Saved\./).waitFor()
    await options.getByRole("button", { name: "Clear the cache" }).click()
    await options.getByText(/^0 entries/).waitFor()
    hub.resetLog()
    const page = await session.open(CHILD)
    expect((await session.settled(page)).verdict).toBe("unverified")
    expect(await panel(page).getByRole("button", { name: "Read it with my login" }).count()).toBe(0)
    expect(hub.requests.filter(({ kind, withCookie }) => withCookie && kind !== "page" && kind !== "asset")).toEqual([])
  })
})
