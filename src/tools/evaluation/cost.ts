import type { Outcome } from "./inspect"
import { MODES, type Section } from "./section"

/** What the inspections took, and which models could not be inspected. */
export function costSections(outcomes: readonly (Outcome & { readonly split: string })[]): Section[] {
  const models = new Set(outcomes.map(({ id, split }) => `${split} ${id}`)).size
  const mean = (value: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + value(outcome), 0) / models
  const reasons = new Map(outcomes.flatMap(({ id, verdict, reason }) => (verdict === null ? [[id, reason] as const] : [])))
  return [
    {
      level: 2,
      heading: "Cost per model, every model being read once and inspected twice",
      rows: [
        ["models compared per verdict", "requests", "kB read", "of them weights", "seconds"],
        [
          (mean((o) => o.compared.length) / MODES.length).toFixed(1),
          mean((o) => o.requests).toFixed(1),
          (mean((o) => o.bytes) / 1000).toFixed(0),
          (mean((o) => o.weightBytes) / 1000).toFixed(0),
          (mean((o) => o.milliseconds) / 1000).toFixed(1),
        ],
      ],
    },
    { level: 2, heading: "Models that could not be inspected", rows: [["model", "because"], ...reasons] },
  ]
}
