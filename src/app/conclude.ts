import type { Failure } from "~src/core/errors"
import { perObject } from "~src/core/per-object"
import type { Declared, Evidence, Relation } from "~src/core/words"
import type { ModelRecord } from "~src/hub/types"
import { baseEvidence, standing } from "~src/lineage/adapter-evidence"
import { copyEvidence, edgeEvidence } from "~src/lineage/evidence"
import { type Family, pairKey } from "~src/lineage/family"
import { partUnread, underGhost } from "~src/lineage/ghost-words"
import { describeUpdate, hubRelation, relationOf } from "~src/lineage/relation"
import type { FamilyEdge, LearnedRelation, Member, PairEvidence } from "~src/lineage/types"
import { CONFIDENCE_BAR, CONTRADICTION_BAR, type Concluded, conclude, type DeclaredState } from "~src/lineage/verdict"
import { ghostParent } from "./ghost-parents"
import type { Parent } from "./report"

/** What was learnt besides the family itself. */
export interface Surroundings {
  /** Ids read and found unrelated to the family. */
  readonly unrelated: ReadonlySet<string>
  /** Ids that could not be read, with the reason. */
  readonly unread: ReadonlyMap<string, Failure>
}

/** How sure a relation is that shows in how the child was made: a mean of its parents, a rounding, a copy. */
const MADE = 0.99

export interface Conclusion extends Concluded {
  readonly parents: readonly Parent[]
  readonly sharedInit: readonly string[]
}

export function edgeProbability(family: Family, edge: FamilyEdge): number {
  // An adapter shares no weights with its base: its rank says all.
  const related = edge.kind === "adapter" ? 1 : (pairOf(family, edge.parent, edge.child)?.related ?? 0)
  return related * edge.attachment * edge.direction
}

export function pairOf(family: Family, i: number, j: number): PairEvidence | undefined {
  return family.pairs.get(pairKey(family.members.length, i, j))
}

export function relationOfEdge(family: Family, edge: FamilyEdge): Relation {
  return namedRelation(family, edge).relation
}

/** The relation of an edge and how sure it is, given the edge. */
export function namedRelation(family: Family, edge: FamilyEdge): LearnedRelation {
  if (edge.kind !== "tree") return { relation: edge.kind, probability: MADE }
  const pair = pairOf(family, edge.parent, edge.child)
  const [parent, child] = [family.members[edge.parent] as Member, family.members[edge.child] as Member]
  if (!pair) return edge.learned ?? { relation: "finetune", probability: 0.5 }
  return relationOf(parent.fingerprint, child.fingerprint, describeUpdate(pair), edge.parent > edge.child, edge.learned)
}

/** Verdict, parents and evidence of one member of a charted family. */
export function concludeMember(family: Family, index: number, record: ModelRecord, around: Surroundings): Conclusion {
  const incoming = family.edges.filter((edge) => edge.child === index)
  const all = incoming.map((edge) => describeParent(family, edge)).sort((a, b) => b.share - a.share || b.probability - a.probability)
  const parents = all.filter((parent) => parent.probability >= CONFIDENCE_BAR)
  const doubtful = parents.length === 0 ? (all[0] ?? null) : null
  const sharedInit = family.sharedInit
    .filter((pair) => pair.includes(index))
    .map(([a, b]) => (family.members[a === index ? b : a] as Member).id)
  const unclear = family.unclear.filter((pair) => pair.includes(index)).map(([a, b]) => (family.members[a === index ? b : a] as Member).id)
  const declared = record.declared.map((entry) => declaredState(family, index, entry, parents, around))
  const verdict = conclude({
    model: record.id,
    parents,
    doubtful,
    declared,
    relatives: family.members.length - 1,
    descendants: below(family, index).size,
    sharedInit,
    unclear,
    compared: family.members.length - 1 + around.unrelated.size,
    nothingRead: family.members.length === 1 && around.unrelated.size === 0 && around.unread.size > 0,
  })
  const ghosts = family.ghosts?.filter(({ children }) => children.has(index)) ?? []
  const unread = parents.length > 0 ? ghosts.find(({ part }) => part) : undefined
  if (unread) {
    const names = parents.map(({ id }) => id).join(" and ")
    const said = verdict.verdict === "contradicted" ? verdict : partUnread(verdict, unread, names)
    return { ...said, parents: [...parents, ghostParent(unread, index)].sort((a, b) => b.share - a.share), sharedInit }
  }
  const ghost = parents.length === 0 ? ghosts.find(({ part }) => !part) : undefined
  if (ghost) {
    const sibling = family.members[[...ghost.children.keys()].find((child) => child !== index) as number] as Member
    const said = verdict.verdict === "contradicted" ? verdict : underGhost(ghost, record.id, sibling.id)
    return { ...said, parents: [ghostParent(ghost, index)], sharedInit }
  }
  return { ...verdict, parents, sharedInit }
}

