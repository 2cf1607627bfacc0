import { sketchOf } from "~src/atlas/sketch"
import { sketchEvidence } from "~src/atlas/sketch-pair"
import { chartFamily, pairKey } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import type { PairEvidence } from "~src/lineage/types"
import { addShares, type Share } from "./counts"
import { type Read, twinsOf } from "./families"
import { counted, MODES, number } from "./section"
import type { TruthModel } from "./truth"

/** What is said of merges' absent parts in one chart. */
interface Said {
  /** Merges of which a part was left out, and those of them of which that is said. */
  readonly told: Share
  /** Of all said to lack a part, those whose known parts are right. */
  readonly right: Share
  /** Absolute errors of the absent part's share, where the known parts are right. */
  readonly errors: readonly number[]
}

/** Every family as it is, then without each part of a merge: unknown, and known as a closed repository that cards may name. */
export function absentPartRows(families: readonly (readonly Read[])[]): string[][] {
  const rows = MODES.map(({ time, name }) => {
    const whole = families.map((family) => saidOf(family, new Set(), null, time))
    const without = families.flatMap((family) =>
      partsOf(family).map((part) => {
        const twins = twinsOf(family, part)
        return { nameless: saidOf(family, twins, null, time), named: saidOf(family, twins, part, time) }
      }),
    )
    const cells = (said: readonly Said[]) => {
      const errors = said.flatMap((one) => one.errors)
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
      return [counted(addShares(said.map(({ told }) => told))), counted(addShares(said.map(({ right }) => right))), number(mean)]
    }
    const missed = whole.reduce((sum, { right }) => sum + right.of, 0)
    return [name, String(missed), ...cells(without.map((one) => one.nameless)), ...cells(without.map((one) => one.named))]
  })
  const kinds = ["nameless", "named"].flatMap((kind) => [`${kind}, part left out: said`, "known parts right", "share error"])
  return [["", "false, all parts there", ...kinds], ...rows]
}

function saidOf(family: readonly Read[], without: ReadonlySet<string>, closed: string | null, time: boolean): Said {
  const left = family.filter(({ truth }) => !without.has(truth.id))
  const members = left.map(({ member }) => (time ? member : { ...member, facts: { ...member.facts, createdAt: null } }))
  const sketches = left.map(({ member }) => sketchOf(member.fingerprint))
  const pairs = new Map<number, PairEvidence>()
  for (const [i, a] of sketches.entries())
    for (const [j, b] of sketches.slice(0, i).entries()) pairs.set(pairKey(left.length, j, i), sketchEvidence(b, a))
  const { ghosts = [], edges } = withGhosts(chartFamily(members, pairs), { unread: new Set(closed === null ? [] : [closed]) })
  const parts = ghosts.flatMap(({ id, children, part }) =>
    part ? [...children.keys()].map((child) => ({ id, child, share: part.share })) : [],
  )
  const truthOf = (place: number) => (left[place] as Read).truth
  const lost = ({ parents }: TruthModel) => (parents.length > 1 ? parents.filter(({ id }) => without.has(id)) : [])
  const isRight = (child: number) =>
    lost(truthOf(child)).length > 0 &&
    edges.every((edge) => edge.child !== child || truthOf(child).parents.some(({ id }) => twinsOf(family, id).has(truthOf(edge.parent).id)))
  const cases = left.flatMap(({ truth }, place) => (lost(truth).length > 0 ? [place] : []))
  // Where a name is known, a ghost without it does not tell of that part.
  const saying = parts.filter(({ id }) => closed === null || id === closed)
  const right = parts.filter(({ child }) => isRight(child))
  return {
    told: { hits: cases.filter((place) => saying.some(({ child }) => child === place)).length, of: cases.length },
    right: { hits: right.length, of: parts.length },
    errors: right.map(({ child, share }) => Math.abs(share - lost(truthOf(child)).reduce((sum, parent) => sum + parent.share, 0))),
  }
}

/** Models that were merged with others. */
function partsOf(family: readonly Read[]): string[] {
  const here = new Set(family.map(({ truth }) => truth.id))
  const parts = family.flatMap(({ truth: { parents } }) => (parents.length > 1 ? parents.map(({ id }) => id) : []))
  return [...new Set(parts)].filter((id) => here.has(id))
}
