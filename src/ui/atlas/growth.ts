import type { AtlasReport } from "~src/app/report"
import { EDGE_STYLES, type EdgeStyle } from "./edge-style"
import { dateOf } from "./time"

export type Group = EdgeStyle["group"]
export const GROUPS = ["training", "lora", "merge", "bits", "same", "surgery"] as const satisfies readonly Group[]

export interface GrowthStep {
  /** The end of the step, in milliseconds since the epoch. */
  readonly until: number
  /** Models there were by then. */
  readonly models: number
  /** Edges there were by then, by kind. */
  readonly made: Readonly<Record<Group, number>>
}

/** Steps of the time slider, at most. */
const STEPS = 60

/** Distinct upload times of the family, thinned to what a slider needs; empty when fewer than two are known. */
export function timeSteps({ nodes }: Pick<AtlasReport, "nodes">): number[] {
  const times = [...new Set(nodes.flatMap((node) => dateOf(node) ?? []))].sort((a, b) => a - b)
  if (times.length < 2) return []
  if (times.length <= STEPS) return times
  return Array.from({ length: STEPS }, (_, index) => times[Math.round((index * (times.length - 1)) / (STEPS - 1))] as number)
}

/** How the family grew and what it was made by; models without a date count from the start on. */
export function growth({ nodes, edges }: AtlasReport): GrowthStep[] {
  const born = new Map(nodes.map((node) => [node.id, dateOf(node) ?? Number.NEGATIVE_INFINITY]))
  const births = [...born.values()].sort((a, b) => a - b)
  const sorted = edges
    .map(({ child, relation }) => ({ time: born.get(child) ?? Number.NEGATIVE_INFINITY, group: EDGE_STYLES[relation].group }))
    .sort((a, b) => a.time - b.time)
  const made: Record<Group, number> = { training: 0, lora: 0, merge: 0, bits: 0, same: 0, surgery: 0 }
  let [models, next] = [0, 0]
  return timeSteps({ nodes }).map((until) => {
    while (models < births.length && (births[models] as number) <= until) models++
    for (; next < sorted.length && (sorted[next]?.time ?? 0) <= until; next++) made[sorted[next]?.group as Group] += 1
    return { until, models, made: { ...made } }
  })
}
