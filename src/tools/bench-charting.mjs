// How long charting takes as models become many, on families generated in memory with a known tree.
import { pathToFileURL } from "node:url"
import { bundle } from "./bundle.mjs"

/** @typedef {typeof import("./bench-parts")} Parts */
/** @typedef {import("../lineage/types").Member} Member */
/** @typedef {import("../lineage/family").Family} Family */

const HEAD = [
  "models",
  "families",
  "largest",
  "how",
  "seconds",
  "limit",
  "of processors",
  "ms a model",
  "families found",
  "precision",
  "recall",
]
/** Numbers of models, and the seconds that they may take (none where nothing is promised). */
const MANY = /** @type {const} */ ([
  [1_000, 5],
  [3_000, null],
  [10_000, 120],
])
const FEW = /** @type {const} */ ([30, 60])
/** Weight bytes read of each fingerprint that families are generated from: ten thousand models have to fit into memory at once. */
const BUDGET = 262_144
const NAMED = 0.5

/**
 * The table, its head first, and the growth exponents as a sentence.
 * @param {Parts} parts @param {import("../app/inspect-types").Engine} engine
 */
export async function chartingTable(parts, engine) {
  const { generateFamilies } = await load("test/unit/generated-families.ts", "generated-families")
  const seeds = await readSeeds(parts, engine)
  const signal = new AbortController().signal
  const made = (/** @type {number} */ count) => generateFamilies(seeds, familySizes(count), count)
  /** @param {ReturnType<typeof made>} generated */
  const bySketch = async ({ members }) => {
    const families = []
    for await (const family of parts.chartMany(members, engine.statistics, signal)) families.push(family)
    return families
  }
  /** @param {ReturnType<typeof made>} generated */
  const inFull = async ({ members }) => [parts.chartFamily(members, await parts.familyEvidence(members, engine.statistics, signal))]
  await bySketch(made(60))
  const rows = []
  const spent = /** @type {Record<string, [number, number][]>} */ ({ sketches: [], "every pair": [] })
  for (const [count, limit] of [...FEW.map((few) => /** @type {const} */ ([few, null])), ...MANY]) {
    const how = count <= Math.max(...FEW) ? "every pair" : "sketches"
    const generated = made(count)
    const [started, before] = [performance.now(), process.cpuUsage()]
    const families = await (how === "sketches" ? bySketch(generated) : inFull(generated))
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(before)
    const busy = (user + system) / 1e6
    // Other programs stretch the time but not the work.
    spent[how]?.push([count, busy])
    const sizes = familySizes(count)
    rows.push([
      ...[count.toLocaleString("en"), String(sizes.length), String(Math.max(...sizes)), how, seconds.toFixed(1)],
      ...[limit === null ? "" : String(limit), busy.toFixed(1), ((1000 * busy) / count).toFixed(1), ...score(families, generated, how)],
    ])
  }
  const exponents = Object.entries(spent).map(([how, times]) => `${exponent(times).toFixed(2)} by ${how}`)
  return { table: [HEAD, ...rows], growth: `Growth exponent of the processors' time: ${exponents.join(", ")}.` }
}

/** @param {string} entry @param {string} name @returns {Promise<typeof import("../../test/unit/generated-families")>} */
const load = async (entry, name) => import(pathToFileURL(await bundle(entry, name)).href)

/**
 * A few large families, many small ones and loners, as on the Hub: a fifth of all models in the largest family, half as many in each next
 * one down to ten, the rest by threes and alone.
 * @param {number} count
 */
function familySizes(count) {
  const sizes = []
  let left = count
  for (let size = Math.floor(count / 5); size >= 10; size = Math.floor(size / 2)) {
    const times = Math.max(1, Math.floor((0.4 * left) / size / 3))
    for (let n = 0; n < times && left > size; n++) {
      sizes.push(size)
      left -= size
    }
  }
  for (; left >= 4; left -= 4) sizes.push(3, 1)
  return left > 0 ? [...sizes, left] : sizes
}

/** One fixture model of each model type. @param {Parts} parts @param {import("../app/inspect-types").Engine} engine */
async function readSeeds({ readFingerprint }, { hub }) {
  const call = { signal: new AbortController().signal, meter: { add() {} } }
  const listed = await hub.list({ limit: 1000 }, call)
  const firsts = new Map(listed.flatMap((record) => (record.gated || record.modelType === null ? [] : [[record.modelType, record.id]])))
  return Promise.all(
    [...firsts.values()].sort().map(async (id) => {
      const { revision } = await hub.model(id, null, call)
      return readFingerprint(hub, { id, revision: revision ?? "main" }, null, { budget: BUDGET, call })
    }),
  )
}

/** @param {readonly Family[]} families @param {{ parents: ReadonlyMap<string, string>, families: ReadonlyMap<string, number> }} truth @param {string} how */
function score(families, truth, how) {
  const claims = families.flatMap(({ members, edges }) =>
    edges
      .filter(({ attachment, direction }) => attachment * direction >= NAMED)
      .map(({ parent, child }) => [members[parent]?.id, members[child]?.id ?? ""]),
  )
  const right = claims.filter(([parent, child]) => truth.parents.get(child ?? "") === parent).length
  const sizes = new Map()
  for (const family of truth.families.values()) sizes.set(family, (sizes.get(family) ?? 0) + 1)
  const whole = families.filter(({ members }) => {
    const [first, ...others] = new Set(members.map(({ id }) => truth.families.get(id)))
    return others.length === 0 && sizes.get(first) === members.length
  }).length
  const found = how === "sketches" ? `${whole} of ${sizes.size}` : ""
  return [found, (right / claims.length).toFixed(3), (right / truth.parents.size).toFixed(3)]
}

/** From the first to the last number of models. @param {readonly [number, number][]} times */
function exponent(times) {
  const [[n, t], [m, u]] = /** @type {[[number, number], [number, number]]} */ ([times[0], times.at(-1)])
  return Math.log(u / t) / Math.log(m / n)
}
