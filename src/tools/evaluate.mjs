// `npm run evaluate`: how often the engine is right, on families whose descent is known because training/ made them.
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { bundle } from "./bundle.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { inRoot, Refusal, runTool } from "./project.mjs"
import { fillSection, markdownTable, textTable } from "./tables.mjs"

const USAGE = "npm run evaluate -- [--split test|dev|FOLDER] [--limit N] [--json FILE] [--write]"
const PLENTY = { api: 1e9, resolvers: 1e9, pages: 1e9 }
/** Pure functions of their input that hundreds of inspections call with the same one: here they remember their answers. */
const REMEMBERED = {
  "src/lineage/pair.ts": "src/tools/evaluation/pair.ts",
  "src/lineage/relation.ts": "src/tools/evaluation/relation.ts",
}

/** What docs/accuracy.md says above its tables. */
const PREFACE = `# Accuracy

Written by \`COMMAND\`, not by hand.

The families are those of training/README.md, split \`SPLIT\`; nothing is tuned on \`test\`. Every model is inspected through HTTP as the
command line does it, with candidates found by itself, once with dates and once as with \`--no-time\`. Models read and pairs compared are
remembered between inspections, which changes nothing but the cost.

- An **edge** counts only if child, parent and direction are right; each parent of a merge is an edge. A claim that names an exact copy of
  the true parent counts as wrong. *Basic* are models that were trained, merged, cast or copied; *all* adds those that training/README.md
  marks extended, which are other ways of changing weights. An edge belongs to its child; candidates are always all models.
- **Skeleton**: true edges found in either direction. **Direction**: of those claims, the ones that point the right way.
- **Relation**: on right edges. **Verdict**: against what truth and card ask for; \`unverified\` is never right, and is what **abstained** counts.
- **False edges** are claims between families that share nothing, over all pairs of such models of one architecture.
`

/** @typedef {import("./evaluation/inspect").Outcome} Outcome */
/** @typedef {import("./evaluation/truth").TruthModel} TruthModel */

await runTool(async () => {
  const { split, folder, limit, json, write } = readArguments()
  await ensureInstall()
  const partsFile = pathToFileURL(await bundle("src/tools/evaluate-parts.ts", "evaluate-parts", REMEMBERED)).href
  /** @type {typeof import("./evaluate-parts")} */
  const parts = await import(partsFile)
  /** @type {typeof import("../../test/hub/index")} */
  const { startHub } = await import(pathToFileURL(await bundle("test/hub/index.ts", "hub")).href)
  const truth = parts.readTruth(folder)
  const hub = await startHub({ roots: [folder], rateLimits: PLENTY })
  const started = performance.now()
  const outcomes = await inspectInThreads(partsFile, hub.url, limit === null ? truth : parts.sample(truth, limit)).finally(hub.close)
  const seconds = Math.round((performance.now() - started) / 1000)

  const scored = parts.scoreAll(truth, outcomes)
  const tables = parts.resultTables(scored, outcomes)
  for (const { title, rows } of tables) console.log(`${title}\n${textTable(rows)}\n`)
  console.log(`${outcomes.length} inspections of ${split} in ${seconds} seconds.`)
  if (json) fs.writeFileSync(json, `${JSON.stringify({ schema: "pedigree/evaluation@1", split, scored, outcomes }, null, 2)}\n`)
  if (write) writeDocs(split, tables, parts.summaryTable(scored))
})

function readArguments() {
  const options = /** @type {const} */ ({
    split: { type: "string", default: "test" },
    limit: { type: "string" },
    json: { type: "string" },
    write: { type: "boolean", default: false },
  })
  let values
  try {
    values = parseArgs({ options }).values
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\nusage: ${USAGE}`)
  }
  const { split, limit, json, write } = values
  const known = split === "test" || split === "dev"
  const folder = known ? inRoot("training", "zoo", split) : path.resolve(split)
  if (!fs.existsSync(path.join(folder, "truth.json"))) {
    const cure = known ? `make it with: python -m training.zoo --split ${split}` : "give a folder as training/README.md describes it"
    throw new Refusal(`There are no families with a truth.json in ${known ? `training/zoo/${split}` : split}; ${cure}`)
  }
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) throw new Refusal(`--limit takes a number of models.\nusage: ${USAGE}`)
  if (write && limit !== undefined) throw new Refusal("--write takes no --limit: the documents show whole splits only.")
  return { split, folder, limit: limit === undefined ? null : Number(limit), json, write }
}

/** A thread for each architecture, as many at once as there are cores. @param {string} parts @param {string} endpoint @param {TruthModel[]} models */
async function inspectInThreads(parts, endpoint, models) {
  const architectures = [...new Set(models.map(({ architecture }) => architecture))]
  const groups = architectures.map((name) => models.filter(({ architecture }) => architecture === name).map(({ id }) => id))
  const total = 2 * models.length
  let done = 0
  const tell = () => {
    done += 1
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total}${done === total ? "\n" : ""}`)
  }
  /** @type {Outcome[]} */
  const outcomes = []
  const lane = async () => {
    for (let ids = groups.shift(); ids !== undefined; ids = groups.shift())
      outcomes.push(...(await inspectInThread({ parts, endpoint, ids }, tell)))
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, lane))
  return outcomes
}

/** @param {{ parts: string, endpoint: string, ids: string[] }} workerData @param {() => void} tell @returns {Promise<Outcome[]>} */
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

/** @param {string} split @param {import("./evaluation/tables").Table[]} tables @param {import("./evaluation/tables").Table} summary */
function writeDocs(split, tables, summary) {
  const command = `npm run evaluate -- --split ${split} --write`
  const sections = tables.map(({ title, rows }) => `## ${title}\n\n${markdownTable(rows)}\n`).join("\n")
  fs.writeFileSync(inRoot("docs", "accuracy.md"), `${PREFACE.replace("COMMAND", command).replace("SPLIT", split)}\n${sections}`)
  fillSection(inRoot("README.md"), "accuracy", `${markdownTable(summary.rows)}\n\nMade by \`${command}\`; more in docs/accuracy.md.`)
}
