// Rules of the house that no linter knows.
import fs from "node:fs"
import { inRoot, run } from "./project.mjs"

const MOST_BYTES = 1_000_000
const PRODUCT = /^(src\/(?!tools\/)|background\/|contents\/|popup\/|options\/|tabs\/).*\.(ts|tsx)$/
const MARKUP = /\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|createContextualFragment)\b/
const EVALUATION = /(?<![.\w])(eval|Function)\(/
const MACHINE_PATH = /(?<![\w.:/-])\/(?:root|home\/\w+|Users\/\w+|work\/\w+)\/\w/

/**
 * Faults of one committed file, each a sentence.
 * @param {string} file path from the root @param {string} text
 */
export function houseFaults(file, text) {
  const faults = []
  if (PRODUCT.test(file)) {
    const markup = MARKUP.exec(text)?.[0]
    if (markup) faults.push(`${file}: ${markup} would let text from outside become HTML; build nodes or use React`)
    if (EVALUATION.test(text)) faults.push(`${file}: code must not be made from text`)
  }
  const machine = MACHINE_PATH.exec(text)?.[0]
  if (machine) faults.push(`${file}: ${machine}... is a path of one machine`)
  if (file === "package-lock.json") faults.push(...lockFaults(text))
  return faults
}

/** @param {string} text */
function lockFaults(text) {
  /** @type {Record<string, { resolved?: string, integrity?: string }>} */
  const packages = JSON.parse(text).packages ?? {}
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/"))
    .map(([name, { resolved }]) => `package-lock.json: ${name} comes from ${resolved}; only registry.npmjs.org is known everywhere`)
}

/** The faults of every file that git knows; without git (an unpacked archive) there is nothing to ask. */
export async function allHouseFaults() {
  const { status, stdout } = await run("git", ["ls-files", "-z"], { stdio: ["ignore", "pipe", "ignore"] }).catch(() => ({
    status: 1,
    stdout: "",
  }))
  if (status !== 0) return []
  return stdout.split("\0").flatMap((file) => {
    const place = inRoot(file)
    if (file === "" || !fs.existsSync(place) || !fs.statSync(place).isFile() || fs.statSync(place).size > MOST_BYTES) return []
    const bytes = fs.readFileSync(place)
    return bytes.includes(0) ? [] : houseFaults(file, bytes.toString("utf8"))
  })
}
