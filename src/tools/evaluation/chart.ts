import { line, scaleLinear, ticks } from "d3"

/** A point in the axes' units; `low` and `high` bound its value on the y axis. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
}
export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}
export interface Axis {
  readonly label: string
  readonly from: number
  readonly to: number
  /** A number as the axis shows it. */
  readonly say: (value: number) => string
}
export interface Chart {
  /** What the picture shows, in a sentence, for those who do not see it. */
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Points marked apart, or one line through them all. */
  readonly marks: "points" | "line"
  /** The line on which x equals y. */
  readonly diagonal?: boolean
}

const WIDTH = 560
const HEIGHT = 360
const MARGIN = { left: 76, right: 32, top: 44, bottom: 52 }
const TICKS = 6
/** Told apart by hue, lightness and dash; readable on paper of either theme, which the picture brings along. */
const STYLE = `
  .paper { fill: #ffffff } .grid { stroke: #d0d7de } .ink { fill: #1f2328 } .even { stroke: #6e7781 }
  .s0 { stroke: #0550ae; fill: #0550ae } .s1 { stroke: #bc4c00; fill: #bc4c00 } .s2 { stroke: #1a7f37; fill: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .grid { stroke: #30363d } .ink { fill: #e6edf3 } .even { stroke: #8b949e }
    .s0 { stroke: #79c0ff; fill: #79c0ff } .s1 { stroke: #ffa657; fill: #ffa657 } .s2 { stroke: #7ee787; fill: #7ee787 }
  }
  text { font: 13px system-ui, sans-serif } .line { fill: none; stroke-width: 2 } .s1.line, .s1.key { stroke-dasharray: 7 4 }
  .s2.line, .s2.key { stroke-dasharray: 2 3 } .even { stroke-dasharray: 4 4; fill: none } .s0, .s1, .s2 { stroke-width: 1.5 }`

const text = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
const at = (value: number) => value.toFixed(1)

/** The chart as an SVG file that follows the reader's light or dark theme. */
export function drawChart({ title, x, y, series, marks, diagonal = false }: Chart): string {
  const across = scaleLinear([x.from, x.to], [MARGIN.left, WIDTH - MARGIN.right])
  const up = scaleLinear([y.from, y.to], [HEIGHT - MARGIN.bottom, MARGIN.top])
  const [left, right, top, bottom] = [across(x.from), across(x.to), up(y.to), up(y.from)]
  const grid = [
    ...ticks(x.from, x.to, TICKS).map((value) => {
      const place = at(across(value))
      return `<path class="grid" d="M${place} ${top}V${bottom}"/><text class="ink" x="${place}" y="${bottom + 18}" text-anchor="middle">${text(x.say(value))}</text>`
    }),
    ...ticks(y.from, y.to, TICKS).map((value) => {
      const place = at(up(value))
      return `<path class="grid" d="M${left} ${place}H${right}"/><text class="ink" x="${left - 8}" y="${at(up(value) + 4)}" text-anchor="end">${text(y.say(value))}</text>`
    }),
  ]
  const path = line<Point>(
    (point) => across(point.x),
    (point) => up(point.y),
  ).digits(1)
  const drawn = series.map(({ points }, i) =>
    marks === "line"
      ? `<path class="line s${i}" d="${path(points) ?? ""}"/>`
      : points
          .map(({ x: place, y: value, low = value, high = value }) => {
            const middle = at(across(place) + 3 * i)
            return `<path class="s${i}" d="M${middle} ${at(up(low))}V${at(up(high))}"/><circle class="s${i}" cx="${middle}" cy="${at(up(value))}" r="4"/>`
          })
          .join(""),
  )
  const keys = series.map(({ name }, i) => {
    const begin = left + i * 160
    return `<path class="line key s${i}" d="M${begin} 22h26"/><text class="ink" x="${begin + 32}" y="26">${text(name)}</text>`
  })
  const even = Math.max(x.from, y.from)
  const end = Math.min(x.to, y.to)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${text(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    ...grid,
    ...(diagonal ? [`<path class="even" d="M${at(across(even))} ${at(up(even))}L${at(across(end))} ${at(up(end))}"/>`] : []),
    ...drawn,
    ...keys,
    `<text class="ink" x="${(left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${text(x.label)}</text>`,
    `<text class="ink" transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${text(y.label)}</text>`,
    "</svg>\n",
  ].join("\n")
}
