import { line, max, scaleBand, scaleLinear, sum } from "d3"
import type { PackedPicture } from "~src/lineage/portrait"
import { decimal, percent } from "../../format"
import { t } from "../../i18n"
import { Figure } from "./Figure"

const WIDTH = 340
const HEIGHT = 84

/** Where the parent's values lie around the packed ones, in steps: rounding puts them within half a step, another model's spill over. */
export function Packed({ packed }: { packed: PackedPicture }) {
  const { tensor, offsets, from, to, child, parent } = packed
  const bins = offsets.length
  const inside = sum(offsets.slice(Math.floor(bins / 4), Math.ceil((3 * bins) / 4))) / Math.max(1, sum(offsets))
  const half = [WIDTH / 4, (3 * WIDTH) / 4]
  return (
    <>
      <Figure title={t("panel_packed")} says={t("panel_packed_says", { tensor, inside: percent(inside) })} width={WIDTH} height={HEIGHT}>
        <Bars counts={offsets} />
        {half.map((at) => (
          <line key={at} x1={at} x2={at} y1={0} y2={HEIGHT} className="edge" />
        ))}
      </Figure>
      <Figure
        title={t("panel_values")}
        says={t("panel_values_says", { from: decimal(from), to: decimal(to) })}
        width={WIDTH}
        height={HEIGHT}
      >
        <Bars counts={child} faint />
        <path d={outline(parent, max([...child, ...parent]) ?? 1)} className="outline" />
      </Figure>
    </>
  )
}

function Bars({ counts, faint = false }: { counts: readonly number[]; faint?: boolean }) {
  const x = bands(counts)
  const y = heights(max(counts) ?? 1)
  return counts.map((count, i) => (
    <rect
      // biome-ignore lint/suspicious/noArrayIndexKey: bins keep their places
      key={i}
      x={x(i)}
      y={y(count)}
      width={x.bandwidth()}
      height={HEIGHT - y(count)}
      className="data"
      fillOpacity={faint ? 0.45 : 0.85}
    />
  ))
}

const bands = (counts: readonly number[]) =>
  scaleBand<number>()
    .domain(counts.map((_, i) => i))
    .range([0, WIDTH])
    .paddingInner(0.1)
const heights = (most: number) =>
  scaleLinear()
    .domain([0, Math.max(1, most)])
    .range([HEIGHT, 2])

function outline(counts: readonly number[], most: number): string {
  const [x, y] = [bands(counts), heights(most)]
  return line<number>((_, i) => (x(i) ?? 0) + x.bandwidth() / 2, y)(counts) ?? ""
}
