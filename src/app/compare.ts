import type { Call } from "~src/hub/types"
import { rowMatchEvidence } from "~src/lineage/evidence"
import { chartFamily, familyEvidence } from "~src/lineage/family"
import { withRelations } from "~src/lineage/learned-relation"
import { CONFIDENCE_BAR } from "~src/lineage/verdict"
import { describeParent, namedRelation, pairOf } from "./conclude"
import { gather, withHints } from "./gather"
import type { Engine, InspectOptions } from "./inspect-types"
import { CostMeter } from "./meter"
import type { CompareReport } from "./report"

/**
 * Compares two models: do they share weights, by what relation, and which came first?
 * @throws PedigreeError when either cannot be read
 */
export async function compareModels(engine: Engine, a: string, b: string, options: InspectOptions): Promise<CompareReport> {
  const started = engine.now()
  const meter = new CostMeter()
  const call: Call = { signal: options.signal, meter }
  const [first, second] = await Promise.all(
    [a, b].map(async (model) => {
      const [id, revision] = model.split("@") as [string, string | undefined]
      const read = await gather(engine, await engine.hub.model(id, revision ?? null, call), options, call)
      return withHints(engine, read, call)
    }),
  )
  if (!first || !second) throw new Error("two models expected")
  const members = [first.member, second.member]
  const charted = chartFamily(members, await familyEvidence(members, engine.statistics, options.signal))
  const family = await withRelations(charted, engine.statistics.scorers, options.signal)
  const cost = () => meter.cost(engine.now() - started, engine.statistics.provider)
  const pair = pairOf(family, 0, 1)
  if (!pair) throw new Error("the pair was not compared")
  const base = { schema: "pedigree/compare@1" as const, a: first.record.id, b: second.record.id, related: pair.related }
  const undecided = { parent: null, probability: 0.5, basis: [] }
  // Shapes alone let many an adapter fit many a model: below the bar that is no relation.
  const edge = family.edges.find(({ kind, attachment }) => kind !== "adapter" || attachment >= CONFIDENCE_BAR)
  if (!edge) {
    const shared = family.sharedInit.length > 0
    return {
      ...base,
      relation: shared ? "shared-init" : null,
      relationProbability: shared ? pair.related : pair.related >= 0.5 ? 0 : 1 - pair.related,
      direction: undecided,
      evidence: [rowMatchEvidence(pair, second.record.id)],
      cost: cost(),
    }
  }
  const described = describeParent(family, edge)
  // An adapter has no rows in common with its base: how well it fits is what relates them.
  const related = edge.kind === "adapter" ? described.probability : pair.related
  return {
    ...base,
    related,
    relation: described.relation,
    relationProbability: edge.kind === "adapter" ? related : related * namedRelation(family, edge).probability,
    direction: edge.direction > 0.5 ? { parent: described.id, probability: edge.direction, basis: edge.basis } : undecided,
    evidence: described.evidence,
    cost: cost(),
  }
}
