import { createRoot } from "react-dom/client"
import type { AtlasReport } from "~src/app/report"
import { Atlas } from "~src/ui/atlas/Atlas"
import { DRAWING_STYLE } from "~src/ui/atlas/drawing-style"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { PAGE_COLOURS } from "~src/ui/theme"

/** Draws the real atlas in a bare page from a report; atlas.test.ts and the bench call this from Chromium. */

export interface AtlasScene {
  /** The page's style sheet. */
  readonly style: string
  /** The code of the layout worker. */
  readonly worker: string
  readonly atlas: AtlasReport
  readonly current: string
  readonly full: boolean
}

speak(ENGLISH)

let clear = () => {}
let change: (atlas: AtlasReport) => void = () => {}

function drawAtlas({ style, worker, atlas, current, full }: AtlasScene): void {
  clear()
  const sheet = document.createElement("style")
  sheet.textContent = PAGE_COLOURS + style + DRAWING_STYLE
  const main = document.createElement("main")
  main.dataset.full = String(full)
  document.body.append(sheet, main)
  const view = createRoot(main)
  const open = (url: string) => {
    document.body.dataset.opened = url
  }
  const start = () => new Worker(URL.createObjectURL(new Blob([worker], { type: "text/javascript" })))
  change = (next) => view.render(<Atlas atlas={next} current={current} open={open} worker={start} full={full} />)
  change(atlas)
  clear = () => {
    view.unmount()
    main.remove()
    sheet.remove()
  }
}

Object.assign(window, { drawAtlas, changeAtlas: (atlas: AtlasReport) => change(atlas) })
