// Opens Chromium with the built extension, in which huggingface.co is the local Hub.
import fs from "node:fs"
import os from "node:os"
import path from "node:path"

/**
 * A fresh profile with the extension. `ended` resolves when the browser is closed and its profile removed, by `close` or by a person.
 * @param {{ browser: string, extension: string, headless: boolean, args: readonly string[] }} options args: further ones for Chromium
 */
export async function openExtension({ browser, extension, headless, args }) {
  const { chromium } = await import("playwright-core")
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "pedigree-profile-"))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browser,
    headless,
    viewport: headless ? { width: 1280, height: 900 } : null,
    deviceScaleFactor: headless ? 2 : undefined,
    ignoreDefaultArgs: ["--disable-extensions"],
    args: [
      // Chromium's own sandbox does not start for root, as in containers.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"],
      ...[`--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
      ...args,
    ],
  })
  const closed = new Promise((resolve) => context.once("close", resolve))
  // Chromium may still be writing for a moment; a profile that stays in the temporary folder does no harm.
  const ended = closed.then(() => fs.promises.rm(profile, { recursive: true, force: true, maxRetries: 10 }).catch(() => undefined))
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"))
  const close = async () => {
    await context.close()
    await ended
  }
  return { context, worker, ended, close }
}

/**
 * The same before the local Hub: every name but the Hub's resolves to nothing, so nothing leaves the machine.
 * @param {{ browser: string, extension: string, tlsPort: number, spki: string, headless: boolean }} options
 */
export function openBrowser({ tlsPort, spki, ...options }) {
  const hosts = ["huggingface.co", "*.hf.co"].map((host) => `MAP ${host}:443 127.0.0.1:${tlsPort}`)
  const args = [
    `--host-resolver-rules=${[...hosts, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"].join(", ")}`,
    `--ignore-certificate-errors-spki-list=${spki}`,
  ]
  return openExtension({ ...options, args })
}
