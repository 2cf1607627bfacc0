import type { Failure } from "~src/core/errors"
import { rankMembers } from "~src/lineage/adapter"
import { familyEvidence, pairKey } from "~src/lineage/family"
import { type PairEvidence, wasCompared } from "~src/lineage/types"
import type { Gathered } from "./gather"
import type { Engine } from "./inspect-types"
import type { Pairing } from "./pairing"

/** The models read, sorted into those that may be family and those that are not. */
export interface Kin {
  /** The target first. */
  readonly members: readonly Gathered[]
  /** Evidence of every pair of members, by `pairKey`. */
  readonly pairs: ReadonlyMap<number, PairEvidence>
  /** Every model compared, with the probability that it is related. */
  readonly compared: readonly { readonly id: string; readonly related: number }[]
  readonly strangers: readonly { readonly id: string; readonly pair: PairEvidence }[]
  /** Models that could be read and not compared. */
  readonly incomparable: readonly { readonly id: string; readonly failure: Failure }[]
}

/** Bases that are charted with an adapter: the likeliest, and what shares weights with them. */
const MOST_BASES = 12

/** Relatives of a model with weights of its own: those whose weights it shares. Other people's adapters are none. */
export function kinByWeights(target: Gathered, readable: readonly Gathered[], pairing: Pairing): Kin {
  const others = readable.filter(({ member }) => member.fingerprint.facts.adapter === null)
  const compared = others.map((entry) => ({ entry, id: entry.record.id, pair: pairing.withTarget(entry.record.id) as PairEvidence }))
  const relatives = compared.filter(({ pair }) => pair.related >= 0.5)
  const related = [target, ...relatives.map(({ entry }) => entry)]
  const members = [...related, ...adaptersOf(related, readable)]
  const pairs = new Map<number, PairEvidence>()
  for (const [i, { id: a, pair }] of relatives.entries()) {
    pairs.set(pairKey(members.length, 0, i + 1), pair)
    for (const [j, { id: b }] of relatives.slice(0, i).entries())
      pairs.set(pairKey(members.length, j + 1, i + 1), pairing.between(b, a) as PairEvidence)
  }
  return {
    members,
    pairs,
    compared: compared.filter(({ pair }) => wasCompared(pair)).map(({ id, pair }) => ({ id, related: pair.related })),
    strangers: compared.filter(({ pair }) => pair.related < 0.5 && wasCompared(pair)),
    incomparable: compared
      .filter(({ pair }) => !wasCompared(pair))
      .map(({ id, entry }) => ({ id, failure: nothingInCommon(target, entry) })),
  }
}

/** Adapters whose files name one of the members: they share no weights with it, and belong to its family all the same. */
function adaptersOf(members: readonly Gathered[], readable: readonly Gathered[]): Gathered[] {
  const ids = new Set(members.map(({ record }) => record.id))
  return readable.filter(
    ({ member }) => member.fingerprint.facts.adapter && member.fingerprint.facts.origins.some((origin) => ids.has(origin)),
  )
}

/**
 * What an adapter may have been trained on: an adapter has no weights to match, so the models are ranked by how it fits them.
 * @throws PedigreeError when the runtime is lost; AbortError when `signal` fires
 */
export async function kinByFit(engine: Engine, target: Gathered, readable: readonly Gathered[], signal: AbortSignal): Promise<Kin> {
  const ranked = rankMembers(
    target.member,
    readable.map(({ member }) => member),
  )
  const likely = ranked.filter(({ probability }) => probability > 0).slice(0, MOST_BASES)
  const members = [target, ...likely.map(({ index }) => readable[index] as Gathered)]
  return {
    members,
    pairs: await familyEvidence(
      members.map(({ member }) => member),
      engine.statistics,
      signal,
    ),
    compared: ranked.map(({ index, probability }) => ({ id: (readable[index] as Gathered).record.id, related: probability })),
    strangers: [],
    incomparable: [],
  }
}

function nothingInCommon(target: Gathered, other: Gathered): Failure {
  const starved = [target, other].some(({ member }) => member.fingerprint.slabs.length === 0)
  return starved
    ? { code: "no-weights", message: "The budget left no room to read weights.", advice: "Raise the budget per model." }
    : {
        code: "unsupported",
        message: "It has no tensor of the same name and shape to compare.",
        advice: "Compare models of one architecture.",
      }
}
