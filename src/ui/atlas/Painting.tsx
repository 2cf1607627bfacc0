import type { ZoomTransform } from "d3"
import { type RefObject, useEffect, useImperativeHandle, useMemo, useRef } from "react"
import { t } from "../i18n"
import type { ThemeName } from "../theme"
import type { Layout } from "./layout-types"
import type { Look } from "./look"
import { paintScene, prepareScene, type Transform } from "./paint"

interface PaintingProps {
  readonly layout: Layout
  readonly look: Look
  readonly handle: React.Ref<{ move(): void }>
  readonly place: RefObject<ZoomTransform>
}

/** While the pointer moves, the painting is moved as it is, which costs nothing; it is painted again when the pointer rests so long, in ms. */
const REST = 90
/** The canvas reaches so far over its box on every side, in px, so that a moved painting has something to show there. */
const MARGIN = 200

/** The drawing of a large family: painted once a frame at most, again when size or theme change. */
export function Painting({ layout, look, handle, place }: PaintingProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const scene = useMemo(() => prepareScene(layout, look), [layout, look])
  const painter = useRef<Painter | null>(null)
  useEffect(() => {
    if (!canvas.current) return
    const created = new Painter(canvas.current, () => place.current)
    painter.current = created
    return () => created.stop()
  }, [place])
  useEffect(() => painter.current?.show(scene), [scene])
  useImperativeHandle(handle, () => ({ move: () => painter.current?.move() }), [])
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={t("atlas_drawing")}
      style={{ position: "absolute", inset: -MARGIN, width: `calc(100% + ${2 * MARGIN}px)`, height: `calc(100% + ${2 * MARGIN}px)` }}
    />
  )
}

class Painter {
  #scene: ReturnType<typeof prepareScene> | null = null
  #painted: Transform = { k: 1, x: 0, y: 0 }
  #frame = 0
  #rest: ReturnType<typeof setTimeout> | undefined
  readonly #resized = new ResizeObserver(() => this.#soon())
  readonly #dark = window.matchMedia("(prefers-color-scheme: dark)")
  readonly #soon = () => {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#paint())
  }

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly place: () => Transform,
  ) {
    this.#resized.observe(canvas)
    this.#dark.addEventListener("change", this.#soon)
  }

  show(scene: ReturnType<typeof prepareScene>): void {
    this.#scene = scene
    this.#soon()
  }

  /** The drawing lies elsewhere now. */
  move(): void {
    const { k, x, y } = this.place()
    const scale = k / this.#painted.k
    // The canvas's corner lies a margin off the box's.
    const shift = (now: number, then: number) => now - scale * then - MARGIN * (scale - 1)
    const [left, top] = [shift(x, this.#painted.x), shift(y, this.#painted.y)]
    this.canvas.style.transformOrigin = "0 0"
    this.canvas.style.transform = `translate(${left}px,${top}px) scale(${scale})`
    clearTimeout(this.#rest)
    const { clientWidth: width, clientHeight: height } = this.canvas
    const covers = (start: number, size: number) => start <= MARGIN && start + scale * size >= size - MARGIN
    if (covers(left, width) && covers(top, height)) this.#rest = setTimeout(this.#soon, REST)
    else this.#soon()
  }

  stop(): void {
    this.#resized.disconnect()
    this.#dark.removeEventListener("change", this.#soon)
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#rest)
  }

  #paint(): void {
    const context = this.canvas.getContext("2d", { alpha: false })
    if (!context || !this.#scene) return
    const { clientWidth: width, clientHeight: height } = this.canvas
    const density = window.devicePixelRatio
    if (this.canvas.width !== Math.round(width * density) || this.canvas.height !== Math.round(height * density)) {
      this.canvas.width = Math.round(width * density)
      this.canvas.height = Math.round(height * density)
    }
    const theme: ThemeName = this.#dark.matches ? "dark" : "light"
    const { k, x, y } = this.place()
    paintScene(context, this.#scene, theme, { k, x: x + MARGIN, y: y + MARGIN }, { width, height, density, inset: MARGIN })
    this.canvas.style.transform = ""
    this.#painted = { k, x, y }
  }
}
