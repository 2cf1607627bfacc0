import { median, scaleBand, scaleLog } from "d3"
import { plain } from "~src/hub/ids"
import type { UpdateStrip } from "~src/lineage/portrait"
import { percent } from "../../format"
import { t } from "../../i18n"
import { Figure } from "./Figure"

const WIDTH = 340
const LABELS = 96
const ROW = 13
const FOOT = 14

/** Updates from a hundredth of a per cent to the tensor's whole size; less is not seen, and zero is drawn hollow. */
const shade = scaleLog().domain([1e-4, 1]).range([0.08, 1]).clamp(true)

/** How far each tensor moved, by role and layer. */
export function Strip({ strip: { roles, layers, updates } }: { strip: UpdateStrip }) {
  const height = roles.length * ROW + FOOT
  const x = scaleBand<number>()
    .domain(layers.map((_, i) => i))
    .range([LABELS, WIDTH])
    .paddingInner(0.12)
  const y = scaleBand<number>()
    .domain(roles.map((_, i) => i))
    .range([0, roles.length * ROW])
    .paddingInner(0.15)
  const every = Math.ceil(layers.length / 12)
  return (
    <Figure title={t("panel_strip")} says={describe(roles, updates)} width={WIDTH} height={height}>
      {roles.map((role, i) => (
        <text key={role} x={LABELS - 6} y={(y(i) ?? 0) + ROW / 2} className="axis" textAnchor="end" dominantBaseline="middle">
          {plain(role, 16)}
        </text>
      ))}
      {layers.map((layer, i) => (
        <text key={layer} x={(x(i) ?? 0) + x.bandwidth() / 2} y={height - 2} className="axis" textAnchor="middle">
          {layer === null ? "–" : i % every === 0 ? layer : ""}
        </text>
      ))}
      {updates.map((update, at) => {
        const [row, column] = [Math.floor(at / layers.length), at % layers.length]
        if (update === null) return null
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the cells of one table keep their places
            key={at}
            x={x(column)}
            y={y(row)}
            width={x.bandwidth()}
            height={y.bandwidth()}
            className={update === 0 ? "same" : "data"}
            fillOpacity={update === 0 ? 0 : shade(update)}
          >
            <title>{cell(roles[row] ?? "", layers[column] ?? null, update)}</title>
          </rect>
        )
      })}
    </Figure>
  )
}

const cell = (role: string, layer: number | null, update: number): string =>
  layer === null
    ? t("panel_strip_cell_outside", { role, percent: percent(update) })
    : t("panel_strip_cell", { role, layer, percent: percent(update) })

function describe(roles: readonly string[], updates: readonly (number | null)[]): string {
  const known = updates.filter((update) => update !== null)
  const most = Math.max(0, ...known)
  const role = roles[Math.floor(updates.indexOf(most) / Math.max(1, updates.length / roles.length))] ?? ""
  return t("panel_strip_says", {
    typical: percent(median(known) ?? 0),
    role,
    most: percent(most),
    same: known.filter((update) => update === 0).length,
    all: known.length,
  })
}
