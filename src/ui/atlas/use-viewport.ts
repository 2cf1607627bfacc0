import { select, type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from "d3"
import { type RefObject, useCallback, useEffect, useRef } from "react"
import { type Layout, middleOf } from "./layout-types"

const SCALES: [number, number] = [0.02, 3]
/** Small families are not blown up. */
const MAX_FIT = 1.2
/** Large families open at a readable size round the current model instead of whole. */
const READABLE = 0.7

export interface Viewport {
  /** Shows the whole drawing; at a scale of `least` and more what does not fit is centred on the current model. */
  fit(least?: number): void
  scaleBy(factor: number): void
  centre(id: string): void
}

/** Pan and zoom of a box by pointer, wheel and touch, and by the answer's functions; `moved` hears where the drawing lies now. */
export function useViewport(
  box: RefObject<HTMLDivElement | null>,
  layout: Layout,
  current: string,
  moved: (transform: ZoomTransform) => void,
): Viewport {
  const behaviour = useRef<ZoomBehavior<HTMLDivElement, unknown> | null>(null)
  // The functions live as long as the box; they look up what is drawn when they are called.
  const isChosen = useRef(false)
  const drawn = useRef({ layout, current, moved })
  drawn.current = { layout, current, moved }

  const show = useCallback(
    (least = 0) => {
      const node = box.current
      if (!node || !behaviour.current) return
      const { layout, current } = drawn.current
      const { width, height } = node.getBoundingClientRect()
      const whole = Math.min(MAX_FIT, width / layout.width, height / layout.height)
      const scale = Math.max(SCALES[0], whole, layout.axis === "free" ? 0 : least)
      const centred = whole < scale ? layout.nodes.find((placed) => placed.node.id === current) : undefined
      const [x, y] = centred ? middleOf(layout, centred) : [layout.left + layout.width / 2, layout.top + layout.height / 2]
      const target = zoomIdentity
        .translate(width / 2, height / 2)
        .scale(scale)
        .translate(-x, -y)
      select(node).call(behaviour.current.transform, target)
    },
    [box],
  )

  useEffect(() => {
    const node = box.current
    if (!node) return
    behaviour.current = zoom<HTMLDivElement, unknown>()
      .scaleExtent(SCALES)
      .on("zoom", (event) => {
        // Only a person's own move has an event behind it.
        if (event.sourceEvent) isChosen.current = true
        drawn.current.moved(event.transform)
      })
    select(node).call(behaviour.current).on("dblclick.zoom", null)
    // Until a person chose a view, the drawing fits whatever room it is given.
    const resized = new ResizeObserver(() => isChosen.current || show(READABLE))
    resized.observe(node)
    return () => {
      resized.disconnect()
      select(node).on(".zoom", null)
    }
  }, [box, show])

  // Another axis or family is another drawing; one that only grew stays where it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these two are what a new view begins with
  useEffect(() => {
    isChosen.current = false
    show(READABLE)
  }, [show, layout.axis, current])

  const scaleBy = useCallback(
    (factor: number) => {
      if (box.current && behaviour.current) select(box.current).call(behaviour.current.scaleBy, factor)
    },
    [box],
  )
  const centre = useCallback(
    (id: string) => {
      const { layout } = drawn.current
      const placed = layout.nodes.find(({ node }) => node.id === id)
      if (!placed || !box.current || !behaviour.current) return
      select(box.current).call(behaviour.current.translateTo, ...middleOf(layout, placed))
    },
    [box],
  )
  return { fit: show, scaleBy, centre }
}
