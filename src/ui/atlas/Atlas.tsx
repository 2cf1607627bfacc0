import { select, type ZoomBehavior, zoom, zoomIdentity } from "d3"
import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import type { AtlasReport } from "~src/app/report"
import { t } from "../i18n"
import { modelUrl } from "../links"
import { Drawing } from "./Drawing"
import { FamilyList } from "./FamilyList"
import { familyTree } from "./family-tree"
import { Legend } from "./Legend"
import { CARD, layoutAtlas } from "./layout"

export interface AtlasProps {
  readonly atlas: AtlasReport
  readonly current: string
  /** Opens a model's page. */
  readonly open: (url: string) => void
}

const SCALES: [number, number] = [0.15, 3]
/** Small families are not blown up. */
const MAX_FIT = 1.2
/** Large families open at a readable size round the current model instead of whole. */
const READABLE = 0.7

/** The family as a drawing to pan and zoom, and as a list that keyboard and screen readers walk; one mirrors the other. */
export function Atlas({ atlas, current, open }: AtlasProps) {
  const layout = useMemo(() => layoutAtlas(atlas), [atlas])
  const rows = useMemo(() => familyTree(atlas), [atlas])
  const [focused, setFocused] = useState<string | null>(null)
  const svg = useRef<SVGSVGElement>(null)
  const scene = useRef<SVGGElement>(null)
  const behaviour = useRef<ZoomBehavior<SVGSVGElement, unknown> | null>(null)

  const fitView = useCallback(
    (least = 0) => {
      const node = svg.current
      if (!node || !behaviour.current) return
      const { width, height } = node.getBoundingClientRect()
      const whole = Math.min(MAX_FIT, width / layout.width, height / layout.height)
      const scale = Math.max(whole, least)
      const centre = whole < scale ? layout.nodes.find((placed) => placed.node.id === current) : undefined
      const [x, y] = centre ? [centre.x + layout.cardWidth / 2, centre.y + CARD.height / 2] : [layout.width / 2, layout.height / 2]
      select(node).call(
        behaviour.current.transform,
        zoomIdentity
          .translate(width / 2, height / 2)
          .scale(scale)
          .translate(-x, -y),
      )
    },
    [layout, current],
  )

  useEffect(() => {
    const node = svg.current
    if (!node) return
    behaviour.current = zoom<SVGSVGElement, unknown>()
      .scaleExtent(SCALES)
      .on("zoom", (event) => scene.current?.setAttribute("transform", event.transform.toString()))
    select(node).call(behaviour.current).on("dblclick.zoom", null)
    fitView(READABLE)
    return () => void select(node).on(".zoom", null)
  }, [fitView])

  const scaleBy = (factor: number) => {
    if (svg.current && behaviour.current) select(svg.current).call(behaviour.current.scaleBy, factor)
  }
  const show = (id: string) => {
    setFocused(id)
    const placed = layout.nodes.find(({ node }) => node.id === id)
    if (placed && svg.current && behaviour.current) {
      select(svg.current).call(behaviour.current.translateTo, placed.x + layout.cardWidth / 2, placed.y + CARD.height / 2)
    }
  }
  const openModel = (id: string) => {
    const url = modelUrl(id)
    if (url) open(url)
  }
  return (
    <>
      <div className="canvas">
        <svg ref={svg} role="img" aria-label={t("atlas_drawing")}>
          <g ref={scene}>
            <Drawing layout={layout} current={current} focused={focused} onOpen={openModel} />
          </g>
        </svg>
        <div className="tools">
          <button type="button" onClick={() => scaleBy(1.3)} aria-label={t("atlas_zoom_in")} title={t("atlas_zoom_in")}>
            +
          </button>
          <button type="button" onClick={() => scaleBy(1 / 1.3)} aria-label={t("atlas_zoom_out")} title={t("atlas_zoom_out")}>
            −
          </button>
          <button type="button" onClick={() => fitView()}>
            {t("atlas_fit")}
          </button>
        </div>
      </div>
      <Legend atlas={atlas} current={current} />
      <FamilyList rows={rows} current={current} onFocus={show} onOpen={openModel} />
    </>
  )
}
