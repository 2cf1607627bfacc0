import { locale, t } from "../i18n"
import { fileColours, type ThemeName } from "../theme"
import { Drawing } from "./Drawing"
import { DRAWING_STYLE } from "./drawing-style"
import type { Layout } from "./layout-types"
import type { Look } from "./look"

/** The family as a self-contained SVG file in one theme. */
export function SvgFile({ layout, look, theme }: { layout: Layout; look: Look; theme: ThemeName }) {
  const [left, top, width, height] = [layout.left, layout.top, layout.width, layout.height].map(Math.round)
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`${left} ${top} ${width} ${height}`}
      width={width}
      height={height}
      lang={locale()}
      role="img"
      aria-label={t("atlas_title")}
    >
      <style>{fileColours(theme) + DRAWING_STYLE}</style>
      <rect x={left} y={top} width="100%" height="100%" style={{ fill: "var(--back)" }} />
      <Drawing layout={layout} look={look} />
    </svg>
  )
}
