import { type ZoomTransform, zoomIdentity } from "d3"
import { type PointerEvent, type ReactNode, useCallback, useImperativeHandle, useLayoutEffect, useRef, useState } from "react"
import { t } from "../i18n"
import { Drawing } from "./Drawing"
import { type Layout, sizeOf } from "./layout-types"
import type { Look } from "./look"
import { Painting } from "./Painting"
import { nodeAt } from "./paint"
import { useViewport, type Viewport } from "./use-viewport"

/** From so many nodes on the drawing is painted on a canvas: thousands of SVG elements take long to make and no longer follow the pointer. */
const CANVAS = 150
/** At smaller scales letters are left out, which nobody could read. */
const FAR = 0.45

interface StageProps {
  readonly layout: Layout
  readonly look: Look
  readonly current: string
  readonly view: React.Ref<Viewport>
  /** The node that the details are about. */
  readonly about: string | null
  readonly details: ReactNode
  readonly onHover: (id: string | null) => void
  readonly onPick: (id: string) => void
}

/** The drawing in a box to pan and zoom, with its buttons and the card of what the pointer is on. */
export function Stage({ layout, look, current, view, about, details, onHover, onPick }: StageProps) {
  const box = useRef<HTMLDivElement>(null)
  const scene = useRef<SVGGElement>(null)
  const painting = useRef<{ move(): void }>(null)
  const [transform, setTransform] = useState<ZoomTransform>(zoomIdentity)
  const place = useRef(transform)
  const isTelling = useRef(false)
  isTelling.current = about !== null
  const move = useCallback((next: ZoomTransform) => {
    place.current = next
    scene.current?.setAttribute("transform", next.toString())
    scene.current?.toggleAttribute("data-far", next.k < FAR)
    painting.current?.move()
    // The details follow their node.
    if (isTelling.current) setTransform(next)
  }, [])
  const viewport = useViewport(box, layout, current, move)
  useImperativeHandle(view, () => viewport, [viewport])

  const under = (event: { clientX: number; clientY: number }) => {
    const { left = 0, top = 0 } = box.current?.getBoundingClientRect() ?? {}
    const [x, y] = place.current.invert([event.clientX - left, event.clientY - top])
    return nodeAt(layout, look.unborn, x, y)
  }
  const onPointerMove = (event: PointerEvent) => {
    if (event.buttons !== 0) return
    onHover(under(event)?.node.id ?? null)
  }
  const isLarge = layout.nodes.length > CANVAS
  useLayoutEffect(() => {
    if (about !== null) setTransform(place.current)
  }, [about])
  return (
    <div className="canvas">
      {/* The list beside the drawing is what the keyboard and screen readers use; this is its picture. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: pointer shortcuts for what the list offers to everyone */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: likewise */}
      <div
        ref={box}
        className="surface"
        data-renderer={isLarge ? "canvas" : "svg"}
        data-axis={layout.axis}
        onPointerMove={onPointerMove}
        onPointerLeave={() => onHover(null)}
        onClick={(event) => {
          const id = under(event)?.node.id
          if (id !== undefined) onPick(id)
        }}
      >
        {isLarge ? (
          <Painting layout={layout} look={look} handle={painting} place={place} />
        ) : (
          <svg role="img" aria-label={t("atlas_drawing")}>
            <g ref={scene} transform={place.current.toString()}>
              <Drawing layout={layout} look={look} />
            </g>
          </svg>
        )}
      </div>
      <div className="tools">
        <button type="button" onClick={() => viewport.scaleBy(1.3)} aria-label={t("atlas_zoom_in")} title={t("atlas_zoom_in")}>
          +
        </button>
        <button type="button" onClick={() => viewport.scaleBy(1 / 1.3)} aria-label={t("atlas_zoom_out")} title={t("atlas_zoom_out")}>
          −
        </button>
        <button type="button" onClick={() => viewport.fit()}>
          {t("atlas_fit")}
        </button>
      </div>
      {about !== null && (
        <Bubble layout={layout} id={about} transform={transform} box={box.current}>
          {details}
        </Bubble>
      )}
    </div>
  )
}

/** Width and usual height of the details, in px. */
const BUBBLE = { width: 260, height: 180 }

/** The details beside their node: below it, or above where the window ends. */
function Bubble(props: { layout: Layout; id: string; transform: ZoomTransform; box: HTMLElement | null; children: ReactNode }) {
  const placed = props.layout.nodes.find(({ node }) => node.id === props.id)
  if (!placed || !props.box) return null
  const { clientWidth, clientHeight } = props.box
  const [, height] = sizeOf(props.layout, placed.node)
  const left = Math.max(4, Math.min(clientWidth - BUBBLE.width - 4, props.transform.applyX(placed.x)))
  const [above, below] = [props.transform.applyY(placed.y), props.transform.applyY(placed.y + height)]
  const { top } = props.box.getBoundingClientRect()
  const isLow = top + below + BUBBLE.height > window.innerHeight && top + above > BUBBLE.height
  const vertical = isLow ? { bottom: clientHeight - above + 6 } : { top: below + 6 }
  return (
    <div className="bubble" style={{ left, maxWidth: BUBBLE.width, ...vertical }} aria-hidden="true">
      {props.children}
    </div>
  )
}
