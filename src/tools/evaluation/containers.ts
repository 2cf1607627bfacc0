import type { Outcome } from "./inspect"
import { expectedStorage, saysStorage } from "./storage"
import { type ContainerTruthModel, expectedVerdict, type TruthModel } from "./truth"

/** How the answer about one container stands to the truth. */
export interface ContainerAnswer {
  readonly id: string
  readonly time: boolean
  readonly container: ContainerTruthModel["container"]
  /** The true relation. */
  readonly relation: string
  /** The true direct parent is the one named. */
  readonly parent: boolean
  /** That, or a model of equal weights that does not come from this one: a copy, a cast, the same in another container. */
  readonly parentOrTwin: boolean
  /** Relation, storage (container, scheme, bits) and verdict as they should be, whatever parent is named. */
  readonly relationRight: boolean
  /** Some parent is named. */
  readonly named: boolean
  readonly storageRight: boolean
  readonly verdictRight: boolean
  readonly abstained: boolean
  /** What was said instead and why, in words; empty where all is right. */
  readonly wrong: readonly string[]
}

/**
 * Holds every answer against the truth. The parent that counts is the one with the largest share.
 * @param full the models that containers were made from
 * @param containers all of them; those without an outcome were not asked about
 */
export function judgeContainers(
  full: readonly TruthModel[],
  containers: readonly ContainerTruthModel[],
  outcomes: readonly Outcome[],
): ContainerAnswer[] {
  const all = new Map([...full, ...containers].map((model) => [model.id, model]))
  const models = new Map(containers.map((model) => [model.id, model]))
  return outcomes.flatMap((outcome) => {
    const model = models.get(outcome.id)
    return model ? [judge(all, model, outcome)] : []
  })
}

function judge(all: ReadonlyMap<string, TruthModel>, model: ContainerTruthModel, outcome: Outcome): ContainerAnswer {
  const [truth] = model.parents
  const [said] = outcome.parents
  const kinOf = said && truth ? kinship(all, model.id, truth.id, said.id) : null
  const parent = kinOf === "parent"
  const parentOrTwin = parent || kinOf === "twin"
  const sameWeights = (relation: string) => relation === "copy" || relation === "precision"
  // Of a twin of its parent a cast may be a copy, and the other way round.
  const relationRight =
    said?.relation === truth?.relation ||
    (kinOf === "twin" && said !== undefined && truth !== undefined && sameWeights(said.relation) && sameWeights(truth.relation))
  const expected = expectedStorage(model)
  const storageRight = saysStorage(expected, outcome.weights)
  const [verdict, due] = [outcome.verdict ?? "failed", expectedVerdict(model)]
  return {
    ...{ id: model.id, time: outcome.time, container: model.container, relation: truth?.relation ?? "none" },
    ...{
      parent,
      parentOrTwin,
      named: said !== undefined,
      relationRight,
      storageRight,
      verdictRight: verdict === due,
      abstained: verdict === "unverified",
    },
    wrong: [
      ...(outcome.verdict === null ? [`not inspected: ${outcome.reason}`] : []),
      ...(parent || outcome.verdict === null
        ? []
        : [`${said ? `${said.id} (${kinOf})` : "nothing"} for ${truth?.id}${unmet(outcome, truth?.id)}`]),
      ...(relationRight || !said ? [] : [`${said.relation} for ${truth?.relation}`]),
      ...(storageRight || !outcome.weights
        ? []
        : [`"${outcome.weights.text}" for ${expected.map(({ format, text }) => `${format} ${text}`).join(" or ")}`]),
      ...(verdict === due || outcome.verdict === null ? [] : [`${verdict} for ${due}`]),
    ],
  }
}

/** Why the true parent could not be named, if it was never held against the model. */
function unmet({ compared, notCompared }: Outcome, parent: string | undefined): string {
  if (compared.some(({ id }) => id === parent)) return ""
  const reason = notCompared.find(({ id }) => id === parent)?.reason
  return reason === undefined ? ", which was not among the candidates" : `, not compared: ${reason}`
}

/** What the model named is, seen from the one it was named for. */
function kinship(all: ReadonlyMap<string, TruthModel>, child: string, parent: string, said: string): string {
  if (said === parent) return "parent"
  const up = (id: string): string[] => all.get(id)?.parents.flatMap((edge) => [edge.id, ...up(edge.id)]) ?? []
  const original = (id: string): string => {
    const same = all.get(id)?.parents.find(({ relation }) => relation === "copy" || relation === "precision")
    return same ? original(same.id) : id
  }
  if (up(said).includes(child)) return "descendant"
  if (original(said) === original(parent)) return "twin"
  if (up(child).includes(said)) return "ancestor"
  const [mine, theirs] = [all.get(child)?.family, all.get(said)?.family]
  return mine === theirs ? "relative" : "stranger"
}
