// What the tools share: where the project is, how to run a program of it, how to stop with one plain sentence.
import { spawn } from "node:child_process"
import path from "node:path"
import { fileURLToPath } from "node:url"

/** The project's root folder, with a trailing separator. */
export const root = fileURLToPath(new URL("../../", import.meta.url))

/** A path below the root. @param {string[]} parts */
export const inRoot = (...parts) => path.join(root, ...parts)

/** An expected failure: its message is a plain sentence that says what to do. */
export class Refusal extends Error {}

/**
 * Runs a program to its end and answers its exit status (128 + n after a signal).
 * @param {string} command @param {string[]} args
 * @param {{ stdio?: import("node:child_process").StdioOptions, env?: NodeJS.ProcessEnv, timeout?: number, cwd?: string }} [options]
 * @returns {Promise<{ status: number, stdout: string, stderr: string }>} outputs are empty unless piped
 */
export function run(command, args, { stdio = "inherit", env = process.env, timeout, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    // npm and the programs of node_modules/.bin are .cmd files on Windows, which only a shell starts.
    const shell = process.platform === "win32" && !path.isAbsolute(command)
    const child = spawn(command, args, { cwd, stdio, env, shell, ...(timeout === undefined ? {} : { timeout }) })
    let stdout = ""
    let stderr = ""
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      stdout += text
    })
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      stderr += text
    })
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ status: code ?? (signal === "SIGINT" ? 130 : 143), stdout, stderr }))
  })
}

/** Runs a program that the project's dependencies brought, such as `tsc`. @type {typeof run} */
export function runBin(name, args, options = {}) {
  const env = { ...(options.env ?? process.env) }
  env.PATH = `${inRoot("node_modules", ".bin")}${path.delimiter}${env.PATH ?? ""}`
  return run(process.platform === "win32" ? name : inRoot("node_modules", ".bin", name), args, { ...options, env })
}

/** Builds the extension; the bundler's words are shown only when it fails. @param {"build" | "package"} [script] */
export async function buildExtension(script = "build") {
  const { status, stdout, stderr } = await run("npm", ["run", "--silent", script], { stdio: ["ignore", "pipe", "pipe"] })
  if (status !== 0) throw new Refusal(`The extension could not be built (npm run ${script}):\n${stdout}${stderr}`)
  return inRoot("build", "chrome-mv3-prod")
}

/** Runs a tool's main function: a {@link Refusal} becomes one line on standard error and exit status 1. @param {() => Promise<number | void>} main */
export async function runTool(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : error)
    process.exitCode = 1
  }
}

/** Whether this module was started by itself rather than imported. @param {string} url `import.meta.url` */
export const isMain = (url) => process.argv[1] !== undefined && fileURLToPath(url) === path.resolve(process.argv[1])
