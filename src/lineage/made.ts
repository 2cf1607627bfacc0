import { perList } from "~src/core/per-object"
import type { Fingerprint } from "~src/fingerprint/types"
import { byCentrality, type Distances, squaredDistance } from "./distance"
import { findEdits } from "./edits"
import { formOf, isGrown, isNarrower, sameBody, sameShape } from "./forms"
import { findExactMerges, type MergeContext, type Mixture } from "./merge"
import { equalShare, isReordered } from "./pair"
import { withPartialMerges } from "./partial-merge"
import { findSelections } from "./selection-merge"
import type { commonPart } from "./shared-init"
import { components, type Link } from "./skeleton"
import { findStacks } from "./stack-merge"
import type { Member, PairEvidence } from "./types"
import { sampleWeights } from "./weight-sample"

/**
 * Members whose making shows in their weights: edits and stacks of layers, whose shapes give them away, then models put together from
 * others exactly, then those that took some elements of each.
 */
export function findMade(
  members: readonly Member[],
  distances: Distances,
  origins: readonly number[],
  evidence: (i: number, j: number) => PairEvidence | undefined,
  common: (i: number, j: number) => ReturnType<typeof commonPart>,
): Map<number, Mixture> {
  const fingerprint = (i: number) => (members[i] as Member).fingerprint
  const made = findEdits(
    distances,
    origins,
    members.map((member) => formOf(member.fingerprint)),
    {
      equal(i, j) {
        const pair = evidence(i, j)
        return pair ? equalShare(pair) : 0
      },
      misaligned(i, j) {
        const pair = evidence(i, j)
        return pair !== undefined && isReordered(pair)
      },
      sameBody: (i, j) => sameBody(fingerprint(i), fingerprint(j)),
      narrower: (i, j) => isNarrower(fingerprint(i), fingerprint(j)),
      grown: (i, j) => isGrown(fingerprint(i), fingerprint(j)),
      descends: (i, j) => common(i, j) === "descent",
    },
  )
  const whole = origins.filter((x) => !made.has(x))
  for (const [x, mixture] of findStacks([...made.keys()], whole, fingerprint)) made.set(x, mixture)
  const links: Link[] = whole.flatMap((i, n) =>
    whole
      .slice(n + 1)
      .filter((j) => Number.isFinite(squaredDistance(distances, i, j)) && sameShape(fingerprint(i), fingerprint(j)))
      .map((j) => [i, j] as const),
  )
  for (const group of components(whole, links)) {
    if (group.length < 3) continue
    const merges = mergesAmong(group.map(fingerprint))({
      centre: byCentrality(distances, group),
      times: group.map((i) => (members[i] as Member).facts.createdAt),
    })
    const member = (place: number) => group[place] as number
    for (const [x, { base, ...mixture }] of merges)
      made.set(member(x), { ...mixture, parts: mixture.parts.map(member), ...(base === undefined ? {} : { base: member(base) }) })
  }
  return made
}

/** Models of a group that are merges of others of it; a family is charted several times while its members are read. */
const mergesAmong = perList((group: readonly Fingerprint[]) => {
  const sample = sampleWeights(group)
  const known = new Map<string, ReadonlyMap<number, Mixture>>()
  return (context: MergeContext): ReadonlyMap<number, Mixture> => {
    const key = JSON.stringify(context)
    const merges = known.get(key) ?? withPartialMerges(sample, context, findSelections(sample, context, findExactMerges(sample, context)))
    known.set(key, merges)
    return merges
  }
})
