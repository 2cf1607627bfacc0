/** How many of how many. */
export interface Share {
  readonly hits: number
  readonly of: number
}

/** Edges of one relation. */
export interface RelationCounts {
  /** True edges; those of them that were claimed, whatever relation the claim names. */
  readonly edges: number
  readonly found: number
  /** Claims that name the relation; those of them that are right edges; those of these whose relation is the true one. */
  readonly said: number
  readonly saidOfFound: number
  readonly right: number
}

/**
 * What answers about some models amount to. Counts of different models add up, and Pedigree's and other methods' (training/peers/score.py)
 * are the same, so that one set of formulas serves both.
 */
export interface Counts {
  readonly models: number
  /** Claims of a parent; those that are right in child, parent and direction. */
  readonly claims: number
  readonly right: number
  /** True edges, each parent of a merge being one; those claimed, and those claimed the other way round. */
  readonly edges: number
  readonly found: number
  readonly reversed: number
  readonly relations: Readonly<Record<string, RelationCounts>>
  /** Merges whose parents were all found. */
  readonly merges: Share
  /** Absolute errors of the shares of merges' right claims that state one. */
  readonly shareErrors: { readonly sum: number; readonly of: number }
  /** Claims between independent families, of all pairs of one architecture from independent families; a pair counts half at either end. */
  readonly falseEdges: Share
}

const NONE: RelationCounts = { edges: 0, found: 0, said: 0, saidOfFound: 0, right: 0 }
const total = <T>(list: readonly T[], value: (one: T) => number) => list.reduce((sum, one) => sum + value(one), 0)

export const addShares = (list: readonly Share[]): Share => ({ hits: total(list, ({ hits }) => hits), of: total(list, ({ of }) => of) })

export function addCounts(list: readonly Counts[]): Counts {
  const names = [...new Set(list.flatMap(({ relations }) => Object.keys(relations)))].sort()
  const relation = (name: string): RelationCounts => {
    const own = list.map(({ relations }) => relations[name] ?? NONE)
    const [edges, found, said] = [total(own, (r) => r.edges), total(own, (r) => r.found), total(own, (r) => r.said)]
    return { edges, found, said, saidOfFound: total(own, (r) => r.saidOfFound), right: total(own, (r) => r.right) }
  }
  return {
    ...{ models: total(list, (c) => c.models), claims: total(list, (c) => c.claims), right: total(list, (c) => c.right) },
    ...{ edges: total(list, (c) => c.edges), found: total(list, (c) => c.found), reversed: total(list, (c) => c.reversed) },
    relations: Object.fromEntries(names.map((name) => [name, relation(name)])),
    merges: addShares(list.map(({ merges }) => merges)),
    shareErrors: { sum: total(list, (c) => c.shareErrors.sum), of: total(list, (c) => c.shareErrors.of) },
    falseEdges: addShares(list.map(({ falseEdges }) => falseEdges)),
  }
}

/** A rate, or null where there is nothing to take it of. */
type Rate = number | null
const rate = (hits: number, of: number): Rate => (of === 0 ? null : hits / of)

export const precision = ({ right, claims }: Counts): Rate => rate(right, claims)
export const recall = ({ found, edges }: Counts): Rate => rate(found, edges)
export const parentF1 = ({ right, claims, edges }: Counts): Rate => rate(2 * right, claims + edges)
/** Over all true edges: 1 where the edge is claimed, 0 where its reverse is, a half where neither (or both) is. */
export const direction = ({ edges, found, reversed }: Counts): Rate => rate(edges + found - reversed, 2 * edges)
/** Of the true edges claimed in either direction. */
export const directionOfFound = ({ found, reversed }: Counts): Rate => rate(found, found + reversed)
export const allParents = ({ merges }: Counts): Rate => rate(merges.hits, merges.of)
export const shareError = ({ shareErrors: { sum, of } }: Counts): Rate => rate(sum, of)
export const falsePer10000 = ({ falseEdges: { hits, of } }: Counts): Rate => rate(1e4 * hits, of)
/** Right edges whose claim names the true relation, of those whose claim names one. */
export const relationAccuracy = ({ relations }: Counts): Rate => {
  const all = Object.values(relations)
  return rate(
    total(all, (r) => r.right),
    total(all, (r) => r.saidOfFound),
  )
}

export interface RelationRates {
  readonly precision: Rate
  readonly recall: Rate
  readonly f1: Rate
}
/** An edge counts only if parent, direction and relation are right. */
export const wholeEdge = ({ right, said, edges }: RelationCounts): RelationRates => rates(right, said, edges)
/** The relation alone: over the edges that were claimed rightly. */
export const ofFound = ({ right, saidOfFound, found }: RelationCounts): RelationRates => rates(right, saidOfFound, found)
const rates = (right: number, said: number, of: number): RelationRates => ({
  precision: rate(right, said),
  recall: rate(right, of),
  f1: rate(2 * right, said + of),
})

/** The mean F1 over the relations that occur in truth (for `ofFound`: among the edges found); null where no claim names a relation. */
export function macroF1({ relations }: Counts, kind: typeof wholeEdge | typeof ofFound): Rate {
  const all = Object.values(relations)
  if (all.every(({ said }) => said === 0)) return null
  const scores = all.flatMap((one) => (kind(one).recall === null ? [] : [kind(one).f1 ?? 0]))
  return rate(
    total(scores, (f1) => f1),
    scores.length,
  )
}
