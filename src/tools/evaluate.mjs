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

const USAGE = "npm run evaluate -- [--split test|dev|FOLDER] [--only models|containers|atlas] [--limit N] [--json FILE] [--write]"
const PLENTY = { api: 1e9, resolvers: 1e9, pages: 1e9 }
/** Pure functions of their input that hundreds of inspections call with the same one: here they remember their answers. */
const REMEMBERED = {
  "src/lineage/pair.ts": "src/tools/evaluation/pair.ts",
  "src/lineage/quantized.ts": "src/tools/evaluation/quantized.ts",
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

/** What docs/accuracy.md says above the tables of containers. */
const CONTAINERS_PREFACE = `# Containers

The families of \`FOLDERS\`: models of the split published in other weight containers, quantised, and adapters. One Hub
serves everything together, so that every such model finds its candidates among full-weight models, containers and adapters. The tables above
are measured without them.

- **True parent**: the direct parent is the one named. A **twin** has the parent's weights under another name: a copy, a cast, another
  container. **Relation**, **container and scheme** and **verdict** are counted over all models, whatever parent is named; nothing said is wrong.
  **Of those named**: the relation where a parent is named at all.
- **Scheme** means the container, the packing of most matrices with its bits, and the element type or kind of adapter.
`

/** What docs/accuracy.md says above the tables of the atlas. */
const ATLAS_PREFACE = `# Atlas

- **Ghosts**: each family is charted by its sketches as it is, and once for each parent with at least two trained children with that parent and
  its copies left out: unknown, or known as a closed repository that cards may name. A ghost where no parent is absent is false.
- **Attributes**: what a card says is hidden and guessed from relatives along the true edges. Cards of this zoo draw their licences at random, so that
  a licence here is a test of modesty: relatives seldom agree, and few guesses should be made.
`

/** @typedef {import("./evaluation/inspect").Outcome} Outcome */
/** @typedef {import("./evaluation/tables").Table} Table */
/** @typedef {import("./evaluate-parts")} Parts */
/** @typedef {ReturnType<typeof readArguments>} Arguments */

await runTool(async () => {
  const args = readArguments()
  await ensureInstall()
  const file = pathToFileURL(await bundle("src/tools/evaluate-parts.ts", "evaluate-parts", REMEMBERED)).href
  /** @type {Parts} */
  const parts = await import(file)
  const wanted = (/** @type {string} */ part) => args.only === undefined || args.only === part
  const models = wanted("models") ? await evaluateModels(parts, file, args) : null
  const containers = wanted("containers") && args.containers.length > 0 ? await evaluateContainers(parts, file, args) : null
  const atlas = wanted("atlas") ? await evaluateAtlas(parts, args) : null
  const { split, json, write } = args
  if (json) fs.writeFileSync(json, `${JSON.stringify({ schema: "pedigree/evaluation@2", split, models, containers, atlas }, null, 2)}\n`)
  if (write && models && containers && atlas) writeDocs(args, models, containers, atlas)
})

/** Full-weight models among themselves. @param {Parts} parts @param {string} file @param {Arguments} args */
async function evaluateModels(parts, file, { split, folder, limit }) {
  const truth = parts.readTruth(folder)
  const asked = limit === null ? truth : parts.sample(truth, limit)
  const outcomes = await inspectAll(
    file,
    [folder],
    grouped(asked, ({ architecture }) => architecture),
    split,
  )
  const scored = parts.scoreAll(truth, outcomes)
  const tables = show(parts.resultTables(scored, outcomes))
  return { scored, outcomes, tables, summary: parts.summaryTable(scored) }
}

/** Containers and adapters among everything. @param {Parts} parts @param {string} file @param {Arguments} args */
async function evaluateContainers(parts, file, { split, roots, containers, limit }) {
  const truth = containers.flatMap((folder) => parts.readContainers(folder).map((model) => ({ ...model, folder })))
  const asked = limit === null ? truth : parts.sample(truth, limit)
  const groups = grouped(asked, ({ folder, architecture }) => `${folder} ${architecture}`)
  const outcomes = await inspectAll(file, [...roots, ...containers], groups, `${split}'s containers`)
  const answers = parts.judgeContainers(roots.flatMap(parts.readTruth), truth, outcomes)
  return { answers, outcomes, tables: show(parts.containerTables(answers)), summary: parts.containerSummary(answers) }
}

/** Families as a whole: ghosts and what relatives' cards tell. @param {Parts} parts @param {Arguments} args */
async function evaluateAtlas(parts, { folder }) {
  const hub = await serve([folder])
  try {
    return { tables: show(await parts.atlasTables(hub.url, parts.readTruth(folder))) }
  } finally {
    await hub.close()
  }
}

/** @param {readonly string[]} roots */
async function serve(roots) {
  /** @type {typeof import("../../test/hub/index")} */
  const { startHub } = await import(pathToFileURL(await bundle("test/hub/index.ts", "hub")).href)
  return startHub({ roots, rateLimits: PLENTY })
}

/** @param {Table[]} tables */
function show(tables) {
  for (const { title, rows } of tables) console.log(`${title}\n${textTable(rows)}\n`)
  return tables
}

function readArguments() {
  const options = /** @type {const} */ ({
    split: { type: "string", default: "test" },
    only: { type: "string" },
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
  const { split, only, limit, json, write } = values
  const known = split === "test" || split === "dev"
  const folder = known ? inRoot("training", "zoo", split) : path.resolve(split)
  const shown = known ? `training/zoo/${split}` : split
  const complete = (/** @type {string} */ one) => fs.existsSync(path.join(one, "truth.json"))
  if (!complete(folder)) {
    const cure = known ? `make it with: python -m training.zoo --split ${split}` : "give a folder as training/README.md describes it"
    throw new Refusal(`There are no families with a truth.json in ${shown}; ${cure}`)
  }
  if (only !== undefined && !["models", "containers", "atlas"].includes(only))
    throw new Refusal(`--only takes models, containers or atlas.\nusage: ${USAGE}`)
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) throw new Refusal(`--limit takes a number of models.\nusage: ${USAGE}`)
  if (write && (limit !== undefined || only !== undefined))
    throw new Refusal("--write takes neither --limit nor --only: the documents show whole splits only.")
  const roots = [folder, `${folder}-wide`].filter(complete)
  const containers = roots.map((root) => `${root}-containers`).filter(complete)
  if (containers.length === 0 && (write || only === "containers"))
    throw new Refusal(`There are no containers in ${shown}-containers; make them with: python -m training.containers.zoo`)
  return { split, folder, roots, containers, only, limit: limit === undefined ? null : Number(limit), json, write }
}

/** @template {{ id: string }} M @param {readonly M[]} models @param {(model: M) => string} key */
function grouped(models, key) {
  const keys = [...new Set(models.map(key))]
  const groups = keys.map((one) => models.filter((model) => key(model) === one).map(({ id }) => id))
  // The longest first, so that no core waits long for the last one.
  return groups.sort((a, b) => b.length - a.length)
}

/**
 * Serves the folders and inspects each group of models in a thread of its own, as many at once as there are cores.
 * @param {string} parts @param {readonly string[]} roots @param {string[][]} groups @param {string} what
 */
async function inspectAll(parts, roots, groups, what) {
  const hub = await serve(roots)
  const started = performance.now()
  const total = 2 * groups.flat().length
  let done = 0
  const tell = () => {
    done += 1
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total}${done === total ? "\n" : ""}`)
  }
  /** @type {Outcome[]} */
  const outcomes = []
  const lane = async () => {
    for (let ids = groups.shift(); ids !== undefined; ids = groups.shift())
      outcomes.push(...(await inspectInThread({ parts, endpoint: hub.url, ids }, tell)))
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, lane)).finally(hub.close)
  console.log(`${outcomes.length} inspections of ${what} in ${Math.round((performance.now() - started) / 1000)} seconds.\n`)
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

/**
 * @param {Arguments} args @param {{ tables: readonly Table[], summary: Table }} models
 * @param {{ tables: readonly Table[], summary: Table }} containers @param {{ tables: readonly Table[] }} atlas
 */
function writeDocs({ split, containers: folders }, models, containers, atlas) {
  const command = `npm run evaluate -- --split ${split} --write`
  const sections = (/** @type {readonly Table[]} */ tables) =>
    tables.map(({ title, rows }) => `## ${title}\n\n${markdownTable(rows)}\n`).join("\n")
  const names = folders.map((folder) => path.basename(folder)).join("` and `")
  const [above, between] = [PREFACE.replace("COMMAND", command).replace("SPLIT", split), CONTAINERS_PREFACE.replace("FOLDERS", names)]
  fs.writeFileSync(
    inRoot("docs", "accuracy.md"),
    `${above}\n${sections(models.tables)}\n${between}\n${sections(containers.tables)}\n${ATLAS_PREFACE}\n${sections(atlas.tables)}`,
  )
  const summaries = [models, containers].map(({ summary }) => markdownTable(summary.rows)).join("\n\n")
  fillSection(inRoot("README.md"), "accuracy", `${summaries}\n\nMade by \`${command}\`; more in docs/accuracy.md.`)
}
