// What `npm run evaluate` may be asked.
import fs from "node:fs"
import path from "node:path"
import { parseArgs } from "node:util"
import { inRoot, Refusal } from "./project.mjs"

const USAGE =
  "npm run evaluate -- [--split SPLIT|FOLDER,...] [--only models|candidates|containers|atlas] [--limit N] [--json FILE] [--write]"

/**
 * One split: its folder with the full-weight families, all folders whose models one Hub serves when containers are asked about, and the
 * folders of these containers.
 * @typedef {{ name: string, folder: string, roots: string[], containers: string[] }} SplitFolders
 */

const isComplete = (/** @type {string} */ folder) => fs.existsSync(path.join(folder, "truth.json"))

/** @param {readonly string[]} words @param {readonly string[]} parts what `--only` may name */
export function readArguments(words, parts) {
  const options = /** @type {const} */ ({
    split: { type: "string", default: "test,test-more" },
    only: { type: "string" },
    limit: { type: "string" },
    json: { type: "string" },
    write: { type: "boolean", default: false },
  })
  let values
  try {
    values = parseArgs({ args: [...words], options }).values
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\nusage: ${USAGE}`)
  }
  const { split, only, limit, json, write } = values
  if (only !== undefined && !parts.includes(only)) throw new Refusal(`--only takes ${parts.join(", ")}.\nusage: ${USAGE}`)
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) throw new Refusal(`--limit takes a number of models.\nusage: ${USAGE}`)
  if (write && limit !== undefined) throw new Refusal("--write does not take --limit: the documents show whole splits only.")
  const splits = split.split(",").map(foldersOf)
  if (only === "containers" && splits.every(({ containers }) => containers.length === 0))
    throw new Refusal(`There are no containers beside ${split}; make them with: python -m training.containers.zoo`)
  return { split, splits, only, limit: limit === undefined ? null : Number(limit), json, write }
}

/** @param {string} split @returns {SplitFolders} */
function foldersOf(split) {
  const known = /^[a-z-]+$/.test(split)
  const folder = known ? inRoot("training", "zoo", split) : path.resolve(split)
  if (!isComplete(folder)) {
    const cure = known ? `make it with: python -m training.zoo --split ${split}` : "give a folder as training/README.md describes it"
    throw new Refusal(`There are no families with a truth.json in ${known ? `training/zoo/${split}` : split}; ${cure}`)
  }
  const roots = [folder, `${folder}-wide`].filter(isComplete)
  return { name: path.basename(folder), folder, roots, containers: roots.map((root) => `${root}-containers`).filter(isComplete) }
}
