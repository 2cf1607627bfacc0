import { mean, scaleBand, scaleLinear } from "d3"
import type { RowPicture } from "~src/lineage/portrait"
import { decimal } from "../../format"
import { t } from "../../i18n"
import { Figure } from "./Figure"

const SIDE = 176
const shade = scaleLinear().domain([0, 100]).range([0.04, 1]).clamp(true)

/** Each sampled row of the parent against each of the model: what they share stands on the diagonal. */
export function RowMap({ rows: { tensor, size, cosines } }: { rows: RowPicture }) {
  const places = Array.from({ length: size }, (_, i) => i)
  const place = scaleBand<number>().domain(places).range([0, SIDE]).paddingInner(0.08)
  const diagonal = places.map((i) => cosines[i * size + i] ?? 0)
  const rest = cosines.filter((_, at) => at % (size + 1) !== 0)
  const says = t("panel_rows_says", {
    tensor,
    diagonal: decimal((mean(diagonal) ?? 0) / 100),
    rest: decimal((mean(rest, Math.abs) ?? 0) / 100),
  })
  return (
    <Figure title={t("panel_rows")} says={says} width={SIDE} height={SIDE}>
      {cosines.map((value, at) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: the cells of one table keep their places
          key={at}
          x={place(at % size)}
          y={place(Math.floor(at / size))}
          width={place.bandwidth()}
          height={place.bandwidth()}
          className={value < 0 ? "counter" : "data"}
          fillOpacity={shade(Math.abs(value))}
        />
      ))}
    </Figure>
  )
}
