import { flushSync } from "react-dom"
import { createRoot } from "react-dom/client"
import { toBom } from "~src/app/export/bom"
import { toGexf } from "~src/app/export/gexf"
import { toGraphml } from "~src/app/export/graphml"
import type { AtlasReport } from "~src/app/report"
import { PedigreeError } from "~src/core/errors"
import { download } from "../download"
import type { ThemeName } from "../theme"
import type { Layout } from "./layout-types"
import type { Look } from "./look"
import { SvgFile } from "./SvgFile"

export const FORMATS = ["svg", "png", "json", "graphml", "gexf", "bom"] as const
export type Format = (typeof FORMATS)[number]

/** What is in the view at the moment. */
export interface View {
  /** The models that filter and time let through. */
  readonly report: AtlasReport
  readonly layout: Layout
  readonly look: Look
  readonly theme: ThemeName
}

const TYPES: Readonly<Record<Format, { readonly type: string; readonly ending: string }>> = {
  svg: { type: "image/svg+xml", ending: "svg" },
  png: { type: "image/png", ending: "png" },
  json: { type: "application/json", ending: "atlas.json" },
  graphml: { type: "application/xml", ending: "graphml" },
  gexf: { type: "application/xml", ending: "gexf" },
  bom: { type: "application/vnd.cyclonedx+json", ending: "cdx.json" },
}

/** Canvases larger than this are refused by browsers, or cost gigabytes. */
const MOST_PIXELS = 64e6
const MOST_SIDE = 16_000

/**
 * The view as a file.
 * @throws PedigreeError "unsupported" when the browser cannot make the picture
 */
export async function viewFile(format: Format, view: View): Promise<Blob> {
  const { type } = TYPES[format]
  if (format === "png") return picture(svgText(view), view.layout)
  const text = {
    svg: () => svgText(view),
    json: () => `${JSON.stringify(view.report, null, 2)}\n`,
    graphml: () => toGraphml(view.report),
    gexf: () => toGexf(view.report),
    bom: () => `${JSON.stringify(toBom(view.report), null, 2)}\n`,
  }[format]()
  return new Blob([text], { type })
}

/** Saves a file as the browser's downloads do; the name holds the model's. */
export function save(blob: Blob, model: string, format: Format): void {
  download(blob, `${(model || "atlas").replace(/[^\w.-]+/g, "-").slice(0, 120)}.${TYPES[format].ending}`)
}

/** The drawing as text: rendered aside, because a large one is on a canvas, not in the page. */
function svgText({ layout, look, theme }: View): string {
  const aside = document.createElement("div")
  const root = createRoot(aside)
  flushSync(() => root.render(<SvgFile layout={layout} look={{ ...look, focused: null, path: null }} theme={theme} />))
  const svg = aside.querySelector("svg")
  const text = svg ? new XMLSerializer().serializeToString(svg) : ""
  root.unmount()
  return `${text}\n`
}

async function picture(svg: string, { width, height }: Layout): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const scale = Math.min(2, Math.sqrt(MOST_PIXELS / (width * height)), MOST_SIDE / Math.max(width, height))
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)))
  const context = canvas.getContext("2d")
  if (!context) throw new PedigreeError("unsupported", "The browser cannot draw a picture of this size.", "Save it as SVG instead.")
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.convertToBlob({ type: "image/png" })
}
