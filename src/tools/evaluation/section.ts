/** A part of the report: under a heading what there is to know, a table (the first row names the columns) and a picture. */
export interface Section {
  /** Empty where it goes on under the heading before. */
  readonly heading: string
  /** 1 for the report's parts, 2 within them. */
  readonly level: 1 | 2
  readonly text?: string
  readonly rows?: readonly (readonly string[])[]
  /** Written to docs/images under this name. */
  readonly picture?: { readonly name: string; readonly alt: string; readonly svg: string }
}

export const MODES = [
  { time: true, name: "with dates" },
  { time: false, name: "without dates" },
] as const

/** A number, or a dash where there is none. */
export const number = (value: number | null, digits = 3): string =>
  value === null || !Number.isFinite(value) ? "-" : value.toFixed(digits)
export const ratio = ({ hits, of }: { readonly hits: number; readonly of: number }, digits = 3): string =>
  number(of === 0 ? null : hits / of, digits)
export const counted = (share: { readonly hits: number; readonly of: number }): string =>
  share.of === 0 ? "-" : `${ratio(share)} (${share.hits} of ${share.of})`
