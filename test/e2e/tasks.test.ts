import type { Page } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { median } from "~src/core/median"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { FIXTURES, openSession, type Session } from "./harness"

/**
 * No long task on the page: what the page's thread computes at a stretch while panel or marks come. It is told by the thread's own clock,
 * which does not run while other programs have the processor. With a debugger attached, as here, scripts take longer, not shorter.
 */
const LONGEST = 50

/** A task of a browser's thread, times in microseconds. */
interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Of the thread's own time. */
  readonly tdur?: number
  readonly args?: unknown
}

let hub: RunningHub
let session: Session
beforeAll(async () => {
  hub = await startHub({ roots: [FIXTURES], tls: true, rateLimits: { pages: 1000 } })
  session = await openSession(hub)
})
afterAll(async () => {
  await session?.close()
  await hub?.close()
})

/** What the page's thread does during a visit: its longest task in milliseconds, and how often a function of the extension was called. */
async function trace(page: Page, visit: () => Promise<unknown>): Promise<{ readonly longest: number; readonly functions: number }> {
  const devtools = await session.context.newCDPSession(page)
  const events: TraceEvent[] = []
  devtools.on("Tracing.dataCollected", ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  await devtools.send("Tracing.start", { traceConfig: { includedCategories: ["toplevel", "devtools.timeline"] } })
  await visit()
  const complete = new Promise((done) => devtools.once("Tracing.tracingComplete", done))
  await devtools.send("Tracing.end")
  await complete
  await devtools.detach()
  const ours = events.filter(({ name, args }) => name === "FunctionCall" && JSON.stringify(args).includes("chrome-extension://"))
  // The threads on which the extension ran.
  const threads = new Set(ours.map(({ pid, tid }) => `${pid} ${tid}`))
  const tasks = events.filter(({ name, ph, pid, tid }) => name.endsWith("::RunTask") && ph === "X" && threads.has(`${pid} ${tid}`))
  return { longest: Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000, functions: ours.length }
}

/** The middle one of three visits: a busy machine's caches make single tasks slower. */
async function usualLongest(visit: (page: Page) => Promise<unknown>): Promise<number> {
  const visits: number[] = []
  for (let time = 0; time < 3; time++) {
    const page = await session.context.newPage()
    const { longest, functions } = await trace(page, async () => {
      await visit(page)
      // What is left to do when the answer stands.
      await page.waitForTimeout(300)
    })
    expect(functions).toBeGreaterThan(0)
    visits.push(longest)
    await page.close()
  }
  return median(visits) ?? Number.NaN
}

it("computes no 50 ms at a stretch on a model's page: first sentence, React, progress, answer", async () => {
  const visit = async (page: Page) => {
    await page.goto("https://huggingface.co/windmill-ai/willow-24")
    await session.settled(page)
  }
  expect(await usualLongest(visit)).toBeLessThan(LONGEST)
})

it("and does nothing at all once the answer stands: no polling", async () => {
  const page = await session.context.newPage()
  await page.goto("https://huggingface.co/windmill-ai/willow-24")
  await session.settled(page)
  await page.waitForTimeout(1000)
  const { functions } = await trace(page, () => page.waitForTimeout(3000))
  expect(functions).toBe(0)
  await page.close()
})

it("nor on a list with marks", async () => {
  await session.worker().evaluate(() => chrome.storage.local.set({ badges: true }))
  const visit = async (page: Page) => {
    await page.goto("https://huggingface.co/models")
    await page.waitForFunction(() => document.querySelectorAll("pedigree-badge").length === document.querySelectorAll("article").length)
  }
  expect(await usualLongest(visit)).toBeLessThan(LONGEST)
})
