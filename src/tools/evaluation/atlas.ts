import { ATTRIBUTES, type Attribute, impute } from "~src/atlas/impute"
import { sketchOf } from "~src/atlas/sketch"
import { sketchEvidence } from "~src/atlas/sketch-pair"
import { datasetsOf, languagesOf } from "~src/hub/tags"
import { chartFamily, pairKey } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import type { PairEvidence } from "~src/lineage/types"
import { absentPartRows } from "./absent-parts"
import { addShares, type Share } from "./counts"
import { groups, type Read, readModels, type Served, twinsOf } from "./families"
import { counted, MODES, number, ratio, type Section } from "./section"
import type { TruthModel } from "./truth"

const TRAINED: ReadonlySet<string> = new Set(["finetune", "continued", "lora-merged"])
/** Children by training from which on it is worth leaving a parent out. */
const LEAST_CHILDREN = 2

/** What the atlas adds to single answers, measured: ghosts with parents left out, and attributes guessed from relatives. */
export async function atlasSections(splits: readonly Served[]): Promise<Section[]> {
  const read: Read[][] = []
  for (const split of splits) read.push(await readModels(split))
  const families = read.flatMap((models) => groups(models, LEAST_CHILDREN))
  return [
    {
      level: 1,
      heading: "Atlas",
      text: `- **Ghosts**: each family is charted by its sketches as it is, and once for each parent with at least two trained children with that parent and
  its copies left out: unknown, or known as a closed repository that cards may name. A ghost where no parent is absent is false.
- **Merges with a part left out**: each family is charted as a single answer's is, whole and once without each part of a merge and its copies. A part said to be
  absent where all are there is false; a known part is right if it, or a copy of it, is one of the merge's parents.
- **Attributes**: what a card says is hidden and guessed from relatives along the true edges. Cards of this zoo draw their licences at random, so that
  a licence here is a test of modesty: relatives seldom agree, and few guesses should be made.`,
    },
    { level: 2, heading: "Ghosts", rows: ghostRows(families) },
    { level: 2, heading: "Merges with a part left out", rows: absentPartRows(families) },
    { level: 2, heading: "Attributes guessed from relatives", rows: imputationRows(read) },
  ]
}

/** Every family as it is, then with each parent (and its copies) left out, nameless and as a closed repository that cards may name. */
function ghostRows(families: readonly (readonly Read[])[]): string[][] {
  const rows = MODES.map(({ time, name }) => {
    const whole = families.map((family) => ghostsOf(family, new Set(), null, time))
    const orphaned = families.flatMap((family) =>
      parentsOf(family).map((parent) => {
        const twins = twinsOf(family, parent)
        return {
          nameless: ghostsOf(family, twins, null, time),
          named: ghostsOf(family, twins, parent, time),
        }
      }),
    )
    const cells = (found: readonly Found[]) => [
      `${found.filter(({ ghosts }) => ghosts > 0).length} of ${found.length}`,
      counted(addShares(found.map(({ children }) => children))),
      counted(addShares(found.map(({ kin }) => kin))),
    ]
    return [
      name,
      `${whole.filter(({ ghosts }) => ghosts > 0).length} of ${whole.length}`,
      ...cells(orphaned.map((one) => one.nameless)),
      ...cells(orphaned.map((one) => one.named)),
    ]
  })
  const kinds = ["nameless", "named"].flatMap((kind) => [`${kind}, parent left out`, "its children right", "children or their children"])
  return [["", "families with a ghost, all parents there", ...kinds], ...rows]
}

interface Found {
  readonly ghosts: number
  /** Children that are the absent parent's own; that descend from it. */
  readonly children: Share
  readonly kin: Share
}

function ghostsOf(family: readonly Read[], without: ReadonlySet<string>, closed: string | null, time: boolean): Found {
  const left = family.filter(({ truth }) => !without.has(truth.id))
  const members = left.map(({ member }) => ({
    ...member,
    fingerprint: sketchOf(member.fingerprint).cut,
    facts: time ? member.facts : { ...member.facts, createdAt: null },
  }))
  const pairs = new Map<number, PairEvidence>()
  for (const [i, a] of left.entries())
    for (const [j, b] of left.slice(0, i).entries())
      pairs.set(pairKey(left.length, j, i), sketchEvidence(sketchOf(b.member.fingerprint), sketchOf(a.member.fingerprint)))
  const charted = withGhosts(chartFamily(members, pairs), { unread: new Set(closed === null ? [] : [closed]) })
  const ghosts = charted.ghosts?.filter(({ part }) => !part) ?? []
  const children = ghosts.flatMap((ghost) => [...ghost.children.keys()].map((place) => (left[place] as Read).truth))
  const byId = new Map(family.map(({ truth }) => [truth.id, truth]))
  const below = ({ parents }: TruthModel): boolean =>
    parents.some(({ id }) => {
      const parent = byId.get(id)
      return without.has(id) || (parent !== undefined && below(parent))
    })
  return {
    ghosts: ghosts.length,
    children: { hits: children.filter(({ parents }) => parents.some(({ id }) => without.has(id))).length, of: children.length },
    kin: { hits: children.filter(below).length, of: children.length },
  }
}

function parentsOf(family: readonly Read[]): string[] {
  const counts = new Map<string, number>()
  for (const { truth } of family)
    for (const { id, relation } of truth.parents) if (TRAINED.has(relation)) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts].flatMap(([id, count]) => (count >= LEAST_CHILDREN ? [id] : []))
}

/** What each model's card says is hidden in turn and guessed from its relatives' cards, along the true edges. */
function imputationRows(splits: readonly (readonly Read[])[]): string[][] {
  const rows = ATTRIBUTES.map((attribute) => {
    const said = splits.flatMap((models) => guesses(models, attribute))
    const guessed = said.flatMap(({ guess, right }) => (guess ? [{ ...guess, right }] : []))
    const stated = guessed.reduce((sum, { probability }) => sum + probability, 0) / guessed.length
    return [
      ...[attribute, String(said.length), String(guessed.length)],
      ...[ratio({ hits: guessed.filter(({ right }) => right).length, of: guessed.length }), number(stated)],
    ]
  })
  return [["attribute", "cards that give it", "guessed", "right", "mean stated"], ...rows]
}

function guesses(models: readonly Read[], attribute: Attribute) {
  const nodes = models.map(({ record: { id, license, pipelineTag, modelType, tags } }) => ({
    id,
    ...(license === null ? {} : { license }),
    ...(pipelineTag === null ? {} : { task: pipelineTag }),
    ...(modelType === null ? {} : { architecture: modelType }),
    datasets: datasetsOf({ tags }),
    languages: languagesOf({ tags }),
  }))
  const edges = models.flatMap(({ truth }) => truth.parents.map(({ id }) => ({ parent: id, child: truth.id, probability: 1 })))
  return nodes.flatMap((node) => {
    const value = node[attribute]
    const values = value === undefined ? [] : typeof value === "string" ? [value] : value
    if (values.length === 0) return []
    const { [attribute]: _, ...hidden } = node
    const guess = impute({ nodes: nodes.map((other) => (other === node ? hidden : other)), edges }, node.id)[attribute]
    return [{ guess, right: guess !== undefined && values.includes(guess.value) }]
  })
}
