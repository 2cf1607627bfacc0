import { calibrate } from "./calibration"
import { addCounts, addShares, type Counts, type Share } from "./counts"
import type { Judged } from "./judge"

/** What the answers about some models in one mode amount to. */
export interface Score extends Counts {
  readonly verdict: Share
  /** Undocumented and contradicted, where that is the truth. */
  readonly flags: Share
  readonly abstained: number
  readonly failed: number
  readonly reached: Share
  readonly strangers: Share
  readonly ghosts: Share
  /** Wrong claims of an exact copy of the true parent; claims between models that share nothing but the seed of their initialisation. */
  readonly twins: number
  readonly sharedSeeds: number
  /** Expected calibration error; null without claims. */
  readonly ece: number | null
}

const part = <T>(list: readonly T[], holds: (item: T) => boolean): Share => ({ hits: list.filter(holds).length, of: list.length })

export function score(judged: readonly Judged[]): Score {
  const verdicts = judged.map(({ verdict }) => verdict)
  const claims = judged.flatMap((one) => one.claims)
  const right = ({ said, expected }: Judged["verdict"]) => said === expected
  return {
    ...addCounts(judged.map(({ counts }) => counts)),
    verdict: part(verdicts, right),
    flags: part(
      verdicts.filter(({ said }) => said === "undocumented" || said === "contradicted"),
      right,
    ),
    abstained: verdicts.filter(({ said }) => said === "unverified").length,
    failed: verdicts.filter(({ said }) => said === "failed").length,
    reached: addShares(judged.map(({ reached }) => reached)),
    strangers: addShares(judged.map(({ strangers }) => strangers)),
    ghosts: addShares(judged.map(({ ghosts }) => ghosts)),
    twins: claims.filter(({ fault }) => fault === "twin").length,
    sharedSeeds: claims.filter(({ fault }) => fault === "seed").length,
    ece: calibrate(claims).error,
  }
}

/** "true > said" with counts, commonest first. */
export function confusions(pairs: readonly (readonly [truth: string, said: string])[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const [truth, said] of pairs) if (truth !== said) counts.set(`${truth} > ${said}`, (counts.get(`${truth} > ${said}`) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}
