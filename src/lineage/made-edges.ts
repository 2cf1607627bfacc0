import { type RankedBase, rankMembers } from "./adapter"
import type { Mixture } from "./merge"
import { quantisedFrom } from "./quantized"
import type { TwinClass } from "./twins"
import type { FamilyEdge, Member } from "./types"

/** Edges whose child shows by itself how it was made: they need no tree. */

/** How often such edges were right on development families: parts of merges in 439 of 440, edits in 145 of 146, with and without dates; a little less is claimed. */
const ATTACHED = { merge: 0.98, edit: 0.95 }

export function madeEdges(mixtures: ReadonlyMap<number, Mixture>): FamilyEdge[] {
  return [...mixtures].flatMap(([child, { kind, parts, shares, fit }]) =>
    parts.map((parent, n) => ({
      parent,
      child,
      kind: kind === "merge" ? ("merge" as const) : ("tree" as const),
      share: shares[n] as number,
      attachment: ATTACHED[kind],
      direction: 0.98,
      // Between its parents lies only a merge; where one of them is absent, how it was made says by itself that it is one.
      basis: [kind === "merge" && fit?.absent === undefined ? ("geometry" as const) : ("information" as const)],
      ...(fit ? { fit } : {}),
    })),
  )
}

/** Every adapter's possible bases; `index` of an answer is the member's. */
export function rankAll(members: readonly Member[], adapters: readonly number[]): Map<number, readonly RankedBase[]> {
  const whole = members.flatMap((member, index) => (member.fingerprint.facts.adapter ? [] : [{ member, index }]))
  const bases = whole.map(({ member }) => member)
  return new Map(
    adapters.map((child) => {
      const ranked = rankMembers(members[child] as Member, bases)
      return [child, ranked.map((entry) => ({ ...entry, index: whole[entry.index]?.index ?? -1 }))]
    }),
  )
}

/**
 * Adapters are leaves below the base they were most probably trained on. Copies and casts of one base share its probability: the
 * one that the adapter's files name stands for them, else the one that the others were made from.
 */
export function adapterEdges(bases: ReadonlyMap<number, readonly RankedBase[]>, classes: readonly TwinClass[]): FamilyEdge[] {
  return [...bases].flatMap(([child, ranked]) => {
    const [best] = ranked
    if (!best || best.probability === 0) return []
    const twins = classes.find(({ members }) => members.includes(best.index)) ?? { origin: best.index, members: [best.index] }
    const among = ranked.filter(({ index }) => twins.members.includes(index))
    const named = best.how.includes("named")
    return [
      {
        parent: named ? best.index : twins.origin,
        child,
        kind: "adapter" as const,
        share: 1,
        attachment: among.reduce((sum, { probability }) => sum + probability, 0),
        direction: 0.999,
        basis: named ? ["information", "files"] : ["information"],
      } satisfies FamilyEdge,
    ]
  })
}

/** Packed models are leaves below the member whose weights they were rounded from. */
export function packedEdges(
  members: readonly Member[],
  packed: readonly number[],
  origins: readonly number[],
  related: (i: number, j: number) => boolean,
  named: (node: number, other: number) => boolean,
): FamilyEdge[] {
  return packed.flatMap((child) => {
    const candidates = origins
      .filter((i) => related(i, child))
      .map((index) => ({ index, fingerprint: (members[index] as Member).fingerprint, named: named(child, index) }))
    const from = quantisedFrom((members[child] as Member).fingerprint, candidates)
    if (from === null) return []
    return [
      {
        parent: from.source,
        child,
        kind: "quantized" as const,
        share: 1,
        attachment: from.probability,
        direction: 0.99,
        basis: ["information" as const],
        outside: from.outside,
      },
    ]
  })
}

export function twinEdges(classes: readonly TwinClass[]): FamilyEdge[] {
  return classes.flatMap((group) =>
    group.edges.map(({ parent, child, kind, probability, basis }) => ({
      parent,
      child,
      kind,
      share: 1,
      attachment: 0.99,
      direction: probability,
      basis,
    })),
  )
}
