import type { Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { startHub } from "~test/hub/index"
import type { FaultRule, RunningHub } from "~test/hub/types"
import { FIXTURES, openSession, panel, type Session, until } from "./harness"
import { deserved, truth } from "./truth"

/** Large enough to be read in many ranges; made up, related to nothing. */
const LARGE = "sparse-works/seven-billion"

describe("what can go wrong between the panel and the Hub", () => {
  /** Milliseconds that the Hub's clock is ahead. */
  let ahead = 0
  let hub: RunningHub
  let session: Session
  beforeAll(async () => {
    hub = await startHub({
      roots: [FIXTURES],
      tls: true,
      now: () => Date.now() + ahead,
      virtualRepos: [{ id: LARGE, kind: "llama-7b", seed: 7 }],
    })
    session = await openSession(hub)
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })
  afterEach(async () => {
    hub.setFaults([])
    hub.setLatency(0)
    ahead = 0
    for (const page of session.context.pages().slice(1)) await page.close()
  })

  const button = (page: Page, name: string) => panel(page).getByRole("button", { name })

  // Before the parent is read for another.
  it("claims nothing about a declared parent that cannot be read, says why, and completes the answer later", async () => {
    const model = "thirdshelf/quill-xs"
    const [parent = ""] = truth(model).declared
    hub.setFaults([{ match: new RegExp(`^/${parent}/resolve/`), action: "500" }])
    const page = await session.open(model)
    const { verdict, text } = await session.settled(page)
    expect(["unverified", "undocumented"]).toContain(verdict)
    expect(text).toContain("not compared")
    hub.setFaults([])
    await button(page, "Refresh").click()
    await until(async () => (await session.shown(page)).verdict === deserved(model))
  })

  const failures: readonly (FaultRule & { name: string; model: string; code: string; says: RegExp })[] = [
    {
      name: "every file is cut short",
      model: "quietriver/onyx-24",
      match: /./,
      kind: "cdn",
      action: "truncate",
      code: "malformed",
      says: /broke off after [\d,]+ bytes\..*Try again; if it stays, the file on the Hub is damaged\./,
    },
    {
      name: "a web page comes instead of weights",
      model: "oakline/quartz-xs",
      match: /./,
      kind: "cdn",
      action: "html",
      code: "bad-response",
      says: /is not what the Hub sends\.\s*Check the network/,
    },
    {
      name: "a web page comes instead of JSON",
      model: "tomasw-ml/jade-one",
      match: /^\/api\/models\/tomasw-ml/,
      kind: "api",
      action: "html",
      code: "bad-response",
      says: /is not what the Hub sends\.\s*Check the network/,
    },
    {
      name: "the Hub fails with 500",
      model: "ymori/delta-base",
      match: /^\/api\//,
      kind: "api",
      action: "500",
      code: "bad-response",
      says: /The Hub failed with error 500\.\s*Try again in a few minutes\./,
    },
    {
      name: "connections are cut",
      model: "stonecrop/prairie-a",
      match: /./,
      kind: "api",
      action: "reset",
      code: "offline",
      says: /Offline.*could not be reached\.\s*Check the connection, then try again\./,
    },
  ]
  it.each(failures)("says so when $name, and goes on when it is over", async ({ model, code, says, match, kind, action }) => {
    hub.setFaults([{ match, action, ...(kind && { kind }) }])
    const page = await session.open(model)
    const failed = await session.settled(page)
    expect(failed).toMatchObject({ phase: "failed", code, verdict: null })
    expect(failed.text.replaceAll(/[\u2068\u2069]/g, "")).toMatch(says)
    // What the card says needs no request and stays.
    expect(failed.text).toContain(truth(model).declared[0] ?? "The card names no base model.")
    hub.setFaults([])
    await button(page, "Try again").click()
    await until(async () => (await session.shown(page)).phase === "done")
    expect((await session.shown(page)).verdict).toBe(deserved(model))
  })

  it("takes the wanted bytes out of a whole small file where the server ignores Range", async () => {
    const model = "thirdshelf/sorrel-xs"
    hub.setFaults([{ match: /./, kind: "cdn", action: "200-instead-of-206" }])
    hub.resetLog()
    expect(await session.settled(await session.open(model))).toMatchObject({ phase: "done", verdict: deserved(model) })
    expect(hub.requests.filter(({ kind, status }) => kind === "cdn" && status === 206)).toEqual([])
  })

  it("has addresses signed anew when they expire in the middle", async () => {
    hub.setLatency(100)
    hub.resetLog()
    const page = await session.open(LARGE)
    await until(() => hub.requests.some(({ kind, status }) => kind === "cdn" && status === 206))
    ahead = 2 * 3_600_000
    expect(await session.settled(page)).toMatchObject({ phase: "done", verdict: "independent" })
    expect(hub.requests.some(({ kind, status }) => kind === "cdn" && status === 403)).toBe(true)
  })

  it("keeps the last answer through a failed refresh, which Try again repeats as a refresh", async () => {
    const model = "orchard-street/aster-2"
    const page = await session.open(model)
    const { verdict } = await session.settled(page)
    expect(verdict).toBe(deserved(model))
    hub.setFaults([{ match: /^\/api\//, kind: "api", action: "500" }])
    await button(page, "Refresh").click()
    await until(async () => (await session.shown(page)).phase === "failed")
    expect((await session.shown(page)).verdict).toBe(verdict)
    hub.setFaults([])
    await button(page, "Try again").click()
    await until(async () => (await session.shown(page)).phase === "done")
    expect((await session.shown(page)).text).not.toContain("From the cache")
  })
})