/** One edge as the contract describes a parent, with its evidence. */
export function describeParent(family: Family, edge: FamilyEdge): Parent {
  const [parent, child] = [family.members[edge.parent] as Member, family.members[edge.child] as Member]
  const relation = relationOfEdge(family, edge)
  const { readThrough } = parent
  return {
    id: parent.id,
    ...(readThrough ? { revision: null, readThrough } : { revision: parent.fingerprint.revision }),
    ghost: false,
    relation,
    hubRelation: hubRelation(relation),
    probability: edgeProbability(family, edge),
    share: edge.share,
    direction: { probability: edge.direction, basis: edge.basis },
    evidence: [...evidenceOf(family, edge, parent, child, relation), ...(readThrough ? [copyEvidence(parent.id, readThrough)] : [])],
  }
}

function evidenceOf(family: Family, edge: FamilyEdge, parent: Member, child: Member, relation: Relation): readonly Evidence[] {
  const ranked = family.bases.get(edge.child)
  if (edge.kind === "adapter" && ranked) {
    const own = ranked.find(({ index }) => index === edge.parent)
    const others = ranked.filter(({ fit, index }) => fit?.misfit === null && index !== edge.parent).length
    return own ? baseEvidence(child.fingerprint, own, parent.id, others) : []
  }
  const pair = pairOf(family, edge.parent, edge.child)
  return pair ? edgeEvidence(edge, parent, child, pair, relation, sameContent(parent, child)) : []
}

function sameContent(a: Member, b: Member): boolean {
  const oids = (member: Member) => member.fingerprint.files.map(({ oid }) => oid)
  const [mine, theirs] = [oids(a), new Set(oids(b))]
  return mine.length > 0 && mine.every((oid) => oid !== null && theirs.has(oid))
}

function declaredState(family: Family, index: number, declared: Declared, parents: readonly Parent[], around: Surroundings): DeclaredState {
  const other = family.members.findIndex((member) => member.id === declared.id)
  if (other === index) return { declared, state: "unread", reason: "the card names the model itself." }
  if (other >= 0) {
    const { readThrough } = family.members[other] as Member
    if (parents.some(({ id }) => id === declared.id))
      return { declared, state: "parent", ...(readThrough ? { through: readThrough.id } : {}) }
    const twins = family.edges.filter(({ kind }) => kind === "copy" || kind === "precision")
    const twin = (id: number) => twins.some((e) => (e.parent === id && e.child === other) || (e.child === id && e.parent === other))
    if (parents.some(({ id }) => twin(family.members.findIndex((member) => member.id === id)))) return { declared, state: "parent" }
    if (reaches(family, other, index)) return { declared, state: "ancestor" }
    const ranked = family.bases.get(index)?.find((entry) => entry.index === other)
    if (ranked) return { declared, state: standing(ranked, CONFIDENCE_BAR) }
    const arrow = (pairOf(family, index, other)?.related ?? 0) >= 0.5
    if (reaches(family, index, other, CONTRADICTION_BAR)) return { declared, state: "descendant" }
    return { declared, state: arrow ? "relative" : "unrelated" }
  }
  if (around.unrelated.has(declared.id)) return { declared, state: "unrelated" }
  const failure = around.unread.get(declared.id)
  return { declared, state: "unread", reason: failure ? failure.message : "it was not found." }
}

/** True when a chain of edges, each at least as probable as the bar, leads from one member down to another. */
function reaches(family: Family, from: number, to: number, bar = CONFIDENCE_BAR): boolean {
  return below(family, from, bar).has(to)
}

/** Every member that a chain of edges leads down to, each edge at least as probable as the bar. */
function below(family: Family, from: number, bar = CONFIDENCE_BAR): ReadonlySet<number> {
  const seen = new Set<number>()
  const queue = [from]
  for (let node = queue.pop(); node !== undefined; node = queue.pop())
    for (const { child, probability } of arrowsFrom(family).get(node) ?? []) {
      if (child === from || seen.has(child) || probability < bar) continue
      seen.add(child)
      queue.push(child)
    }
  return seen
}

/** Every member's arrows downward. */
const arrowsFrom = perObject((family: Family) => {
  const arrows = new Map<number, { readonly child: number; readonly probability: number }[]>()
  for (const edge of family.edges) {
    const arrow = { child: edge.child, probability: edgeProbability(family, edge) }
    const list = arrows.get(edge.parent)
    if (list) list.push(arrow)
    else arrows.set(edge.parent, [arrow])
  }
  return arrows
})
