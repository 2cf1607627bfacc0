import { locale, t } from "./i18n"

/** Numbers as people read them, in the person's language. */

const number = (digits: number) => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits })

export const count = (value: number): string => number(0).format(value)

/** A small number with two digits behind the point. */
export const decimal = (value: number): string => number(2).format(value)

/** Bytes in decimal units, as the Hub shows them. */
export function bytes(value: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const
  let index = 0
  let scaled = value
  while (scaled >= 1000 && index < units.length - 1) {
    scaled /= 1000
    index += 1
  }
  const digits = index === 0 || scaled >= 100 ? 0 : 1
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: units[index] ?? "byte",
    unitDisplay: index === 0 ? "long" : "short",
    maximumFractionDigits: digits,
  }).format(scaled)
}

/** Milliseconds as such below a tenth of a second, as seconds below two minutes, else as minutes. */
export function duration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 100) return unit(milliseconds, "millisecond", 0)
  const seconds = Math.max(0, milliseconds) / 1000
  const [value, name] = seconds < 120 ? [seconds, "second"] : [seconds / 60, "minute"]
  const digits = value < 10 && name === "second" ? 1 : 0
  return unit(value, name, digits)
}

const unit = (value: number, name: string, digits: number): string =>
  new Intl.NumberFormat(locale(), { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits }).format(value)

/** A countdown: whole seconds, rounded up. */
export const countdown = (milliseconds: number): string => duration(Math.ceil(Math.max(0, milliseconds) / 1000) * 1000)

/** A probability as percent; never rounded up to certainty, nor down to impossibility. */
export function percent(value: number): string {
  const format = new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 })
  if (value > 0.999 && value < 1) return `> ${format.format(0.999)}`
  if (value < 0.001 && value > 0) return `< ${format.format(0.001)}`
  return format.format(value)
}

/** A measured share as percent, with as many digits as say something. */
export const part = (value: number): string =>
  new Intl.NumberFormat(locale(), {
    style: "percent",
    ...(value >= 0.1 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 2 }),
  }).format(value)

/** A factor. */
export const times = (value: number): string => number(2).format(value)

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A long time, given in milliseconds, in its largest sensible unit. */
export function span(milliseconds: number): string {
  const days = milliseconds / DAY
  const [value, unit] = days < 1 ? [milliseconds / HOUR, "hour"] : days < 60 ? [days, "day"] : [days / 30.4, "month"]
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(Math.max(1, value))
}

/** A calibrated probability in words. */
export function likelihood(value: number): string {
  if (value >= 0.99) return t("likelihood_certain")
  if (value >= 0.9) return t("likelihood_very")
  if (value >= 0.75) return t("likelihood_likely")
  return t("likelihood_possible")
}

/** A p-value: plain down to a thousandth, below that as a power of ten. */
export function chance(p: number): string {
  if (p >= 0.001) return number(3).format(p)
  if (p <= 0) return "< 10⁻³⁰⁰"
  const superscript = String(Math.floor(Math.log10(p))).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)] ?? c)))
  return `10${superscript}`
}

/** Words joined by the language's own "and". */
export const list = (words: readonly string[]): string => new Intl.ListFormat(locale(), { type: "conjunction" }).format(words)
