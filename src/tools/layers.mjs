// The layers of the design as a rule that a machine checks: imports point downwards only, no cycles, a pure core, thin entries.
import fs from "node:fs"
import path from "node:path"
import { inRoot } from "./project.mjs"

/** From the bottom up; a file may import its own layer and those before it. */
const LAYERS = ["core", "storage", "hub", "formats", "inference", "fingerprint", "lineage", "atlas", "app", "ui", "cli", "entry"]
const PURE = LAYERS.slice(0, LAYERS.indexOf("app"))
const ENTRIES = ["background", "contents", "popup", "options", "tabs"]
const ENTRY_LINES = 60

const DOM = /(?<![.|\w$'"])(?:(document|window|localStorage|sessionStorage)(?=\.\w|\[|\s*[;),])|(HTML\w*Element|ShadowRoot)\b)/g
const BROWSER = /(?<![.\w$])(chrome)\.\w/
const NODE = /(?<![.\w$])(process|Buffer|__dirname|__filename)\.\w/

/** The layer of a file by its path from the root, or null when the rule does not reach it. @param {string} file */
export function layerOf(file) {
  const [top = "", second = ""] = file.split("/")
  if (ENTRIES.includes(top)) return "entry"
  return top === "src" && LAYERS.includes(second) ? second : null
}

const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*|(["'])(?:\\.|(?!\1)[^\\\n])*\1/g
const withoutComments = (/** @type {string} */ text) => text.replace(COMMENT_OR_TEXT, (part) => (part.startsWith("/") ? "" : part))
const withoutTexts = (/** @type {string} */ text) => text.replace(COMMENT_OR_TEXT, (part) => (part.startsWith("/") ? "" : '""'))

/** What a source file imports or re-exports, types included. @param {string} text */
export function importsOf(text) {
  const statement =
    /(?:^|[;\n}])\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']|(?:^|[;\n])\s*import\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']/g
  return [...withoutComments(text).matchAll(statement)].map((match) => match[1] ?? match[2] ?? match[3] ?? "")
}

/** The project file that an import names, or null for a package. @param {string} from @param {string} name @param {Set<string>} files */
function resolveImport(from, name, files) {
  const bare = name.replace(/^(url|data-text|data-base64|raw):/, "")
  let target
  if (bare.startsWith("~")) target = bare.slice(1)
  else if (bare.startsWith(".")) target = path.posix.join(path.posix.dirname(from), bare)
  else return null
  const endings = ["", ".ts", ".tsx", ".d.ts", "/index.ts", "/index.tsx"]
  return endings.map((ending) => target + ending).find((file) => files.has(file)) ?? target
}

/** Whether the file gives the name a meaning of its own, as a variable, parameter or field. @param {string} code @param {string} name */
const declares = (code, name) =>
  new RegExp(`(?:\\b(?:const|let|function|class)\\s+|[({,]\\s*(?:readonly\\s+)?)${name}\\b\\s*(?:[=(]|\\??\\s*[:,)}])`).test(code)

/** @param {string} file @param {string} layer @param {string} text */
function purityFaults(file, layer, text) {
  const faults = []
  const code = withoutTexts(text)
  const say = (/** @type {string} */ what, /** @type {string} */ cure) => faults.push(`${file}: ${what}; ${cure}`)
  const pure = PURE.includes(layer)
  const dom = [...code.matchAll(DOM)].map((match) => match[1] ?? match[2] ?? "").find((name) => !declares(code, name))
  if (dom && layer !== "ui" && layer !== "entry")
    say(`uses ${dom}`, "only src/ui and the entries may touch the page, so pass in what is needed")
  if (pure && BROWSER.test(code)) say("uses chrome.*", `src/${layer} runs in Node too, so pass in what is needed`)
  const node = NODE.exec(code)?.[1]
  if (node && layer !== "cli") say(`uses Node's ${node}`, "only src/cli may, so pass in what is needed")
  for (const name of importsOf(text)) {
    if (layer !== "cli" && (name.startsWith("node:") || ["fs", "path", "os", "crypto", "http"].includes(name))) {
      say(`imports ${name}`, "only src/cli may use Node's modules")
    }
    if (layer !== "ui" && layer !== "entry" && /^(react|react-dom|d3)(\/|-|$)/.test(name)) {
      say(`imports ${name}`, "drawing belongs in src/ui")
    }
  }
  if (layer === "entry" && /\.tsx?$/.test(file)) {
    const lines = text.trimEnd().split("\n").length
    if (lines > ENTRY_LINES) say(`has ${lines} lines`, `entries only wire things, in at most ${ENTRY_LINES} lines: move the logic to src/`)
  }
  return faults
}

/** @param {Map<string, string[]>} graph */
function cycleFaults(graph) {
  const faults = []
  /** @type {Map<string, "open" | "done">} */
  const state = new Map()
  /** @type {string[]} */
  const trail = []
  const visit = (/** @type {string} */ file) => {
    state.set(file, "open")
    trail.push(file)
    for (const next of graph.get(file) ?? []) {
      if (state.get(next) === "open")
        faults.push(`${[...trail.slice(trail.indexOf(next)), next].join(" -> ")}: an import cycle; move what both need below them`)
      else if (!state.has(next)) visit(next)
    }
    trail.pop()
    state.set(file, "done")
  }
  for (const file of graph.keys()) if (!state.has(file)) visit(file)
  return faults
}

/**
 * All faults of a tree, each a sentence that names the file and the cure.
 * @param {ReadonlyMap<string, string>} sources text by path from the root, with forward slashes
 */
export function layerFaults(sources) {
  const faults = []
  const files = new Set(sources.keys())
  /** @type {Map<string, string[]>} */
  const graph = new Map()
  for (const [file, text] of sources) {
    const layer = layerOf(file)
    if (layer === null) continue
    faults.push(...purityFaults(file, layer, text))
    const targets = importsOf(text)
      .map((name) => resolveImport(file, name, files))
      .filter((target) => target !== null)
    graph.set(
      file,
      targets.filter((target) => files.has(target)),
    )
    for (const target of targets) {
      const below = layerOf(target)
      if (below === null) {
        if (/^(src\/tools|test|training)\//.test(target))
          faults.push(`${file}: imports ${target}; the product must not depend on its tools or tests`)
      } else if (LAYERS.indexOf(below) > LAYERS.indexOf(layer)) {
        faults.push(`${file}: imports ${target}, but ${layer} lies below ${below}; imports point downwards only`)
      }
    }
  }
  return [...faults, ...cycleFaults(graph)]
}

/** The sources that the rule reaches. @returns {Map<string, string>} */
export function readSources() {
  /** @type {Map<string, string>} */
  const sources = new Map()
  const walk = (/** @type {string} */ folder) => {
    for (const entry of fs.existsSync(inRoot(folder)) ? fs.readdirSync(inRoot(folder), { withFileTypes: true }) : []) {
      const file = `${folder}/${entry.name}`
      if (entry.isDirectory()) walk(file)
      else if (/\.(ts|tsx|css)$/.test(entry.name)) sources.set(file, fs.readFileSync(inRoot(file), "utf8"))
    }
  }
  for (const folder of ["src", ...ENTRIES]) walk(folder)
  return sources
}
