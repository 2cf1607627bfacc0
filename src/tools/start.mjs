// `npm start`: the main job on the sample families. With a display Chromium stays open; without one pictures are saved to out/.
// --headless: as without a display. --docs: the pictures also go to docs/images, for the README.
import fs from "node:fs"
import path from "node:path"
import { openBrowser } from "./browse.mjs"
import { runCli } from "./cli.mjs"
import { ensureInstall } from "./ensure-install.mjs"
import { findBrowser } from "./find-browser.mjs"
import { takePictures } from "./pictures.mjs"
import { buildExtension, inRoot, Refusal, runTool } from "./project.mjs"
import { startSampleHub } from "./sample-hub.mjs"

const KNOWN = ["--headless", "--docs"]
const flags = new Set(process.argv.slice(2))
const hasDisplay = process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
const headless = !hasDisplay || flags.has("--headless") || flags.has("--docs")

await runTool(async () => {
  const unknown = [...flags].find((flag) => !KNOWN.includes(flag))
  if (unknown) throw new Refusal(`npm start knows no ${unknown}: it takes ${KNOWN.join(" and ")}.`)
  await ensureInstall()
  const browser = await findBrowser()
  console.log("Building the extension ...")
  const extension = await buildExtension()
  const hub = await startSampleHub({ containers: true })
  try {
    console.log(`The sample Hub serves ${hub.url}; where does ${hub.demo} come from?\n`)
    const { status } = await runCli(["lineage", hub.demo, "--endpoint", hub.url, "--cache", "none"])
    if (status !== 0) throw new Refusal(`The command line ended with status ${status}: see its message above.`)
    console.log()
    await show(hub, browser, extension)
  } finally {
    await hub.close()
  }
})

/** @param {Awaited<ReturnType<typeof startSampleHub>>} hub @param {string} browser @param {string} extension */
async function show(hub, browser, extension) {
  const { context, worker, ended, close } = await openBrowser({ browser, extension, headless, ...hub }).catch((error) => {
    throw new Refusal(`${browser} did not start with the extension: set CHROME_PATH to another Chromium.\n${error.message}`)
  })
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(`https://huggingface.co/${hub.demo}`)
  if (!headless) {
    console.log("The panel is in the right column of the page; the popup is behind the extension's icon. Close the browser to end.")
    await ended
    return
  }
  const folder = inRoot("out")
  try {
    await takePictures(page, worker, folder)
  } finally {
    await close()
  }
  const pictures = fs.readdirSync(folder).filter((name) => /^(panel|popup|atlas|marks|options)-(light|dark)\.png$/.test(name))
  if (flags.has("--docs")) {
    fs.mkdirSync(inRoot("docs", "images"), { recursive: true })
    for (const name of pictures) fs.copyFileSync(path.join(folder, name), inRoot("docs", "images", name))
  }
  console.log(`Pictures are in out/: ${pictures.join(", ")}`)
}
