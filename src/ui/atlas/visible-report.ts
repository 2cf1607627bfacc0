import type { AtlasReport } from "~src/app/report"
import { dateOf } from "./time"

/** The part of the family that search, filter and time slider let through, as exported files hold it. */
export function visibleReport(atlas: AtlasReport, found: ReadonlySet<string> | null, until: number | null): AtlasReport {
  const there = (time: number | null) => until === null || time === null || time <= until
  const nodes = atlas.nodes.filter((node) => (found === null || found.has(node.id)) && there(dateOf(node)))
  const ids = new Set(nodes.map(({ id }) => id))
  return { ...atlas, nodes, edges: atlas.edges.filter(({ parent, child }) => ids.has(parent) && ids.has(child)) }
}
