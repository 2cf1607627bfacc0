import type { Relation } from "~src/core/words"
import { repositoryName } from "~src/hub/ids"
import { nameTokens } from "~src/lineage/candidates"
import type { Parent } from "./report"
import type { Found } from "./search"

/** Read before the first look: what is named, and enough relatives round it to tell a parent from a sibling. */
const FIRST = 12
/** Read between two looks. */
const STEP = 8

const SURE = 0.95
/** Of several models with equal weights any may be the origin: all that were found are read. */
const EQUAL: ReadonlySet<Relation> = new Set(["copy", "precision", "quantized"])

/** Share of a merge that its parents must make up: below, one of them is still missing. */
const WHOLE = 0.99

/** Whether these parents explain the weights well enough to leave off looking for others. */
export function explain(parents: readonly Parent[]): boolean {
  const isSure = ({ ghost, probability, relation }: Parent) => !ghost && probability >= SURE && !EQUAL.has(relation)
  return parents.length > 0 && parents.every(isSure) && parents.reduce((sum, { share }) => sum + share, 0) > WHOLE
}

/**
 * Reads candidates in waves, the likeliest first, until a parent explains the weights: until a wave more has changed nothing in who the
 * parents are. Whose name holds the model's own, or the other way round, is read in any case: conversions and copies keep the name, and
 * what explains them explains their source as well.
 * @param model the id of the model whose parents are looked for
 * @param parents who the parents are by what was read so far, as one word; null while that is open
 * @returns how many of those found were not read
 */
export async function readInWaves(
  { candidates, more = 0, ...found }: Found,
  model: string,
  read: (found: Found) => Promise<void>,
  parents: () => Promise<string | null>,
): Promise<number> {
  // It takes two looks to see that nothing changed.
  const first = candidates.length <= FIRST + STEP ? candidates.length : FIRST
  await read({ ...found, candidates: candidates.slice(0, first) })
  let rest = candidates.slice(first)
  let before: string | null = null
  while (rest.length > 0) {
    const now = await parents()
    const settled = now !== null && now === before
    const wave = settled ? rest.filter(({ id }) => isNamedLike(model, id)) : rest.slice(0, STEP)
    if (wave.length === 0) return more + rest.length
    before = now
    await read({ candidates: wave, unreachable: [] })
    rest = rest.filter((candidate) => !wave.includes(candidate))
  }
  return more
}

/** Whether all words of the shorter of two models' names are in the other; names without a word of their own are like none. */
function isNamedLike(a: string, b: string): boolean {
  const [mine, theirs] = [nameTokens(repositoryName(a)), nameTokens(repositoryName(b))]
  const [short, long] = mine.length < theirs.length ? [mine, theirs] : [theirs, mine]
  return short.length > 0 && short.every((token) => long.includes(token))
}
