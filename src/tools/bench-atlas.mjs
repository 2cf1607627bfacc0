// How fast the atlas draws and moves in real Chromium, on families made by rule.
import { pathToFileURL } from "node:url"
import { bundle } from "./bundle.mjs"
import { findBrowser } from "./find-browser.mjs"
import { root } from "./project.mjs"

/** @typedef {import("../../test/e2e/atlas-harness").AtlasBench} Bench */

const HEAD = ["what", "measured", "limit", "ratio"]
/** A screen's frame at 60 a second, in milliseconds; timers are a little off it. */
const FRAME = 1000 / 60
/** Drawings of a kind of which the median counts. */
const RUNS = 5
/** Moves of one pan, a frame each. */
const MOVES = 120

/** The table, its head first. */
export async function atlasTable() {
  /** @type {typeof import("../../test/e2e/atlas-harness")} */
  const { openAtlasBench } = await load("test/e2e/atlas-harness.ts", "atlas-harness")
  /** @type {typeof import("../../test/e2e/atlas-scenes")} */
  const { large } = await load("test/e2e/atlas-scenes.ts", "atlas-scenes")
  const bench = await openAtlasBench({ root, browser: await findBrowser() })
  try {
    const [few, many] = [large(300), large(3000)]
    const current = few.nodes[150]?.id ?? ""
    const rows = []
    for (const full of [false, true]) {
      /** @type {{ time: number, computed: number }[]} */
      const times = []
      // The first drawing of a page compiles its code.
      for (let run = 0; run <= RUNS; run++) times.push(await bench.timeToDraw(few, current, full))
      const median = times.slice(1).sort((a, b) => a.time - b.time)[RUNS >> 1] ?? { time: 0, computed: 0 }
      const where = full ? "full page" : "popup"
      rows.push(row(`300 models, ${where}: from data to paint, median of ${RUNS}`, median.time, 200))
      rows.push(row("  of that the page's own computing", median.computed, 200))
      rows.push(...frames(`300 models, ${where}: frame while panning`, await bench.pan(MOVES)))
    }
    const drawn = await bench.timeToDraw(many, current, true)
    rows.push(row("3,000 models, full page: from data to paint", drawn.time, null))
    rows.push(row("  of that the page's own computing", drawn.computed, null))
    rows.push(...frames("3,000 models: frame while panning", await bench.pan(MOVES)))
    const free = await bench.timeToSettle("free")
    rows.push(row("3,000 models as a neighbourhood: worker until drawn", free.time, null))
    rows.push(row("  longest task of the page meanwhile", free.longest, null))
    rows.push(...frames("3,000 models as a neighbourhood: frame while panning", await bench.pan(MOVES)))
    return [HEAD, ...rows]
  } finally {
    await bench.close()
  }
}

/** @param {string} title @param {readonly number[]} spans */
function frames(title, spans) {
  const sorted = [...spans].sort((a, b) => a - b)
  const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return [row(`${title}, median`, at(0.5), FRAME), row("  19 of 20 within", at(0.95), null)]
}

/** @param {string} title @param {number} time milliseconds @param {number | null} limit */
function row(title, time, limit) {
  const ratio = limit === null ? "" : (time / limit).toFixed(2)
  return [title, `${time.toFixed(time < 100 ? 1 : 0)} ms`, limit === null ? "" : `${limit.toFixed(limit < 100 ? 1 : 0)} ms`, ratio]
}

/** @param {string} entry @param {string} name */
async function load(entry, name) {
  return import(pathToFileURL(await bundle(entry, name)).href)
}
