// `npm run check`: everything that can be said about the sources without running them, one line a check.
import { isDeepStrictEqual } from "node:util"
import { ensureInstall } from "./ensure-install.mjs"
import { allHouseFaults } from "./house-rules.mjs"
import { layerFaults, readSources } from "./layers.mjs"
import { agreedGrants, grantsFromSource } from "./manifest.mjs"
import { isMain, runBin, runTool } from "./project.mjs"

/** A check by a program: its output is the fault. @param {string} name @param {string[]} args */
const program = (name, args) => async () => {
  const { status, stdout, stderr } = await runBin(name, args, { stdio: ["ignore", "pipe", "pipe"] })
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()]
}

function manifestFaults() {
  const [now, agreed] = [grantsFromSource(), agreedGrants()]
  if (isDeepStrictEqual(now, agreed)) return []
  return [
    `the manifest asks for ${JSON.stringify(now)}, agreed was ${JSON.stringify(agreed)}: change test/unit/manifest-grants.json if this is meant`,
  ]
}

/** @type {Record<string, () => string[] | Promise<string[]>>} */
const CHECKS = {
  types: program("tsc", ["--noEmit"]),
  "lint and format": program("biome", ["check", "--colors=off"]),
  layers: () => layerFaults(readSources()),
  "dead code": program("knip", ["--no-progress"]),
  permissions: manifestFaults,
  "house rules": allHouseFaults,
}

/** Runs every check, prints a line for each, and answers how many held. */
export async function check() {
  let passed = 0
  for (const [name, faultsOf] of Object.entries(CHECKS)) {
    const faults = await faultsOf()
    console.log(faults.length === 0 ? `ok      ${name}` : `FAILED  ${name}\n${faults.join("\n").replace(/^/gm, "        ")}`)
    if (faults.length === 0) passed += 1
  }
  return { passed, failed: Object.keys(CHECKS).length - passed }
}

if (isMain(import.meta.url)) {
  await runTool(async () => {
    await ensureInstall()
    return (await check()).failed === 0 ? 0 : 1
  })
}
