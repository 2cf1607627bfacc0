import { renderToStaticMarkup } from "react-dom/server"
import type { AtlasReport } from "~src/app/report"
import { t } from "../i18n"
import { Drawing } from "./Drawing"
import { DRAWING_STYLE } from "./drawing-style"
import { layoutAtlas } from "./layout"

/** The family as a self-contained SVG file; the same report gives the same text. */
export function atlasSvg(report: AtlasReport): string {
  const layout = layoutAtlas(report)
  const { width, height } = layout
  return `${renderToStaticMarkup(
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={t("atlas_title")}
    >
      <style>{DRAWING_STYLE}</style>
      <rect width="100%" height="100%" fill="#fff" />
      <Drawing layout={layout} current={null} />
    </svg>,
  )}\n`
}
