import { isGrown } from "./forms"
import type { Mixture } from "./merge"
import { trainedAgreement } from "./shared-init"
import type { TwinClass } from "./twins"
import type { Evidences, Member, PairEvidence } from "./types"

/** Log-odds of the file facts. config.json's origin is written by the library itself; cards are written by hand. */
const NAMED_ORIGIN = 4
export const DECLARED = 1.5
const OLDER_LIBRARY = -1
const NEWER_LIBRARY = 0.4
/** Log-odds that a mixture of experts was grown from a dense relative. */
const GROWN = 6
/** Log-odds that the base of a merge of selected elements came before a part: a task vector begins at its base. */
const BASE = 4
/** Log-odds of the learned-by-eye weight cue at its strongest: right on 68 of 98 development edges that it decides. */
const TRAINED = 0.8

/** Log-odds of the learned weight cue at most: recipes that it has never seen may turn it round. */
const LEARNED = 2.5

/** Log-odds that an edge points from u to v, by kind of cue; positive speaks for u -> v. */
export interface DirectionCues {
  readonly information: number
  readonly files: number
  readonly weights: number
}

/** Whether `node`'s card or config names `other` or a twin of it. */
export function namedBy(members: readonly Member[], classes: readonly TwinClass[]): (node: number, other: number) => boolean {
  const ids = new Map(classes.map((group) => [group.origin, new Set(group.members.map((i) => members[i]?.id ?? ""))]))
  return (node, other) => {
    const facts = members[node]?.facts
    const names = ids.get(other)
    if (!facts || !names) return false
    return (facts.namedOrigin !== null && names.has(facts.namedOrigin)) || facts.declared.some((id) => names.has(id))
  }
}

/** Log-odds for the edge u -> v: everything but dates and tree shape. */
export function directionCues(
  members: readonly Member[],
  named: (node: number, other: number) => boolean,
  evidence: Evidences,
  mixtures: ReadonlyMap<number, Mixture>,
): (u: number, v: number) => DirectionCues {
  // Whose elements stand wherever neither part's were taken, from that one both parts were trained.
  const bases = new Map<number, Set<number>>()
  for (const { base, parts, fit } of mixtures.values())
    if (base !== undefined && fit?.method === "selection")
      for (const part of parts) bases.set(part, (bases.get(part) ?? new Set()).add(base))
  const isBase = (x: number, y: number) => Number(bases.get(y)?.has(x) ?? false)
  const files = (u: number, v: number): number => {
    if (!named(v, u)) return 0
    return members[v]?.facts.namedOrigin ? NAMED_ORIGIN : DECLARED
  }
  const grown = (x: number, y: number) => {
    const [own, other] = [members[x]?.fingerprint, members[y]?.fingerprint]
    return own !== undefined && other !== undefined && isGrown(own, other)
  }
  return (u, v) => {
    const pair = evidence(u, v)
    return {
      information: GROWN * (Number(grown(v, u)) - Number(grown(u, v))) + BASE * (isBase(u, v) - isBase(v, u)),
      files: files(u, v) - files(v, u) + versions(members[u], members[v]) - versions(members[v], members[u]),
      weights: pair ? (u < v ? 1 : -1) * weightCue(pair) : 0,
    }
  }
}

/** The learned direction, bounded; where it was not asked (sketches), the one that was found by eye. */
function weightCue(pair: PairEvidence): number {
  if (pair.direction === undefined) return trainedFurther(pair)
  return Math.max(-LEARNED, Math.min(LEARNED, pair.direction))
}

/** Positive when B carries A's trained deviations whole and A not B's: then B was trained further. */
function trainedFurther(pair: PairEvidence): number {
  const { onA, onB } = trainedAgreement(pair)
  return onA === null || onB === null ? 0 : TRAINED * Math.tanh(3 * (Math.abs(1 - onB) - Math.abs(1 - onA)))
}

/** A child was written by the same or a later library version than its parent. */
function versions(parent: Member | undefined, child: Member | undefined): number {
  const [before, after] = [parent?.facts.libraryVersion ?? null, child?.facts.libraryVersion ?? null]
  if (before === null || after === null) return 0
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const step = (after[i] ?? 0) - (before[i] ?? 0)
    if (step !== 0) return step > 0 ? NEWER_LIBRARY / 2 : OLDER_LIBRARY / 2
  }
  return 0
}
