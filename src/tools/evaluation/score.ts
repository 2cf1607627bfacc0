import { type Calibration, calibrate } from "./calibration"
import type { Outcome } from "./inspect"
import { expectedVerdict, kinship, type TruthModel } from "./truth"

/** How many of how many. */
export interface Share {
  readonly hits: number
  readonly of: number
}

export interface Score {
  readonly models: number
  /** Claimed edges that are right in child, parent and direction. */
  readonly precision: Share
  /** True edges that were claimed. */
  readonly recall: Share
  readonly f1: number | null
  /** True edges found in either direction, and how many of those claims point the right way. */
  readonly skeleton: Share
  readonly direction: Share
  readonly relation: Share
  readonly verdict: Share
  /** Undocumented and contradicted, where that is the truth. */
  readonly flags: Share
  readonly abstained: number
  readonly failed: number
  /** True edges whose parent was found and read; independent models among those compared that were taken for relatives. */
  readonly reached: Share
  readonly strangers: Share
  /** Claims of an exact copy of the true parent: counted as wrong. */
  readonly twins: number
  /** Claims between independent families, of all pairs of one architecture from independent families. */
  readonly falseEdges: Share
  /** Claims between models that share nothing but the seed of their initialisation. */
  readonly sharedSeeds: number
  /** Merges whose parents were all found; mean error of the shares of those found. */
  readonly merges: Share
  readonly shareError: number | null
  readonly calibration: Calibration
  /** "true > said" with counts, commonest first: relations of right edges, verdicts. */
  readonly relationConfusions: readonly (readonly [string, number])[]
  readonly verdictConfusions: readonly (readonly [string, number])[]
}

const part = <T>(list: readonly T[], holds: (item: T) => boolean): Share => ({ hits: list.filter(holds).length, of: list.length })

/**
 * Scores the answers about the models that `within` picks; an edge belongs to its child.
 * @param truth the whole split
 * @param outcomes of one mode; models without an outcome were not asked about
 */
export function score(truth: readonly TruthModel[], outcomes: readonly Outcome[], within: (model: TruthModel) => boolean): Score {
  const kin = kinship(truth)
  const answers = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
  const asked = truth.filter((model) => answers.has(model.id) && within(model))
  const answerOf = ({ id }: TruthModel) => answers.get(id) as Outcome
  const names = new Set(outcomes.flatMap(({ id, parents }) => parents.map((parent) => `${parent.id} ${id}`)))

  const edges = asked.flatMap((child) => child.parents.map((parent) => ({ ...parent, child })))
  const claims = asked.flatMap((child) =>
    answerOf(child).parents.map((claim) => ({ ...claim, child, truth: child.parents.find(({ id }) => id === claim.id) })),
  )
  const right = claims.flatMap((claim) => (claim.truth ? [{ ...claim, truth: claim.truth }] : []))
  const found = edges.filter(({ id, child }) => names.has(`${id} ${child.id}`))
  const reversed = edges.filter(({ id, child }) => names.has(`${child.id} ${id}`))
  const either = new Set([...found, ...reversed]).size
  const verdicts = asked.map((model) => ({ said: answerOf(model).verdict ?? "failed", expected: expectedVerdict(model) }))
  const merges = asked.filter(({ parents }) => parents.length > 1)
  const shares = right.filter(({ child }) => child.parents.length > 1).map((claim) => Math.abs(claim.share - claim.truth.share))

  const precision = { hits: right.length, of: claims.length }
  const recall = { hits: found.length, of: edges.length }
  return {
    models: asked.length,
    precision,
    recall,
    f1: precision.of + recall.of === 0 ? null : (2 * right.length) / (precision.of + recall.of),
    skeleton: { hits: either, of: edges.length },
    direction: { hits: found.length, of: found.length + reversed.length },
    relation: part(right, (claim) => claim.relation === claim.truth.relation),
    verdict: part(verdicts, ({ said, expected }) => said === expected),
    flags: part(
      verdicts.filter(({ said }) => said === "undocumented" || said === "contradicted"),
      ({ said, expected }) => said === expected,
    ),
    abstained: verdicts.filter(({ said }) => said === "unverified").length,
    failed: verdicts.filter(({ said }) => said === "failed").length,
    reached: part(edges, ({ id, child }) => answerOf(child).compared.some((other) => other.id === id)),
    strangers: part(
      asked.flatMap((model) => answerOf(model).compared.filter(({ id }) => kin.independent(id, model.id))),
      ({ related }) => related >= 0.5,
    ),
    twins: claims.filter(({ id, child, truth }) => !truth && child.parents.some((parent) => kin.twins(parent.id, id))).length,
    falseEdges: {
      hits: claims.filter(({ id, child }) => kin.independent(id, child.id)).length,
      of: pairsOf(truth, asked, kin.independent),
    },
    sharedSeeds: claims.filter(({ id, child }) => kin.sharesSeed(id, child.id)).length,
    merges: part(merges, (model) => model.parents.every(({ id }) => names.has(`${id} ${model.id}`))),
    shareError: shares.length === 0 ? null : shares.reduce((sum, error) => sum + error, 0) / shares.length,
    calibration: calibrate(claims.map(({ probability, truth }) => ({ probability, right: truth !== undefined }))),
    relationConfusions: confusions(right.map((claim) => [claim.truth.relation, claim.relation])),
    verdictConfusions: confusions(verdicts.map(({ expected, said }) => [expected, said])),
  }
}

/** Unordered pairs of one architecture of which one at least was asked about. */
function pairsOf(truth: readonly TruthModel[], asked: readonly TruthModel[], independent: (a: string, b: string) => boolean): number {
  const mine = new Set(asked.map(({ id }) => id))
  return truth.reduce(
    (sum, a, i) =>
      sum +
      truth.slice(i + 1).filter((b) => a.architecture === b.architecture && (mine.has(a.id) || mine.has(b.id)) && independent(a.id, b.id))
        .length,
    0,
  )
}

function confusions(pairs: readonly (readonly [string, string])[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const [expected, said] of pairs)
    if (expected !== said) counts.set(`${expected} > ${said}`, (counts.get(`${expected} > ${said}`) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}
