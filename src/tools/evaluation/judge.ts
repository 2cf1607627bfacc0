import type { Verdict } from "~src/core/words"
import type { Counts, RelationCounts, Share } from "./counts"
import type { Outcome } from "./inspect"
import { expectedVerdict, kinship, type Split, type TruthModel } from "./truth"

/** One claim of a parent, held against the truth. */
export interface Claim {
  readonly relation: string
  readonly probability: number
  /** The true relation where child, parent and direction are right, else null. */
  readonly truth: string | null
  /** What a wrong claim names: an exact copy of the true parent, a model that shares nothing, one that shares the seed alone. */
  readonly fault: "twin" | "stranger" | "seed" | "other" | null
}

/** What was said of one model, held against the truth. */
export interface Judged {
  readonly split: string
  readonly model: TruthModel
  readonly time: boolean
  readonly claims: readonly Claim[]
  readonly counts: Counts
  readonly verdict: { readonly said: Verdict | "failed"; readonly expected: Verdict }
  /** True parents that were found and read; independent models among those compared that were taken for relatives. */
  readonly reached: Share
  readonly strangers: Share
  /** Unseen parents stated, and whether there is one that nobody can read; such a claim is no edge when it is right. */
  readonly ghosts: Share
}

/** Holds the answers about a split's models against the truth, each mode for itself; models without an outcome were not asked about. */
export function judge({ name, models }: Split, outcomes: readonly Outcome[]): Judged[] {
  const kin = kinship(models)
  return [true, false].flatMap((time) => {
    const answers = new Map(outcomes.flatMap((outcome) => (outcome.time === time ? [[outcome.id, outcome] as const] : [])))
    const named = new Set([...answers.values()].flatMap(({ id, parents }) => parents.map((parent) => `${parent.id} ${id}`)))
    return models.flatMap((model) => {
      const outcome = answers.get(model.id)
      return outcome ? [judgeModel(name, model, outcome, models, kin, named)] : []
    })
  })
}

function judgeModel(
  split: string,
  model: TruthModel,
  outcome: Outcome,
  models: readonly TruthModel[],
  kin: ReturnType<typeof kinship>,
  named: ReadonlySet<string>,
): Judged {
  const unread = (id: string) => model.closed.includes(id) || (id.startsWith("ghost:") && model.closed.length > 0)
  const ghosts = outcome.parents.filter(({ ghost }) => ghost)
  const stated = outcome.parents.filter(({ id, ghost }) => !(ghost && unread(id)))
  const pairs = stated.map((claim) => ({ claim, truth: model.parents.find(({ id }) => id === claim.id) }))
  const claims = pairs.map(({ claim, truth }): Claim => {
    const twin = model.parents.some(({ id }) => kin.twins(id, claim.id))
    const stranger = !claim.ghost && kin.independent(claim.id, model.id)
    const fault = twin ? "twin" : stranger ? "stranger" : kin.sharesSeed(claim.id, model.id) ? "seed" : "other"
    return { relation: claim.relation, probability: claim.probability, truth: truth?.relation ?? null, fault: truth ? null : fault }
  })
  const edges = model.parents.map(({ id, relation }) => ({
    relation,
    found: named.has(`${id} ${model.id}`),
    reversed: named.has(`${model.id} ${id}`),
  }))
  const several = model.parents.length > 1
  const errors = pairs.flatMap(({ claim, truth }) => (several && truth ? [Math.abs(claim.share - truth.share)] : []))
  const others = models.filter((other) => other.architecture === model.architecture && kin.independent(other.id, model.id))
  const compared = outcome.compared.filter(({ id }) => kin.independent(id, model.id))
  return {
    ...{ split, model, time: outcome.time, claims },
    counts: {
      models: 1,
      claims: claims.length,
      right: claims.filter(({ truth }) => truth !== null).length,
      edges: edges.length,
      found: edges.filter(({ found }) => found).length,
      reversed: edges.filter(({ reversed }) => reversed).length,
      relations: relationCounts(edges, claims),
      merges: { hits: several && edges.every(({ found }) => found) ? 1 : 0, of: several ? 1 : 0 },
      shareErrors: { sum: errors.reduce((sum, error) => sum + error, 0), of: errors.length },
      falseEdges: { hits: claims.filter(({ fault }) => fault === "stranger").length, of: others.length / 2 },
    },
    verdict: { said: outcome.verdict ?? "failed", expected: expectedVerdict(model) },
    reached: {
      hits: model.parents.filter(({ id }) => outcome.compared.some((other) => other.id === id)).length,
      of: model.parents.length,
    },
    strangers: { hits: compared.filter(({ related }) => related >= 0.5).length, of: compared.length },
    ghosts: { hits: ghosts.filter(({ id }) => unread(id)).length, of: ghosts.length },
  }
}

function relationCounts(edges: readonly { relation: string; found: boolean }[], claims: readonly Claim[]): Record<string, RelationCounts> {
  const names = new Set([...edges.map(({ relation }) => relation), ...claims.map(({ relation }) => relation)])
  return Object.fromEntries(
    [...names].map((name) => {
      const [own, said] = [edges.filter(({ relation }) => relation === name), claims.filter(({ relation }) => relation === name)]
      return [
        name,
        {
          edges: own.length,
          found: own.filter(({ found }) => found).length,
          said: said.length,
          saidOfFound: said.filter(({ truth }) => truth !== null).length,
          right: said.filter(({ truth }) => truth === name).length,
        },
      ]
    }),
  )
}
