import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The project's root with a trailing slash. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url))

/** `npm test` names the browser it found; a single test file run by hand takes Debian's. */
export const BROWSER = existing(process.env.CHROME_PATH ?? "/usr/bin/chromium", "set CHROME_PATH to a Chromium")

/** `npm test` builds first; a single file run by hand takes what the last build left. */
export const builtExtension = () => existing(`${ROOT}build/chrome-mv3-prod`, "run npm run build")

/** A suite that cannot run fails: skipped, nobody would notice. */
function existing(path: string, advice: string): string {
  if (existsSync(path)) return path
  throw new Error(`${path} does not exist: ${advice}, or run npm test, which does it.`)
}

/** Where tests leave pictures for people to look at. */
export const PICTURES_OF = { atlas: `${ROOT}out/atlas` } as const
