// The command line: `node src/tools/cli.mjs lineage owner/name`. Installs and bundles what it needs, then runs src/cli/main.ts.
import { bundle } from "./bundle.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { isMain, run, runTool } from "./project.mjs"

/**
 * Runs one command of the command line in a process of its own and answers its exit status.
 * @param {readonly string[]} args the command and its arguments @param {Parameters<typeof run>[2]} [options]
 */
export async function runCli(args, options) {
  await ensureInstall({ quiet: !process.stderr.isTTY })
  return run(process.execPath, [await bundle("src/cli/main.ts", "cli"), ...args], options)
}

if (isMain(import.meta.url)) await runTool(async () => (await runCli(process.argv.slice(2), { cwd: process.cwd() })).status)
