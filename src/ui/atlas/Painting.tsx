import type { ZoomTransform } from "d3"
import { type RefObject, useEffect, useImperativeHandle, useMemo, useRef } from "react"
import { t } from "../i18n"
import type { ThemeName } from "../theme"
import type { Layout } from "./layout-types"
import type { Look } from "./look"
import { paintScene, prepareScene } from "./paint"

interface PaintingProps {
  readonly layout: Layout
  readonly look: Look
  readonly handle: React.Ref<{ paint(transform: ZoomTransform): void }>
  readonly place: RefObject<ZoomTransform>
}

/** The drawing of a large family: painted once a frame at most, again when size or theme change. */
export function Painting({ layout, look, handle, place }: PaintingProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const frame = useRef(0)
  const scene = useMemo(() => prepareScene(layout, look), [layout, look])
  const paint = useRef(() => {})
  paint.current = () => {
    const node = canvas.current
    const context = node?.getContext("2d", { alpha: false })
    if (!node || !context) return
    const { clientWidth: width, clientHeight: height } = node
    const density = window.devicePixelRatio
    if (node.width !== Math.round(width * density) || node.height !== Math.round(height * density)) {
      node.width = Math.round(width * density)
      node.height = Math.round(height * density)
    }
    const theme: ThemeName = DARK.matches ? "dark" : "light"
    paintScene(context, scene, theme, place.current, { width, height, density })
  }
  const soon = () => {
    cancelAnimationFrame(frame.current)
    frame.current = requestAnimationFrame(() => paint.current())
  }
  useImperativeHandle(handle, () => ({ paint: soon }))
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new scene is what there is to paint
  useEffect(soon, [scene])
  // biome-ignore lint/correctness/useExhaustiveDependencies: these listeners live as long as the canvas
  useEffect(() => {
    const resized = new ResizeObserver(soon)
    if (canvas.current) resized.observe(canvas.current)
    DARK.addEventListener("change", soon)
    return () => {
      resized.disconnect()
      DARK.removeEventListener("change", soon)
      cancelAnimationFrame(frame.current)
    }
  }, [])
  return <canvas ref={canvas} role="img" aria-label={t("atlas_drawing")} />
}

const DARK = window.matchMedia("(prefers-color-scheme: dark)")
