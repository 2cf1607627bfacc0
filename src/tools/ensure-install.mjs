// Installs the project's dependencies when they are missing or differ from the lock file.
import fs from "node:fs"
import { inRoot, isMain, Refusal, run, runTool } from "./project.mjs"

const readPackages = (/** @type {string} */ file) => {
  try {
    return /** @type {Record<string, { version?: string, optional?: boolean }>} */ (
      JSON.parse(fs.readFileSync(file, "utf8")).packages ?? {}
    )
  } catch {
    return null
  }
}

/**
 * Whether what npm last installed is what the lock file asks for. Contents are compared, not times: a checkout changes times
 * alone, and would cost a minute for nothing. Optional packages of other platforms are never installed and do not count.
 */
export function isInstalled(lockFile = inRoot("package-lock.json"), installedFile = inRoot("node_modules", ".package-lock.json")) {
  const wanted = readPackages(lockFile)
  const installed = readPackages(installedFile)
  if (!wanted || !installed) return false
  return Object.entries(wanted).every(([name, { version, optional }]) => name === "" || optional || installed[name]?.version === version)
}

/**
 * Runs `npm ci` if needed. Nothing goes to standard output, which belongs to results.
 * @param {{ quiet?: boolean }} [options] quiet: say nothing unless it fails
 */
export async function ensureInstall({ quiet = false } = {}) {
  if (isInstalled()) return
  if (!quiet) console.error("Installing the dependencies (npm ci), about a minute ...")
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  const { status, stderr } = await run("npm", args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, NODE_ENV: "development" },
  })
  if (status !== 0) {
    throw new Refusal(`The dependencies could not be installed: check the network and run "npm ci" by hand to see more.\n${stderr.trim()}`)
  }
}

if (isMain(import.meta.url)) await runTool(() => ensureInstall())
