// `npm run bench`: what a verdict costs, as ratios to what it cannot cost less than, or may not cost more than.
// "containers": only what each weight container costs; "charting": only how charting grows with the number of models; "atlas": only how fast it is drawn. --write: the tables also go to the README and to docs/formats.md.
import fs from "node:fs"
import { pathToFileURL } from "node:url"
import { atlasTable } from "./bench-atlas.mjs"
import { chartingTable } from "./bench-charting.mjs"
import { containerTable } from "./bench-containers.mjs"
import { bundle } from "./bundle.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { buildExtension, inRoot, Refusal, runTool } from "./project.mjs"
import { startSampleHub } from "./sample-hub.mjs"
import { fillSection, markdownTable, textTable } from "./tables.mjs"

/** Milliseconds added to every answer. */
const LATENCY = 80
/** Rounds of a client that asks for one thing at a time, for one candidate (docs/inference.md says why these). */
const CHAIN = ["model record", "candidate list or record", "redirect to a candidate's weights", "their header", "their rows"]
const FLOOR = CHAIN.length * LATENCY
/** Requests under way at once, at most: no verdict is faster than all its requests through so many lanes. */
const LANES = 6
const CANDIDATES = 8
/** Cold verdicts measured of a kind. */
const RUNS = 5
const MOST_ZIP = 6.5e6
const MOST_SCORING = 2_000
const MOST_RANGES = 40

/** @typedef {typeof import("./bench-parts")} Parts */

await runTool(async () => {
  const words = new Set(process.argv.slice(2))
  const write = words.delete("--write")
  const only = ["containers", "charting", "atlas"].find((part) => words.delete(part))
  if (words.size > 0) throw new Refusal("npm run bench takes containers, charting or atlas, --write, both or nothing.")
  await ensureInstall()
  if (!only || only === "atlas") await benchAtlas(write)
  if (only === "atlas") return
  /** @type {Parts} */
  const parts = await import(pathToFileURL(await bundle("src/tools/bench-parts.ts", "bench-parts")).href)
  if (!only) await benchVerdicts(parts, write)
  if (only !== "containers") await benchCharting(parts, write)
  if (only === "charting") return
  const table = await containerTable(parts, (hub) => freshEngine(parts, hub).hub)
  console.log(textTable(table))
  if (write)
    fillSection(inRoot("docs", "formats.md"), "containers", `${markdownTable(table)}\n\nMade by \`npm run bench -- containers --write\`.`)
})

/** @param {boolean} write */
async function benchAtlas(write) {
  const table = await atlasTable()
  console.log(`${textTable(table)}\n`)
  if (write) fillSection(inRoot("docs", "atlas.md"), "bench", `${markdownTable(table)}\n\nMade by \`npm run bench -- atlas --write\`.`)
}

/** @param {Parts} parts @param {boolean} write */
async function benchCharting(parts, write) {
  const hub = await startSampleHub()
  try {
    const { table, growth } = await chartingTable(parts, freshEngine(parts, hub))
    console.log(`${textTable(table)}\n\n${growth}\n`)
    if (write)
      fillSection(
        inRoot("docs", "charting.md"),
        "bench",
        `${markdownTable(table)}\n\n${growth} Made by \`npm run bench -- charting --write\`.`,
      )
  } finally {
    await hub.close()
  }
}

/** @param {Parts} parts @param {boolean} write */
async function benchVerdicts(parts, write) {
  const traffic = watchFetch()
  const hub = await startSampleHub({ latency: LATENCY })
  try {
    console.log(`Latency ${LATENCY} ms. Floor of a cold verdict: ${CHAIN.length} round trips (${CHAIN.join(", ")}) = ${FLOOR} ms.\n`)
    const rows = [
      ...(await verdicts(parts, hub)),
      ...(await reading(parts, hub, traffic)),
      ...(await pairRate(parts, hub)),
      await packageSize(),
    ]
    const table = [["what", "measured", "yardstick", "ratio"], ...rows]
    console.log(`${textTable(table)}\n`)
    if (write) fillSection(inRoot("README.md"), "bench", `${markdownTable(table)}\n\nMade by \`npm run bench -- --write\`.`)
  } finally {
    await hub.close()
  }
}

