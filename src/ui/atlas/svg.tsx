import { renderToStaticMarkup } from "react-dom/server"
import type { AtlasReport } from "~src/app/report"
import type { ThemeName } from "../theme"
import type { Colouring } from "./colouring"
import { layOut } from "./lay-out"
import type { Axis } from "./layout-types"
import { plainLook } from "./look"
import { SvgFile } from "./SvgFile"

export interface SvgOptions {
  readonly axis?: Axis
  readonly by?: Colouring
  readonly theme?: ThemeName
  readonly current?: string | null
}

/** The whole family as the text of an SVG file; the same report gives the same text. */
export function atlasSvg(
  report: AtlasReport,
  { axis = "generation", by = "relation", theme = "light", current = null }: SvgOptions = {},
): string {
  const shown = { nodes: report.nodes, edges: report.edges, groups: [] }
  const layout = layOut({ shown, axis, before: null })
  return `${renderToStaticMarkup(<SvgFile layout={layout} look={plainLook(shown, by, current)} theme={theme} />)}\n`
}
