// Inspections in threads of their own, as many at once as there are cores.
import os from "node:os"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import { bundle } from "./bundle.mjs"

const PLENTY = { api: 1e9, resolvers: 1e9, pages: 1e9 }

/** @typedef {import("./evaluation/inspect").Outcome} Outcome */
/**
 * Models to inspect in one thread, since they share most of what is read; `split` goes with the answers.
 * @typedef {{ split: string, endpoint: string, ids: string[] }} Job
 */

/**
 * Does something with Hubs without limits, one for each list of folders, and closes them.
 * @template T @param {readonly (readonly string[])[]} roots @param {(endpoints: string[]) => Promise<T>} use
 */
export async function withHubs(roots, use) {
  /** @type {typeof import("../../test/hub/index")} */
  const { startHub } = await import(pathToFileURL(await bundle("test/hub/index.ts", "hub")).href)
  const hubs = await Promise.all(roots.map((folders) => startHub({ roots: folders, rateLimits: PLENTY })))
  return use(hubs.map(({ url }) => url)).finally(() => Promise.all(hubs.map((hub) => hub.close())))
}

/**
 * Inspects every model with dates and without.
 * @param {string} parts the bundle's URL @param {readonly Job[]} jobs @param {string} what for the line on the terminal
 */
export async function inspectEverything(parts, jobs, what) {
  const started = performance.now()
  const total = 2 * jobs.flatMap(({ ids }) => ids).length
  let done = 0
  const tell = () => {
    done += 1
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total}${done === total ? "\n" : ""}`)
  }
  /** @type {(Outcome & { split: string })[]} */
  const outcomes = []
  // The longest first, so that no core waits long for the last one.
  const queue = [...jobs].sort((a, b) => b.ids.length - a.ids.length)
  const lane = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const { split } = job
      for (const outcome of await inspectInThread({ parts, ...job }, tell)) outcomes.push({ split, ...outcome })
    }
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, lane))
  console.log(`${outcomes.length} inspections of ${what} in ${Math.round((performance.now() - started) / 1000)} seconds.\n`)
  return outcomes
}

/** @param {{ parts: string } & Job} workerData @param {() => void} tell @returns {Promise<Outcome[]>} */
function inspectInThread(workerData, tell) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./evaluate-worker.mjs", import.meta.url), { workerData })
    worker.on("error", reject)
    worker.on("exit", () => reject(new Error("A thread of the evaluation ended early.")))
    worker.on("message", ({ outcomes }) => {
      if (!outcomes) return tell()
      resolve(outcomes)
      worker.terminate()
    })
  })
}
