import { ascending } from "d3"
import { layoutGenerations } from "./layout"
import { layoutDates } from "./layout-date"
import { layoutFree } from "./layout-free"
import type { Axis, Layout } from "./layout-types"
import type { ShownAtlas } from "./shown"

export interface LayoutRequest {
  readonly shown: ShownAtlas
  readonly axis: Axis
  /** The drawing that is on screen, whose nodes stay where they are; ignored when it has another axis. */
  readonly before: Layout | null
}

const LAYOUTS = { generation: layoutGenerations, date: layoutDates, free: layoutFree }

/** The places of all cards and lines; the same family gives the same drawing, in whatever order it is listed. */
export function layOut({ shown, axis, before }: LayoutRequest): Layout {
  const nodes = [...shown.nodes].sort((a, b) => a.family - b.family || ascending(a.id, b.id))
  const edges = [...shown.edges].sort((a, b) => ascending(a.parent, b.parent) || ascending(a.child, b.child))
  return LAYOUTS[axis]({ ...shown, nodes, edges }, before?.axis === axis ? before : null)
}

/** Nodes from which on a drawing may take longer than a frame, so that the worker makes it. */
const FRAME: Readonly<Record<Axis, number>> = { generation: 400, date: 400, free: 25 }

export const isLong = ({ shown, axis }: LayoutRequest): boolean => shown.nodes.length > FRAME[axis]