/** Counts requests that ask for a part of a file. */
function watchFetch() {
  const traffic = { requests: 0, ranges: 0 }
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    traffic.requests += 1
    if (new Headers(init?.headers).has("range")) traffic.ranges += 1
    return fetch(input, init)
  }
  return traffic
}

/** An engine that knows nothing yet. @param {Parts} parts @param {{ url: string }} hub */
function freshEngine({ createEngine }, hub) {
  return createEngine({ endpoint: hub.url, token: null, time: true, budget: 0, cache: null, out: null }, {})
}

function call() {
  return { signal: new AbortController().signal, meter: { add() {} } }
}

/** @param {Parts} parts @param {Awaited<ReturnType<typeof startSampleHub>>} hub */
async function verdicts(parts, hub) {
  const rows = []
  const names = await relatives(parts, hub)
  for (const [title, extra] of /** @type {const} */ ([
    [`cold verdict, ${CANDIDATES} candidates, runtime's start included`, { candidates: names }],
    ["cold verdict, candidates found by itself, likewise", {}],
  ])) {
    const runs = []
    for (let run = 0; run < RUNS; run++) runs.push(await verdict(parts, hub, extra))
    runs.sort((a, b) => a.time - b.time)
    const [median, slowest] = /** @type {[typeof runs[0], typeof runs[0]]} */ ([runs[RUNS >> 1], runs[RUNS - 1]])
    const { compared, cost } = median.report
    const lanes = (cost.requests / LANES) * LATENCY
    rows.push([`${title}: median of ${RUNS}`, `${median.time.toFixed(0)} ms`, `floor ${FLOOR} ms`, ratio(median.time, FLOOR)])
    rows.push(["  slowest of them", `${slowest.time.toFixed(0)} ms`, `floor ${FLOOR} ms`, ratio(slowest.time, FLOOR)])
    rows.push([
      `  ${compared.length} compared, ${cost.requests} requests`,
      `${median.time.toFixed(0)} ms`,
      `${LANES} at once ${lanes.toFixed(0)} ms`,
      ratio(median.time, lanes),
    ])
    rows.push(["  bytes", kilobytes(cost.bytes), `of weights ${kilobytes(cost.weightBytes)}`, ratio(cost.weightBytes, cost.bytes)])
  }
  return rows
}

/** One verdict by an engine that has nothing in store and no runtime loaded. @param {Parts} parts @param {{ url: string, demo: string }} hub @param {object} extra */
async function verdict(parts, hub, extra) {
  const options = { signal: call().signal, time: true, budget: parts.DEFAULT_BUDGET, refresh: true, onProgress() {}, ...extra }
  const started = performance.now()
  const { report } = await parts.inspectModel(freshEngine(parts, hub), hub.demo, options)
  return { time: performance.now() - started, report }
}

/**
 * The first models of the demo's kind and about its size that the Hub lists, the demo itself left out.
 * @param {Parts} parts @param {{ url: string, demo: string }} hub
 */
async function relatives(parts, hub) {
  const { hub: client } = freshEngine(parts, hub)
  const { modelType, totalParameters } = await client.model(hub.demo, null, call())
  const size = totalParameters ?? 0
  const filter = modelType === null ? [] : [modelType]
  const listed = await client.list({ limit: 1000, filter, parameters: { min: Math.floor(size / 2), max: size * 2 } }, call())
  return listed
    .map(({ id }) => id)
    .filter((id) => id !== hub.demo)
    .slice(0, CANDIDATES)
}

