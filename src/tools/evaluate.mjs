// `npm run evaluate`: how often the engine is right, on families whose descent is known because training/ made them.
import fs from "node:fs"
import { pathToFileURL } from "node:url"
import { bundle } from "./bundle.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { readArguments } from "./evaluate-arguments.mjs"
import { inspectEverything, withHubs } from "./evaluate-threads.mjs"
import { inRoot, runTool } from "./project.mjs"
import { fillSection, markdownTable, textTable } from "./tables.mjs"

/** Pure functions of their input that hundreds of inspections call with the same one: here they remember their answers. */
const REMEMBERED = {
  "src/lineage/pair.ts": "src/tools/evaluation/pair.ts",
  "src/lineage/quantized.ts": "src/tools/evaluation/quantized.ts",
  "src/lineage/structure.ts": "src/tools/evaluation/structure.ts",
}

/** @typedef {import("./evaluation/section").Section} Section */
/** @typedef {import("./evaluate-parts")} Parts */
/** @typedef {ReturnType<typeof readArguments>} Arguments */

/** Each of them is measured, and written, by itself. */
const PARTS = { models: evaluateModels, candidates: evaluateCandidates, containers: evaluateContainers, atlas: evaluateAtlas }

await runTool(async () => {
  const args = readArguments(process.argv.slice(2), Object.keys(PARTS))
  await ensureInstall()
  const file = pathToFileURL(await bundle("src/tools/evaluate-parts.ts", "evaluate-parts", REMEMBERED)).href
  /** @type {Parts} */
  const parts = await import(file)
  const results = {}
  for (const [name, evaluate] of Object.entries(PARTS)) {
    if (args.only !== undefined && args.only !== name) continue
    const result = await evaluate(parts, file, args)
    Object.assign(results, { [name]: result })
    if (args.write && result.sections.length > 0) writeDocs(name, args, result)
  }
  const { split, json } = args
  if (json) fs.writeFileSync(json, `${JSON.stringify({ schema: "pedigree/evaluation@3", split, ...results }, null, 2)}\n`)
})

/** Full-weight models among themselves, each split on a Hub of its own. @param {Parts} parts @param {string} file @param {Arguments} args */
async function evaluateModels(parts, file, { split, splits, limit }) {
  const read = splits.map(({ name, folder }) => ({ name, models: parts.readTruth(folder) }))
  const outcomes = await withHubs(
    splits.map(({ folder }) => [folder]),
    (endpoints) => {
      const all = read.flatMap(({ name, models }, i) => models.map((model) => ({ ...model, split: name, endpoint: endpoints[i] ?? "" })))
      return inspectEverything(file, jobsOf(limit === null ? all : parts.sample(all, limit)), split)
    },
  )
  const ofSplit = (/** @type {string} */ name) => outcomes.filter((outcome) => outcome.split === name)
  const judged = read.flatMap((one) => parts.judge(one, ofSplit(one.name)))
  const peers = parts.readPeers(inRoot("training", "peers", "results.json"))
  const summary = parts.summarySection(judged)
  // A sample is not what the others were measured on.
  const beside = limit === null ? await parts.peerSections(judged, outcomes, peers) : []
  const sections = show([summary, ...beside, ...parts.modelSections(judged), ...parts.costSections(outcomes)])
  return { judged, outcomes, sections, summary }
}

/** How early the search meets the true parents. @param {Parts} parts @param {string} _file @param {Arguments} args */
async function evaluateCandidates(parts, _file, { splits, limit }) {
  return withHubs(
    splits.map(({ folder }) => [folder]),
    async (endpoints) => {
      const served = splits.map(({ folder }, i) => {
        const models = parts.readTruth(folder)
        return { endpoint: endpoints[i] ?? "", models: limit === null ? models : parts.sample(models, limit) }
      })
      return { sections: show(await parts.candidateSections(served)) }
    },
  )
}

/** Containers and adapters among everything. @param {Parts} parts @param {string} file @param {Arguments} args */
async function evaluateContainers(parts, file, { splits, limit }) {
  const held = splits.filter(({ containers }) => containers.length > 0)
  const truth = held.map(({ containers }) => containers.flatMap(parts.readContainers))
  const outcomes = await withHubs(
    held.map(({ roots, containers }) => [...roots, ...containers]),
    (endpoints) => {
      const all = held.flatMap(({ name }, i) => (truth[i] ?? []).map((model) => ({ ...model, split: name, endpoint: endpoints[i] ?? "" })))
      return inspectEverything(file, jobsOf(limit === null ? all : parts.sample(all, limit)), "containers")
    },
  )
  const answers = held.flatMap(({ name, roots }, i) => {
    const own = outcomes.filter((outcome) => outcome.split === name)
    return parts.judgeContainers(roots.flatMap(parts.readTruth), truth[i] ?? [], own)
  })
  const folders = held.flatMap(({ containers }) => containers)
  return { answers, outcomes, sections: show(parts.containerSections(answers, folders)), summary: parts.containerSummary(answers) }
}

/** Families as a whole: ghosts and what relatives' cards tell. @param {Parts} parts @param {string} _file @param {Arguments} args */
async function evaluateAtlas(parts, _file, { splits }) {
  const folders = splits.map(({ folder }) => folder)
  return withHubs(
    folders.map((folder) => [folder]),
    async (endpoints) => {
      const served = folders.map((folder, i) => ({ endpoint: endpoints[i] ?? "", models: parts.readTruth(folder) }))
      return { sections: show(await parts.atlasSections(served)) }
    },
  )
}

/** @param {Section[]} sections */
function show(sections) {
  for (const { heading, text, rows } of sections)
    if (rows === undefined || rows.length > 1)
      console.log([heading, ...(text ? [text] : []), ...(rows ? [textTable(rows)] : []), ""].join("\n"))
  return sections
}

/**
 * One job for the models of one architecture and split: they share most of what is read.
 * @param {readonly { id: string, architecture: string, split: string, endpoint: string }[]} models
 */
function jobsOf(models) {
  const jobs = new Map()
  for (const { id, architecture, split, endpoint } of models) {
    const key = `${split} ${architecture}`
    const job = jobs.get(key) ?? { split, endpoint, ids: [] }
    job.ids.push(id)
    jobs.set(key, job)
  }
  return [...jobs.values()]
}

/**
 * Renews one part of docs/accuracy.md with its pictures, and of the README what sums it up.
 * @param {string} part @param {Arguments} args @param {{ sections: readonly Section[], summary?: Section }} result
 */
function writeDocs(part, { split }, { sections, summary }) {
  const made = `Made by \`npm run evaluate -- --split ${split} --only ${part} --write\``
  const blocks = sections.flatMap(({ level, heading, text, rows, picture }) => {
    if (rows && rows.length < 2) return []
    if (picture) fs.writeFileSync(inRoot("docs", "images", picture.name), picture.svg)
    const shown = picture ? [`![${picture.alt}](images/${picture.name})`] : []
    return [`${"#".repeat(level + 1)} ${heading}`, ...(text ? [text] : []), ...shown, ...(rows ? [markdownTable(rows)] : [])]
  })
  fillSection(inRoot("docs", "accuracy.md"), part, `\n${[...blocks, `${made}.`].join("\n\n")}\n`)
  if (summary?.rows)
    fillSection(inRoot("README.md"), `accuracy-${part}`, `${markdownTable(summary.rows)}\n\n${made}; more in docs/accuracy.md.`)
}
