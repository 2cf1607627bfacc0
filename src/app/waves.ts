import type { Relation } from "~src/core/words"
import type { Parent } from "./report"
import type { Found } from "./search"

/** Read before the first look: what is named, and enough relatives round it to tell a parent from a sibling. */
const FIRST = 12
/** Read between two looks. */
const STEP = 8

const SURE = 0.85
/** Of several models with equal weights any may be the origin: all that were found are read. */
const EQUAL: ReadonlySet<Relation> = new Set(["copy", "precision", "quantized"])

/** Whether a parent explains the weights well enough to leave off looking for others. */
export const isSure = ({ ghost, probability, relation }: Parent): boolean => !ghost && probability >= SURE && !EQUAL.has(relation)

/**
 * Reads candidates in waves, the likeliest first, until a parent explains the weights: until a wave more has changed nothing in who the
 * parents are.
 * @param parents who the parents are by what was read so far, as one word; null while that is open
 * @returns how many of those found were not read
 */
export async function readInWaves(
  { candidates, more = 0, ...rest }: Found,
  read: (found: Found) => Promise<void>,
  parents: () => Promise<string | null>,
): Promise<number> {
  // It takes two looks to see that nothing changed.
  const first = candidates.length <= FIRST + STEP ? candidates.length : FIRST
  await read({ ...rest, candidates: candidates.slice(0, first) })
  let before: string | null = null
  for (let done = first; done < candidates.length; done += STEP) {
    const now = await parents()
    if (now !== null && now === before) return more + candidates.length - done
    before = now
    await read({ candidates: candidates.slice(done, done + STEP), unreachable: [] })
  }
  return more
}
