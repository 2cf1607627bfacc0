import type { Judged } from "./judge"

/** What holding back claims below a bar would do. */
export interface Operating {
  readonly bar: number
  /** Share of the models with a parent about which nothing would be claimed. */
  readonly abstained: number
  /** Share of the claims left that are wrong; null where none is left. */
  readonly error: number | null
  readonly claims: number
}

/** One point for every probability stated, from all claims to none: what the engine held back itself stays unclaimed. */
export function abstentionCurve(judged: readonly Judged[]): Operating[] {
  const claims = judged.flatMap((one) => one.claims)
  return [...new Set([0, ...claims.map(({ probability }) => probability)])].sort((a, b) => a - b).map((bar) => operatingAt(judged, bar))
}

export function operatingAt(judged: readonly Judged[], bar: number): Operating {
  const children = judged.filter(({ counts }) => counts.edges > 0)
  const kept = judged.flatMap((one) => one.claims.filter(({ probability }) => probability >= bar))
  const answered = children.filter((one) => one.claims.some(({ probability }) => probability >= bar))
  return {
    bar,
    abstained: children.length === 0 ? 0 : 1 - answered.length / children.length,
    error: kept.length === 0 ? null : kept.filter(({ truth }) => truth === null).length / kept.length,
    claims: kept.length,
  }
}