/** @param {Parts} parts @param {Awaited<ReturnType<typeof startSampleHub>>} hub @param {ReturnType<typeof watchFetch>} traffic */
async function reading(parts, hub, traffic) {
  const rows = []
  for (const id of [hub.demo, hub.virtual]) {
    const { hub: client } = freshEngine(parts, hub)
    const { revision } = await client.model(id, null, call())
    const ref = { id, revision: revision ?? "main" }
    const files = await client.files(ref, call())
    const whole = files.filter(({ path }) => path.endsWith(".safetensors")).reduce((sum, { size }) => sum + size, 0)
    const meter = new parts.CostMeter()
    traffic.ranges = 0
    const started = performance.now()
    await parts.readFingerprint(client, ref, files, { budget: parts.DEFAULT_BUDGET, call: { ...call(), meter } })
    const time = performance.now() - started
    // Redirect and header; rows too, unless the whole file came at once.
    const floor = (traffic.ranges > 1 ? 3 : 2) * LATENCY
    rows.push([`fingerprint of ${id}`, `${time.toFixed(0)} ms`, `floor ${floor} ms`, ratio(time, floor)])
    rows.push([
      "  weight bytes",
      kilobytes(meter.weightBytes),
      `limit ${kilobytes(parts.DEFAULT_BUDGET)}`,
      ratio(meter.weightBytes, parts.DEFAULT_BUDGET),
    ])
    rows.push(["  of the model's", kilobytes(meter.weightBytes), kilobytes(whole), `1 / ${Math.round(whole / meter.weightBytes)}`])
    rows.push(["  range requests", String(traffic.ranges), `limit ${MOST_RANGES}`, ratio(traffic.ranges, MOST_RANGES)])
  }
  return rows
}

/** @param {Parts} parts @param {{ url: string, demo: string }} hub */
async function pairRate(parts, hub) {
  const engine = freshEngine(parts, hub)
  const names = [hub.demo, ...(await relatives(parts, hub))]
  const prints = await Promise.all(
    names.map(async (id) => {
      const { revision } = await engine.hub.model(id, null, call())
      return parts.readFingerprint(engine.hub, { id, revision: revision ?? "main" }, null, { budget: parts.DEFAULT_BUDGET, call: call() })
    }),
  )
  const pairs = prints.flatMap((a, i) => prints.slice(i + 1).map((b) => /** @type {const} */ ([a, b])))
  await parts.comparePairs(pairs.slice(0, 1), engine.statistics, call().signal)
  const started = performance.now()
  const evidence = await parts.comparePairs(pairs, engine.statistics, call().signal)
  const seconds = (performance.now() - started) / 1000
  const rate = pairs.length / seconds
  return [
    [`pairs compared on wasm (${pairs.length})`, `${rate.toFixed(1)} a second`, "500 a second", ratio(rate, 500)],
    await scoringTime(parts, engine, pairs, evidence),
  ]
}

/**
 * A thousand pairs through both learned scorers, their evidence being there.
 * @param {Parts} parts @param {ReturnType<typeof freshEngine>} engine
 * @param {(readonly [import("~src/fingerprint/types").Fingerprint, import("~src/fingerprint/types").Fingerprint])[]} pairs
 * @param {import("~src/lineage/types").PairEvidence[]} evidence
 */
async function scoringTime(parts, engine, pairs, evidence) {
  const { scorers } = engine.statistics
  if (!scorers) throw new Error("the engine came without its scorers")
  const tokens = evidence.flatMap((pair, n) => {
    const both = pairs[n]
    return both && pair.related >= 0.5 ? [parts.evidenceTokens(both[0], both[1], pair)] : []
  })
  const thousand = Array.from({ length: Math.ceil(1000 / tokens.length) }, () => tokens)
    .flat()
    .slice(0, 1000)
  const score = async (/** @type {typeof tokens} */ sets) =>
    Promise.all([scorers.relations(sets, call().signal), scorers.directions(sets, call().signal)])
  await score(tokens.slice(0, 1))
  const started = performance.now()
  await score(thousand)
  const milliseconds = performance.now() - started
  return [
    "1,000 pairs scored by both networks on wasm",
    `${Math.round(milliseconds)} ms`,
    `limit ${MOST_SCORING} ms`,
    ratio(milliseconds, MOST_SCORING),
  ]
}

async function packageSize() {
  await buildExtension("package")
  const { size } = fs.statSync(inRoot("build", "chrome-mv3-prod.zip"))
  return ["extension as zip", kilobytes(size), `limit ${kilobytes(MOST_ZIP)}`, ratio(size, MOST_ZIP)]
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`
}

/** @param {number} a @param {number} b */
function ratio(a, b) {
  return (a / b).toFixed(2)
}
