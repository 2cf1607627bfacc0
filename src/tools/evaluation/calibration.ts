/** Lower bounds of the bins; nothing below the engine's bar is ever claimed, so they are narrow where claims are dense. */
const BOUNDS = [0, 0.7, 0.8, 0.9, 0.97]

export interface Bin {
  readonly from: number
  readonly to: number
  readonly claims: number
  /** Mean probability stated, and the share that was right. */
  readonly stated: number
  readonly right: number
}

export interface Calibration {
  readonly bins: readonly Bin[]
  /** Expected calibration error: the bins' differences between stated and right, weighted by their claims; null without claims. */
  readonly error: number | null
}

export function calibrate(claims: readonly { readonly probability: number; readonly right: boolean }[]): Calibration {
  const bins = BOUNDS.map((from, i): Bin => {
    const to = BOUNDS[i + 1] ?? 1
    const own = claims.filter(({ probability }) => probability >= from && (probability < to || i === BOUNDS.length - 1))
    const mean = (value: (claim: (typeof own)[number]) => number) =>
      own.length === 0 ? 0 : own.reduce((sum, claim) => sum + value(claim), 0) / own.length
    return { from, to, claims: own.length, stated: mean((claim) => claim.probability), right: mean((claim) => (claim.right ? 1 : 0)) }
  })
  const weighted = bins.reduce((sum, bin) => sum + bin.claims * Math.abs(bin.stated - bin.right), 0)
  return { bins, error: claims.length === 0 ? null : weighted / claims.length }
}
