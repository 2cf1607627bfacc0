import type { Claim } from "./judge"

type Stated = Pick<Claim, "probability" | "truth">

/** Ten bins of equal width, as is usual (Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, have 15). */
const BINS = 10

export interface Bin {
  readonly from: number
  readonly to: number
  readonly claims: number
  /** Mean probability stated, and the share that was right, with the bounds of its 95 % interval (Wilson). */
  readonly stated: number
  readonly right: number
  readonly low: number
  readonly high: number
}

export interface Calibration {
  /** Bins that hold a claim. */
  readonly bins: readonly Bin[]
  /** Expected calibration error: the bins' differences between stated and right, weighted by their claims; null without claims. */
  readonly error: number | null
}

/** A claim is right where its edge is: child, parent and direction. */
export function calibrate(claims: readonly Stated[]): Calibration {
  const bins = Array.from({ length: BINS }, (_, i): Bin => {
    const own = claims.filter(({ probability }) => Math.min(BINS - 1, Math.floor(probability * BINS)) === i)
    const hits = own.filter(({ truth }) => truth !== null).length
    const stated = own.reduce((sum, { probability }) => sum + probability, 0) / own.length
    return { from: i / BINS, to: (i + 1) / BINS, claims: own.length, stated, right: hits / own.length, ...wilson(hits, own.length) }
  }).filter((bin) => bin.claims > 0)
  const weighted = bins.reduce((sum, bin) => sum + bin.claims * Math.abs(bin.stated - bin.right), 0)
  return { bins, error: claims.length === 0 ? null : weighted / claims.length }
}

/** Wilson's interval of a share, at 95 %. */
function wilson(hits: number, of: number): { low: number; high: number } {
  const z = 1.96
  const share = hits / of
  const middle = share + (z * z) / (2 * of)
  const reach = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  const scale = 1 + (z * z) / of
  return { low: (middle - reach) / scale, high: (middle + reach) / scale }
}
