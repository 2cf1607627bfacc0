import { max, scaleBand, scaleSqrt } from "d3"
import type { SpectrumPicture } from "~src/lineage/portrait"
import { t } from "../../i18n"
import { Figure } from "./Figure"

const WIDTH = 340
const HEIGHT = 96

/**
 * Singular values of the update, on a root scale, against the most that noise would give: a merged adapter has a few over it, and nothing
 * below.
 */
export function Spectrum({ spectrum: { tensor, values, edge } }: { spectrum: SpectrumPicture }) {
  const x = scaleBand<number>()
    .domain(values.map((_, i) => i))
    .range([0, WIDTH])
    .paddingInner(0.2)
  const y = scaleSqrt()
    .domain([0, Math.max(edge, max(values) ?? 0) * 1.05])
    .range([HEIGHT, 0])
  const above = values.filter((value) => value > edge).length
  return (
    <Figure
      title={t("panel_spectrum")}
      says={t("panel_spectrum_says", { tensor, above, all: values.length })}
      width={WIDTH}
      height={HEIGHT}
    >
      {values.map((value, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: values in falling order keep their places
          key={i}
          x={x(i)}
          y={y(value)}
          width={x.bandwidth()}
          height={HEIGHT - y(value)}
          className="data"
          fillOpacity={value > edge ? 1 : 0.4}
        />
      ))}
      <line x1={0} x2={WIDTH} y1={y(edge)} y2={y(edge)} className="edge" />
    </Figure>
  )
}
