import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ROOT } from "./browser"
import { openDrawers } from "./drawers"
import { openStates, type States } from "./states-browser"

/**
 * Pictures of the panel's states to look at when they change: test/golden/panel-*.png. `GOLDEN=write` takes them anew; a picture that
 * differs is written to out/golden beside its name. Fonts come from test/fixtures/fonts, under the names that the panel asks for.
 */
const GOLDEN = `${ROOT}test/golden`
const OUT = `${ROOT}out/golden`
/** Share of blocks that may differ; one changed word is more. */
const TOLERATED = 0.004
const WRITES = process.env.GOLDEN === "write"

const face = (family: string, weight: number, file: string) =>
  `@font-face{font-family:"${family}";font-weight:${weight};src:url(data:font/woff2;base64,${readFileSync(`${ROOT}test/fixtures/fonts/${file}.woff2`, "base64")})}`
const FONTS = [
  face("Source Sans Pro", 400, "DejaVuSans"),
  face("Source Sans Pro", 600, "DejaVuSans-Bold"),
  face("IBM Plex Mono", 400, "DejaVuSansMono"),
].join("")

/** Blocks of 4 x 4 pixels whose mean differs visibly, as a share of all: edges of letters are drawn a little differently by each Chromium. */
async function difference(page: Page, golden: Buffer, picture: Buffer): Promise<number> {
  return page.evaluate(
    async (pictures) => {
      const BLOCK = 4
      const means = await Promise.all(
        pictures.map(async (base64) => {
          const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob())
          const canvas = new OffscreenCanvas(Math.ceil(image.width / BLOCK), Math.ceil(image.height / BLOCK))
          const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D
          context.imageSmoothingQuality = "high"
          context.drawImage(image, 0, 0, canvas.width, canvas.height)
          return { size: `${image.width} x ${image.height}`, pixels: context.getImageData(0, 0, canvas.width, canvas.height).data }
        }),
      )
      const [one, other] = means
      if (!one || !other || one.size !== other.size) return 1
      const visible = (i: number) => [0, 1, 2].some((c) => Math.abs((one.pixels[i + c] ?? 0) - (other.pixels[i + c] ?? 0)) > 40)
      const blocks = one.pixels.length / 4
      return Array.from({ length: blocks }, (_, i) => 4 * i).filter(visible).length / blocks
    },
    [golden.toString("base64"), picture.toString("base64")],
  )
}

describe("golden pictures of the panel", () => {
  let states: States
  beforeAll(async () => {
    mkdirSync(OUT, { recursive: true })
    states = await openStates(FONTS)
    await states.page.evaluate(() => Promise.all([...document.fonts].map((font) => font.load())))
  })
  afterAll(() => states?.close())

  const scenes = ["progress", "undocumented", "documented", "contradicted", "merge", "gated", "full", "quantised"]
  for (const name of scenes)
    for (const theme of ["light", "dark"])
      it(`${name}, ${theme}`, async () => {
        const panel = await states.show(name, theme === "dark")
        if (name === "full" || name === "quantised") {
          await openDrawers(panel)
          for (const late of ["acme/visited-7b", "Copy the metadata"]) await panel.getByText(late).waitFor()
        }
        const picture = await panel.screenshot({ animations: "disabled" })
        const path = `${GOLDEN}/panel-${name}-${theme}.png`
        if (WRITES) writeFileSync(path, picture)
        expect(existsSync(path), `${path} is missing: take it with GOLDEN=write`).toBe(true)
        const share = await difference(states.page, readFileSync(path), picture)
        if (share > TOLERATED) writeFileSync(`${OUT}/panel-${name}-${theme}-changed.png`, picture)
        expect(share).toBeLessThanOrEqual(TOLERATED)
      })

  it("notice a word that changed", async () => {
    const panel = await states.show("documented")
    const before = await panel.screenshot()
    await panel.locator(".chip").evaluate((chip) => chip.replaceChildren("Something else altogether"))
    expect(await difference(states.page, before, await panel.screenshot())).toBeGreaterThan(TOLERATED)
    expect(await difference(states.page, before, before)).toBe(0)
  })
})
