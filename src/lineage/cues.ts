import type { Mixture } from "./merge"
import type { DirectionCues } from "./rooting"
import type { TwinClass } from "./twins"
import type { Member } from "./types"

/** Log-odds of the file facts, from how often each is wrong: see docs/engine.md. */
const NAMED_ORIGIN = 4
const DECLARED = 1.5
const OLDER_LIBRARY = -1
const NEWER_LIBRARY = 0.4
/** A merge points from its parts to it by construction. */
const BY_CONSTRUCTION = 12

/** Log-odds for the edge u -> v between class origins, everything but dates and tree shape. */
export function directionCues(
  members: readonly Member[],
  classes: readonly TwinClass[],
  mixtures: ReadonlyMap<number, Mixture>,
): (u: number, v: number) => DirectionCues {
  const idsOf = new Map(classes.map((group) => [group.origin, new Set(group.members.map((i) => members[i]?.id ?? ""))]))
  const oneWay = (u: number, v: number): number => {
    const [ids, facts] = [idsOf.get(u), members[v]?.facts]
    if (!ids || !facts) return 0
    let score = 0
    if (facts.namedOrigin !== null && ids.has(facts.namedOrigin)) score += NAMED_ORIGIN
    if (facts.declared.some((id) => ids.has(id))) score += DECLARED
    return score
  }
  return (u, v) => {
    let information = 0
    if (mixtures.get(v)?.parts.includes(u)) information += BY_CONSTRUCTION
    if (mixtures.get(u)?.parts.includes(v)) information -= BY_CONSTRUCTION
    const files = oneWay(u, v) - oneWay(v, u) + versions(members[u], members[v]) - versions(members[v], members[u])
    return { information, files, weights: 0 }
  }
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
