import { adapterPortraitOf } from "~src/lineage/adapter-portrait"
import type { Family } from "~src/lineage/family"
import { flipped } from "~src/lineage/pair"
import { portraitOf } from "~src/lineage/portrait"
import { describeUpdate } from "~src/lineage/relation"
import type { Member } from "~src/lineage/types"
import { pairOf } from "./conclude"
import type { FileFact, Neighbour, Parent } from "./report"

/** Weight files listed of a model; sharded ones have dozens. */
const MOST_FILES = 40
/** Nearest relatives listed. */
const MOST_NEIGHBOURS = 12

/** The parents of the family's first member with what can be shown of each: pictures and files. */
export function withPortraits(family: Family, parents: readonly Parent[]): Parent[] {
  return parents.map((parent) => {
    const index = family.members.findIndex(({ id }) => id === parent.id)
    const pair = index > 0 ? pairOf(family, 0, index) : undefined
    if (index < 1) return parent
    const [own, other] = [family.members[0] as Member, family.members[index] as Member]
    const files = fileFacts(other)
    const rows = pair && pair.tensors.length > 0 ? portraitOf(other.fingerprint, own.fingerprint, flipped(pair)) : null
    const portrait = own.fingerprint.facts.adapter ? adapterPortraitOf(other.fingerprint, own.fingerprint) : rows
    return portrait ? { ...parent, files, portrait } : { ...parent, files }
  })
}

/** The weight files that were read. */
export function fileFacts({ fingerprint }: Member): FileFact[] {
  return fingerprint.files.slice(0, MOST_FILES).map(({ path, size, oid }) => ({ path, size, oid }))
}

/** The family's members by how near their weights are to the first one's. */
export function neighbours(family: Family): Neighbour[] {
  const found = family.members.slice(1).flatMap(({ id }, i) => {
    const pair = pairOf(family, 0, i + 1)
    return pair && pair.related >= 0.5 ? [{ id, update: Number(describeUpdate(pair).relative.toPrecision(3)) }] : []
  })
  return found.sort((a, b) => a.update - b.update || (a.id < b.id ? -1 : 1)).slice(0, MOST_NEIGHBOURS)
}
