// `npm run evidence`: writes what training/scorers learns from: the evidence tokens of a split's pairs, and the families that the engine has
// to place with the features of every edge that it weighs, with what is true of each.
import fs from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { bundle } from "./bundle.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { inRoot, Refusal, runTool } from "./project.mjs"

const USAGE = 'npm run evidence -- --split NAME [--zoo FOLDER], where NAME is a split of the zoo or "generated"'
/** Pairs of each kind but the edges, at most, per architecture. */
const MOST = { relative: 60, "shared-init": 24, unrelated: 24, student: 4 }
/** A token's number lies between -4 and 4; it is kept in 32nds. An edge's lies between -6 and 6; it is kept in 256ths. */
const STEPS = 32
const EDGE_STEPS = 256
/** Made-up families (`--split generated`), dealt out to this many groups, which training takes for architectures. */
const GENERATED = 96
const GROUPS = 4

/** @typedef {{ id: string, architecture: string, family: string, parents: { id: string, relation: string }[], sharedInitWith: string[], recipe: Record<string, any> }} Model */
/** @typedef {{ a: string, b: string, kind: string, how: string }} Pair */
/** @typedef {typeof import("./evidence-parts")} Parts */
/** @typedef {ReturnType<Parts["generatedFamilies"]>[0]} Placeable */

await runTool(async () => {
  const { values } = parseArgs({ options: { split: { type: "string" }, zoo: { type: "string", default: inRoot("training", "zoo") } } })
  if (!values.split) throw new Refusal(USAGE)
  await ensureInstall()
  /** @type {Parts} */
  const parts = await import(pathToFileURL(await bundle("src/tools/evidence-parts.ts", "evidence-parts")).href)
  if (values.split === "generated") return writeFamilies(values.split, parts.LAYOUT.edge, generated(parts))
  const folder = path.resolve(values.zoo, values.split)
  if (!fs.existsSync(path.join(folder, "truth.json")))
    throw new Refusal(`There is no truth.json in ${folder}; training/README.md says how to make it.`)
  /** @type {Model[]} */
  const truth = JSON.parse(fs.readFileSync(path.join(folder, "truth.json"), "utf8")).models
  const models = truth.filter(({ id }) => fs.readdirSync(path.join(folder, id)).some((file) => file.endsWith(".safetensors")))
  const { repos } = JSON.parse(fs.readFileSync(path.join(folder, "hub.json"), "utf8"))
  const dates = new Map(repos.map((/** @type {{ id: string, createdAt: string }} */ repo) => [repo.id, repo.createdAt]))
  const pairs = []
  const chunks = []
  const families = []
  for (const architecture of new Set(models.map((model) => model.architecture))) {
    const members = models.filter((model) => model.architecture === architecture)
    const read = await parts.readFolders(
      members.map(({ id }) => path.join(folder, id)),
      members.map(({ id }) => ({ id, createdAt: dates.get(id) ?? null })),
    )
    const found = new Map(members.map(({ id }, i) => [id, /** @type {import("../lineage/types").Member} */ (read[i])]))
    const wanted = choosePairs(members)
    const of = (/** @type {string} */ id) => /** @type {import("../lineage/types").Member} */ (found.get(id)).fingerprint
    const answers = await parts.tokensOf(wanted.map(({ a, b }) => [of(a), of(b)]))
    for (const [i, { tokens, related }] of answers.entries()) {
      if (tokens.length === 0) continue
      const { kind, how } = /** @type {Pair} */ (wanted[i])
      pairs.push({ architecture, kind, how, related: Number(related.toFixed(4)), tokens: tokens.length / parts.LAYOUT.features })
      chunks.push(Buffer.from(Int8Array.from(tokens, (value) => Math.round(Math.max(-127, Math.min(127, value * STEPS)))).buffer))
    }
    const placed = await parts.familiesOf(read)
    for (const family of placed) families.push(...seenFromRoot(architecture, family, parentsWithin(members, family.nodes)))
    console.error(`${values.split} ${architecture}: ${wanted.length} pairs, ${placed.length} families`)
  }
  const { shared, own } = parts.LAYOUT
  const head = { schema: "pedigree/evidence@1", split: values.split, steps: STEPS, shared, own, pairs }
  write(values.split, head, chunks)
  writeFamilies(values.split, parts.LAYOUT.edge, families)
})

/** One line of JSON, then numbers. @param {string} name @param {object} head @param {readonly Buffer[]} chunks */
function write(name, head, chunks) {
  const target = inRoot("training", "evidence", `${name}.gz`)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.writeFileSync(target, gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...chunks]), { level: 9 }))
  console.log(`${path.relative(inRoot(), target)}: ${fs.statSync(target).size} bytes`)
}

/** @param {string} split @param {readonly string[]} edge @param {readonly ReturnType<typeof seenFromRoot>[0][]} families */
function writeFamilies(split, edge, families) {
  const head = { schema: "pedigree/families@1", split, steps: EDGE_STEPS, edge, families: families.map(({ entry }) => entry) }
  write(
    path.join("families", split),
    head,
    families.map(({ features }) => features),
  )
}

/**
 * A family with the features of its edges, seen from its root; nothing where it has not got one root.
 * @param {string} architecture @param {Omit<Placeable, "truth">} family @param {readonly (readonly number[])[]} truth
 */
function seenFromRoot(architecture, { made, edgesFrom }, truth) {
  const [root, ...others] = truth.flatMap((parents, i) => (made[i] === null && parents.length === 0 ? [i] : []))
  if (root === undefined || others.length > 0) return []
  const { parents, children, values } = edgesFrom(root)
  const features = Buffer.from(Int16Array.from(values, (value) => Math.round(value * EDGE_STEPS)).buffer)
  return [{ entry: { architecture, made, truth, root, parents, children }, features }]
}

/** @param {Parts} parts */
function generated(parts) {
  return parts.generatedFamilies(GENERATED).flatMap((family, n) => seenFromRoot(`generated-${n % GROUPS}`, family, family.truth))
}

/**
 * The true parents of some members, by place among them, -1 for one that is not; copies and casts stand for what they were made from.
 * @param {readonly Model[]} members @param {readonly number[]} places
 */
function parentsWithin(members, places) {
  const known = new Map(members.map((model) => [model.id, model]))
  const original = (/** @type {string} */ id) => {
    let model = known.get(id)
    for (let up = model; up; up = known.get(up.parents[0]?.id ?? "")) {
      model = up
      if (!up.parents.some(({ relation }) => relation === "copy" || relation === "precision")) break
    }
    return model
  }
  const sources = places.map((place) => original(/** @type {Model} */ (members[place]).id))
  return sources.map((source) => (source?.parents ?? []).map(({ id }) => sources.findIndex((one) => one && one === original(id))))
}

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
