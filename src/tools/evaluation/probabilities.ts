import { abstentionCurve, operatingAt } from "./abstention"
import { calibrate } from "./calibration"
import { drawChart } from "./chart"
import type { Judged } from "./judge"
import { number, type Section } from "./section"

/** All that was said with dates, or without. */
export interface Mode {
  readonly name: string
  readonly own: readonly Judged[]
}

/** Bars of probability at which the curve is told in numbers; the engine's own is the first. */
const BARS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98]
const percent = (value: number) => `${Math.round(100 * value)} %`

/** How far stated probabilities can be trusted, in numbers and as a picture. */
export function calibrationSection(modes: readonly Mode[]): Section {
  const told = modes.map(({ name, own }) => ({ name, ...calibrate(own.flatMap(({ claims }) => claims)) }))
  const lowest = Math.min(0.9, ...told.flatMap(({ bins }) => bins.map(({ from }) => from)))
  const errors = told.map(({ name, error }) => `${number(error)} ${name}`).join(", ")
  return {
    level: 2,
    heading: "Calibration",
    text: `Of all claims stated with 0.9, nine in ten should be right. Expected calibration error over ten equal bins: ${errors}. Bars in the picture are 95 % intervals.`,
    rows: [
      ["stated probability", ...told.flatMap(({ name }) => [`${name}: claims`, "mean stated", "right"])],
      ...[...new Set(told.flatMap(({ bins }) => bins.map(({ from }) => from)))].sort().map((from) => [
        `${from.toFixed(1)} to ${(from + 0.1).toFixed(1)}`,
        ...told.flatMap(({ bins }) => {
          const bin = bins.find((one) => one.from === from)
          return bin ? [String(bin.claims), number(bin.stated), number(bin.right)] : ["0", "-", "-"]
        }),
      ]),
    ],
    picture: {
      name: "calibration.svg",
      alt: "Share of claims that were right against the probability stated",
      svg: drawChart({
        title: "Share of claims that were right against the probability stated, with and without dates",
        x: { label: "probability stated", from: lowest, to: 1, say: percent },
        y: { label: "right", from: 0, to: 1, say: percent },
        series: told.map(({ name, bins }) => ({
          name,
          points: bins.map(({ stated, right, low, high }) => ({ x: stated, y: right, low, high })),
        })),
        marks: "points",
        diagonal: true,
      }),
    },
  }
}

/** What more caution would buy. */
export function abstentionSection(modes: readonly Mode[]): Section {
  const curves = modes.map(({ name, own }) => ({
    name,
    points: abstentionCurve(own).flatMap(({ abstained, error }) => (error === null ? [] : [{ x: abstained, y: error }])),
  }))
  const highest = Math.max(0.02, ...curves.flatMap(({ points }) => points.map(({ y }) => y)))
  return {
    level: 2,
    heading: "Abstention against error",
    text: "What holding back every claim below a bar would do: the share of models with a parent of which nothing is said, and the share of what is said that is wrong. The curve begins where the engine's own bar leaves it.",
    rows: [
      ["bar", ...modes.flatMap(({ name }) => [`${name}: nothing said`, "claims", "of these wrong"])],
      ...BARS.map((bar) => [
        bar.toFixed(2),
        ...modes.flatMap(({ own }) => {
          const { abstained, claims, error } = operatingAt(own, bar)
          return [number(abstained), String(claims), number(error)]
        }),
      ]),
    ],
    picture: {
      name: "abstention.svg",
      alt: "Share of wrong claims against the share of models of which nothing is said",
      svg: drawChart({
        title: "Share of wrong claims against the share of models of which nothing is said, as the bar on probability rises",
        x: { label: "models with a parent of which nothing is said", from: 0, to: 1, say: percent },
        y: { label: "claims that are wrong", from: 0, to: highest, say: (value) => `${(100 * value).toFixed(1)} %` },
        series: curves,
        marks: "line",
      }),
    },
  }
}
