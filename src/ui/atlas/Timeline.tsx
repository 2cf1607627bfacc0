import { stack } from "d3"
import { useMemo } from "react"
import type { AtlasReport } from "~src/app/report"
import { count, percent } from "../format"
import { t } from "../i18n"
import { GROUPS, type GrowthStep, growth } from "./growth"
import { day } from "./words"

interface TimelineProps {
  readonly atlas: AtlasReport
  readonly until: number | null
  readonly onUntil: (until: number | null) => void
}

const [WIDTH, HEIGHT] = [320, 64]

/** The slider through the family's dates, with what it was made of by then. Nothing where too few dates are known. */
export function Timeline({ atlas, until, onUntil }: TimelineProps) {
  const steps = useMemo(() => growth(atlas), [atlas])
  const last = steps.length - 1
  const index =
    until === null
      ? last
      : Math.max(
          0,
          steps.findLastIndex((step) => step.until <= until),
        )
  const step = steps[index]
  if (!step) return null
  const words = t("atlas_until", { date: day(step.until), count: step.models, total: atlas.nodes.length })
  const total = GROUPS.reduce((sum, group) => sum + step.made[group], 0)
  return (
    <section className="timeline" aria-label={t("atlas_growth")}>
      <Chart steps={steps} index={index} />
      <label>
        <span>{words}</span>
        <input
          type="range"
          min={0}
          max={last}
          value={index}
          aria-valuetext={words}
          onChange={({ target }) => {
            const chosen = Number(target.value)
            onUntil(chosen >= last ? null : (steps[chosen]?.until ?? null))
          }}
        />
      </label>
      <ul className="legend" aria-label={t("atlas_made_by")}>
        {GROUPS.filter((group) => (steps[last]?.made[group] ?? 0) > 0).map((group) => (
          <li key={group}>
            <i style={{ background: `var(--${group})` }} />
            {t(`atlas_group_${group}`)}: {count(step.made[group])} ({percent(total > 0 ? step.made[group] / total : 0)})
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Edges by kind over time, stacked; the words under it say the same. */
function Chart({ steps, index }: { steps: readonly GrowthStep[]; index: number }) {
  const most = Math.max(1, ...steps.map(({ made }) => GROUPS.reduce((sum, group) => sum + made[group], 0)))
  const [first = 0, end = 1] = [steps[0]?.until, steps.at(-1)?.until]
  const x = (time: number) => ((time - first) / Math.max(1, end - first)) * WIDTH
  const y = (edges: number) => HEIGHT - (edges / most) * HEIGHT
  const layers = stack<GrowthStep>()
    .keys(GROUPS)
    .value(({ made }, group) => made[group as keyof typeof made])(steps)
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {layers.map((layer) => {
        const upper = layer.map((point) => `${x(point.data.until)},${y(point[1])}`)
        const lower = layer.map((point) => `${x(point.data.until)},${y(point[0])}`).reverse()
        return <polygon key={layer.key} points={[...upper, ...lower].join(" ")} style={{ fill: `var(--${layer.key})` }} />
      })}
      <line x1={x(steps[index]?.until ?? first)} x2={x(steps[index]?.until ?? first)} y1={0} y2={HEIGHT} />
    </svg>
  )
}
