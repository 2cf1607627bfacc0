// Finds, or gets, a Chromium that loads unpacked extensions.
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { isMain, Refusal, run, runBin, runTool } from "./project.mjs"

const home = os.homedir()
const exists = (/** @type {string} */ file) => fs.existsSync(file) && fs.statSync(file).isFile()

/** Files that match `pattern`, in which `*` stands for any one folder name part; newest version first. @param {string} pattern */
function expand(pattern) {
  let found = [path.parse(pattern).root]
  for (const part of pattern.split(/[\\/]/).slice(1)) {
    const shape = new RegExp(`^${part.replace(/[.+()]/g, "\\$&").replaceAll("*", ".*")}$`)
    found = found.flatMap((folder) => {
      if (!part.includes("*")) return [path.join(folder, part)]
      if (!fs.existsSync(folder)) return []
      return fs
        .readdirSync(folder)
        .filter((name) => shape.test(name))
        .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
        .map((name) => path.join(folder, name))
    })
  }
  return found.filter(exists)
}

/** Every place named `name` on PATH. @param {string} name */
const onPath = (name) =>
  (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .filter(exists)

/**
 * Browsers in the order of preference. Branded Chrome is missing on purpose: since version 137, the oldest that Pedigree
 * supports, it ignores --load-extension.
 */
function candidates() {
  if (process.platform === "darwin") {
    const app = (/** @type {string} */ name) =>
      ["/Applications", `${home}/Applications`].map((folder) => `${folder}/${name}.app/Contents/MacOS/${name}`)
    return [
      ...[...app("Chromium"), ...app("Google Chrome for Testing")].filter(exists),
      ...expand(`${home}/Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*`),
      ...expand(`${home}/.cache/puppeteer/chrome/*/chrome-mac*/*.app/Contents/MacOS/*`),
      ...app("Microsoft Edge").filter(exists),
    ]
  }
  if (process.platform === "win32") {
    const local = process.env.LOCALAPPDATA ?? path.join(home, "AppData", "Local")
    const programs = [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], local].filter((folder) => folder !== undefined)
    return [
      ...programs.map((folder) => path.join(folder, "Chromium", "Application", "chrome.exe")).filter(exists),
      ...expand(path.join(local, "ms-playwright", "chromium-*", "chrome-win*", "chrome.exe")),
      ...expand(path.join(home, ".cache", "puppeteer", "chrome", "*", "chrome-win*", "chrome.exe")),
      ...programs.map((folder) => path.join(folder, "Microsoft", "Edge", "Application", "msedge.exe")).filter(exists),
    ]
  }
  const cache = process.env.XDG_CACHE_HOME ?? path.join(home, ".cache")
  return [
    ...["chromium", "chromium-browser", "chrome-for-testing"].flatMap(onPath),
    ...expand(
      path.join(process.env.PLAYWRIGHT_BROWSERS_PATH ?? path.join(cache, "ms-playwright"), "chromium-*", "chrome-linux*", "chrome"),
    ),
    ...expand(path.join(home, ".cache", "puppeteer", "chrome", "*", "chrome-linux*", "chrome")),
    ...["microsoft-edge", "microsoft-edge-stable"].flatMap(onPath),
  ]
}

/** Whether the browser starts at all: Ubuntu's chromium-browser may be a script that only asks for a snap. @param {string} file */
async function starts(file) {
  if (process.platform === "win32") return true // there --version opens a window
  try {
    return (await run(file, ["--version"], { stdio: ["ignore", "pipe", "ignore"], timeout: 20_000 })).status === 0
  } catch {
    return false
  }
}

async function firstThatStarts() {
  for (const file of candidates()) if (await starts(file)) return file
  return null
}

const isDebian = () => exists("/etc/debian_version") && !/^ID=ubuntu$/m.test(fs.readFileSync("/etc/os-release", "utf8"))

/** Debian's package, where this process may install it. */
async function fromDebian() {
  if (process.platform !== "linux" || process.getuid?.() !== 0 || onPath("apt-get").length === 0 || !isDebian()) return null
  console.error("No Chromium found: installing Debian's package ...")
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  const quiet = /** @type {const} */ (["ignore", "ignore", "inherit"])
  await run("apt-get", ["update", "-qq"], { stdio: [...quiet], env })
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"], { stdio: [...quiet], env })
  return firstThatStarts()
}

/** Playwright's own download, which needs the installed dependencies. */
async function fromPlaywright() {
  console.error("No Chromium found: downloading Playwright's ...")
  const mayInstallLibraries = process.platform === "linux" && process.getuid?.() === 0 && onPath("apt-get").length > 0
  const args = ["install", ...(mayInstallLibraries ? ["--with-deps"] : []), "--no-shell", "chromium"]
  const { status } = await runBin("playwright-core", args, { stdio: ["ignore", "ignore", "inherit"] })
  return status === 0 ? firstThatStarts() : null
}

/**
 * The path of a Chromium, Chrome for Testing or Edge: CHROME_PATH, then the usual places, then Debian's package (as root), then
 * Playwright's download. The dependencies must be installed. Throws a Refusal that says what to do.
 * @returns {Promise<string>}
 */
export async function findBrowser() {
  const chosen = process.env.CHROME_PATH
  if (chosen) {
    if (exists(chosen)) return chosen
    throw new Refusal(`CHROME_PATH names ${chosen}, which is not a file: correct it or unset it.`)
  }
  const found = (await firstThatStarts()) ?? (await fromDebian()) ?? (await fromPlaywright())
  if (found) return found
  throw new Refusal(
    "No browser was found: install Chromium, Chrome for Testing or Microsoft Edge, or set CHROME_PATH to one (Google Chrome itself no longer loads unpacked extensions from the command line).",
  )
}

if (isMain(import.meta.url)) await runTool(async () => console.log(await findBrowser()))
