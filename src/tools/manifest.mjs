// What the extension may do, as browsers see it: compared with a committed snapshot, so that no permission grows unnoticed.
import fs from "node:fs"
import { inRoot } from "./project.mjs"

const SNAPSHOT = inRoot("test", "unit", "manifest-grants.json")
const KEYS = [
  "minimum_chrome_version",
  "permissions",
  "optional_permissions",
  "host_permissions",
  "optional_host_permissions",
  "content_security_policy",
  "externally_connectable",
]

/** @param {Record<string, unknown>} manifest @param {{ matches: string[] }[]} scripts */
function grants(manifest, scripts) {
  const kept = KEYS.filter((key) => manifest[key] !== undefined).map((key) => [key, manifest[key]])
  return { ...Object.fromEntries(kept), content_scripts: scripts.map(({ matches }) => [...matches].sort()).sort() }
}

/** The grants that the sources ask for: package.json's manifest and each content script's matches. */
export function grantsFromSource() {
  const { manifest } = JSON.parse(fs.readFileSync(inRoot("package.json"), "utf8"))
  const files = fs.existsSync(inRoot("contents")) ? fs.readdirSync(inRoot("contents")).filter((file) => /\.tsx?$/.test(file)) : []
  const scripts = files.map((file) => {
    const list = /\bmatches:\s*\[([^\]]*)\]/.exec(fs.readFileSync(inRoot("contents", file), "utf8"))?.[1]
    // Plasmo's default, should a script say nothing: every page.
    return { matches: list === undefined ? ["<all_urls>"] : [...list.matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? "") }
  })
  return grants(manifest, scripts)
}

/** The grants of a built extension. @param {string} folder */
export function grantsFromBuild(folder) {
  const manifest = JSON.parse(fs.readFileSync(`${folder}/manifest.json`, "utf8"))
  return grants(manifest, manifest.content_scripts ?? [])
}

/** What was last agreed to. */
export const agreedGrants = () => JSON.parse(fs.readFileSync(SNAPSHOT, "utf8"))
