import { useEffect, useMemo, useRef, useState } from "react"
import { isLong, type LayoutRequest, layOut } from "./lay-out"
import type { Axis, Layout } from "./layout-types"
import type { ShownAtlas } from "./shown"

/** Starts the worker of layout-worker.ts; how its file is found depends on the page. */
export type StartWorker = () => Worker

/**
 * The drawing of what is shown: at once where that fits into a frame, else from the worker, the drawing before staying meanwhile.
 * Nodes that were there keep their places as long as the axis and the `family` stay the same.
 */
export function useLayout(shown: ShownAtlas, axis: Axis, family: unknown, start: StartWorker): Layout | null {
  const last = useRef<{ family: unknown; layout: Layout } | null>(null)
  const [late, setLate] = useState<{ request: LayoutRequest; layout: Layout } | null>(null)
  const request = useMemo<LayoutRequest>(() => {
    const before = last.current?.family === family ? (last.current?.layout ?? null) : null
    return { shown, axis, before }
  }, [shown, axis, family])
  const now = useMemo(() => (isLong(request) ? null : layOut(request)), [request])

  useEffect(() => {
    if (!isLong(request)) return
    const worker = start()
    const finish = (layout: Layout) => {
      worker.terminate()
      setLate({ request, layout })
    }
    worker.onmessage = ({ data }: MessageEvent<Layout>) => finish(data)
    // Slow is better than nothing.
    worker.onerror = () => finish(layOut(request))
    worker.postMessage(request)
    // Nobody waits for the answer to an earlier question.
    return () => worker.terminate()
  }, [request, start])

  const layout = now ?? (late?.request === request ? late.layout : null)
  useEffect(() => {
    if (layout) last.current = { family, layout }
  }, [layout, family])
  return layout ?? last.current?.layout ?? null
}
