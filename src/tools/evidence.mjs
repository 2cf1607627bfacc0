// `npm run evidence`: writes the evidence tokens of a split's pairs, with what is true of each, for training/scorers.
import fs from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { bundle } from "./bundle.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { inRoot, Refusal, runTool } from "./project.mjs"

const USAGE = "npm run evidence -- --split NAME [--zoo FOLDER]"
/** Pairs of each kind but the edges, at most, per architecture. */
const MOST = { relative: 60, "shared-init": 24, unrelated: 24, student: 4 }
/** A feature lies between -4 and 4; it is kept in 32nds. */
const STEPS = 32

/** @typedef {{ id: string, architecture: string, family: string, parents: { id: string, relation: string }[], sharedInitWith: string[], recipe: Record<string, any> }} Model */
/** @typedef {{ a: string, b: string, kind: string, how: string }} Pair */

await runTool(async () => {
  const { values } = parseArgs({ options: { split: { type: "string" }, zoo: { type: "string", default: inRoot("training", "zoo") } } })
  if (!values.split) throw new Refusal(USAGE)
  const folder = path.resolve(values.zoo, values.split)
  if (!fs.existsSync(path.join(folder, "truth.json")))
    throw new Refusal(`There is no truth.json in ${folder}; training/README.md says how to make it.`)
  await ensureInstall()
  /** @type {typeof import("./evidence-parts")} */
  const parts = await import(pathToFileURL(await bundle("src/tools/evidence-parts.ts", "evidence-parts")).href)
  /** @type {Model[]} */
  const truth = JSON.parse(fs.readFileSync(path.join(folder, "truth.json"), "utf8")).models
  const models = truth.filter(({ id }) => fs.readdirSync(path.join(folder, id)).some((file) => file.endsWith(".safetensors")))
  const pairs = []
  const chunks = []
  for (const architecture of new Set(models.map((model) => model.architecture))) {
    const members = models.filter((model) => model.architecture === architecture)
    const fingerprints = await parts.readFolders(members.map(({ id }) => path.join(folder, id)))
    const found = new Map(members.map(({ id }, i) => [id, /** @type {import("../fingerprint/types").Fingerprint} */ (fingerprints[i])]))
    const wanted = choosePairs(members)
    const of = (/** @type {string} */ id) => /** @type {import("../fingerprint/types").Fingerprint} */ (found.get(id))
    const answers = await parts.tokensOf(wanted.map(({ a, b }) => [of(a), of(b)]))
    for (const [i, { tokens, related }] of answers.entries()) {
      if (tokens.length === 0) continue
      const { kind, how } = /** @type {Pair} */ (wanted[i])
      pairs.push({ architecture, kind, how, related: Number(related.toFixed(4)), tokens: tokens.length / parts.LAYOUT.features })
      chunks.push(Buffer.from(Int8Array.from(tokens, (value) => Math.round(Math.max(-127, Math.min(127, value * STEPS)))).buffer))
    }
    console.error(`${values.split} ${architecture}: ${wanted.length} pairs`)
  }
  const { shared, own } = parts.LAYOUT
  const head = Buffer.from(`${JSON.stringify({ schema: "pedigree/evidence@1", split: values.split, steps: STEPS, shared, own, pairs })}\n`)
  const target = inRoot("training", "evidence", `${values.split}.gz`)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.writeFileSync(target, gzipSync(Buffer.concat([head, ...chunks]), { level: 9 }))
  console.log(`${path.relative(inRoot(), target)}: ${pairs.length} pairs, ${fs.statSync(target).size} bytes`)
})

/** Every edge, parent first, and samples of pairs that are none; copies and casts stand for their originals. @param {Model[]} members */
function choosePairs(members) {
  const models = members.filter(({ parents }) => !parents.some(({ relation }) => relation === "copy" || relation === "precision"))
  const known = new Map(models.map((model) => [model.id, model]))
  /** @type {Pair[]} */
  const edges = models.flatMap((child) =>
    child.parents.flatMap(({ id, relation }) => (known.has(id) ? [{ a: id, b: child.id, kind: relation, how: howMade(child) }] : [])),
  )
  const direct = new Set(edges.flatMap(({ a, b }) => [`${a} ${b}`, `${b} ${a}`]))
  const above = (/** @type {Model} */ model) => {
    const line = new Set([model.id])
    for (const id of line) for (const parent of known.get(id)?.parents ?? []) line.add(parent.id)
    return line
  }
  const lines = new Map(models.map((model) => [model.id, above(model)]))
  const seeds = new Set(models.flatMap((root) => root.sharedInitWith.flatMap((other) => [`${root.id} ${other}`, `${other} ${root.id}`])))
  /** @type {Record<keyof typeof MOST, Pair[]>} */
  const others = { relative: [], "shared-init": [], unrelated: [], student: [] }
  for (const [i, one] of models.entries())
    for (const two of models.slice(i + 1)) {
      if (direct.has(`${one.id} ${two.id}`)) continue
      const [mine, theirs] = /** @type {[Set<string>, Set<string>]} */ ([lines.get(one.id), lines.get(two.id)])
      const [a, b] = theirs.has(one.id) || !mine.has(two.id) ? [one, two] : [two, one]
      const add = (/** @type {keyof typeof MOST} */ kind, how = "") => others[kind].push({ a: a.id, b: b.id, kind, how })
      if (a.recipe.teacher === b.id || b.recipe.teacher === a.id) add("student")
      else if (mine.has(two.id) || theirs.has(one.id)) add("relative", "ancestor")
      else if ([...mine].some((id) => theirs.has(id)))
        add("relative", one.parents.some(({ id }) => two.parents.some((p) => p.id === id)) ? "sibling" : "cousin")
      else if (seeds.has(`${one.family} ${two.family}`)) add("shared-init")
      else add("unrelated")
    }
  return [...edges, ...Object.entries(others).flatMap(([kind, list]) => evenly(list, MOST[/** @type {keyof typeof MOST} */ (kind)]))]
}

/** What was done to the child, as far as it is told apart: step, optimiser, frozen part or rank. @param {Model} child */
function howMade({ recipe }) {
  const { optimizer, trainable, lora } = recipe.recipe ?? {}
  return [recipe.op, optimizer, trainable, lora ? `rank ${lora.rank}` : null, recipe.bits ? `${recipe.bits} bits` : null]
    .filter(Boolean)
    .join(", ")
}

/** @template T @param {readonly T[]} list @param {number} most @returns {T[]} */
function evenly(list, most) {
  const count = Math.min(most, list.length)
  return Array.from({ length: count }, (_, i) => /** @type {T} */ (list[Math.floor((i * list.length) / count)]))
}
