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

await runTool(async () => {
  const args = readArguments(process.argv.slice(2))
  await ensureInstall()
  const file = pathToFileURL(await bundle("src/tools/evaluate-parts.ts", "evaluate-parts", REMEMBERED)).href
  /** @type {Parts} */
  const parts = await import(file)
  const wanted = (/** @type {string} */ part) => args.only === undefined || args.only === part
  const models = wanted("models") ? await evaluateModels(parts, file, args) : null
  const candidates = wanted("candidates") ? await evaluateCandidates(parts, args) : null
  const containers = wanted("containers") ? await evaluateContainers(parts, file, args) : null
  const atlas = wanted("atlas") ? await evaluateAtlas(parts, args) : null
  const { split, json, write } = args
  if (json)
    fs.writeFileSync(
      json,
      `${JSON.stringify({ schema: "pedigree/evaluation@3", split, models, candidates, containers, atlas }, null, 2)}\n`,
    )
  if (write && models && candidates && containers && atlas) writeDocs(parts, args, [models, candidates, containers, atlas])
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

/** How early the search meets the true parents. @param {Parts} parts @param {Arguments} args */
async function evaluateCandidates(parts, { splits, limit }) {
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

/** Families as a whole: ghosts and what relatives' cards tell. @param {Parts} parts @param {Arguments} args */
async function evaluateAtlas(parts, { splits }) {
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
 * Writes docs/accuracy.md, its pictures and the README's tables.
 * @param {Parts} parts @param {Arguments} args @param {readonly { sections: readonly Section[], summary?: Section }[]} results
 */
function writeDocs(parts, { split }, results) {
  const command = `npm run evaluate -- --split ${split} --write`
  const sections = results.flatMap((result) => result.sections).filter(({ rows }) => rows === undefined || rows.length > 1)
  const blocks = sections.map(({ level, heading, text, rows, picture }) => {
    if (picture) fs.writeFileSync(inRoot("docs", "images", picture.name), picture.svg)
    const shown = picture ? [`![${picture.alt}](images/${picture.name})`] : []
    return [`${"#".repeat(level + 1)} ${heading}`, ...(text ? [text] : []), ...shown, ...(rows ? [markdownTable(rows)] : [])].join("\n\n")
  })
  fs.writeFileSync(inRoot("docs", "accuracy.md"), `${[parts.introduction(command, split), ...blocks].join("\n\n")}\n`)
  const summaries = results.flatMap(({ summary }) => (summary?.rows ? [markdownTable(summary.rows)] : [])).join("\n\n")
  fillSection(inRoot("README.md"), "accuracy", `${summaries}\n\nMade by \`${command}\`; more in docs/accuracy.md.`)
}
