import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The project's root with a trailing slash. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url))

/** `npm test` names the browser it found; a single test file run by hand takes Debian's. */
export const BROWSER = process.env.CHROME_PATH ?? "/usr/bin/chromium"
export const hasBrowser = existsSync(BROWSER)
