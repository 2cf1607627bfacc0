import { slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import type { PairStatisticsRunner } from "~src/inference/types"
import { comparePairs } from "~src/lineage/pair"
import type { Link } from "~src/lineage/skeleton"
import type { Member, PairEvidence } from "~src/lineage/types"
import type { Sketch } from "./sketch"
import { sketchEvidence } from "./sketch-pair"

/** Compares members of one family by their places; answers have the order of the links. */
export interface Comparison {
  /** From the sketches alone, as good as free. */
  glance(links: readonly Link[]): Promise<PairEvidence[]>
  /** The test of the pair itself, on what the sketches hold. */
  test(links: readonly Link[]): Promise<PairEvidence[]>
}

/** An update this small beside the weights (squares) may be a mere cast, or lie outside the sketch altogether. */
const ALIKE = 1e-5

/**
 * Where two sketches are as good as equal, what they left out decides, and all that was read of the two is compared: a new head, one
 * changed module and a cast look the same in a sketch.
 */
export function comparison(
  members: readonly Member[],
  sketches: readonly Sketch[],
  runner: PairStatisticsRunner,
  signal: AbortSignal,
): Comparison {
  const sketched = ([i, j]: Link) => sketchEvidence(sketches[i] as Sketch, sketches[j] as Sketch)
  const whole = ([i, j]: Link) => [(members[i] as Member).fingerprint, (members[j] as Member).fingerprint] as const
  const cut = ([i, j]: Link) => [(sketches[i] as Sketch).cut, (sketches[j] as Sketch).cut] as const
  return {
    async glance(links) {
      const answers = links.map(sketched)
      const alike = links.flatMap((link, n) => (isAlike(answers[n] as PairEvidence) && !sameBits(...whole(link)) ? [{ link, n }] : []))
      const closer = await comparePairs(
        alike.map(({ link }) => whole(link)),
        runner,
        signal,
      )
      for (const [k, { n }] of alike.entries()) answers[n] = closer[k] as PairEvidence
      return answers
    },
    test: (links) =>
      comparePairs(
        links.map((link) => (isAlike(sketched(link)) ? whole(link) : cut(link))),
        runner,
        signal,
        false,
      ),
  }
}

function isAlike({ tensors }: PairEvidence): boolean {
  let [delta, square] = [0, 0]
  for (const tensor of tensors) {
    delta += tensor.squareDelta
    square += tensor.squareA
  }
  return tensors.length > 0 && delta <= ALIKE * square
}

/** Whether two models hold the same stored bits wherever both were read. */
function sameBits(a: Fingerprint, b: Fingerprint): boolean {
  const inB = slabsByKey(b)
  return a.slabs.every((slab) => {
    const other = inB.get(slabKey(slab))
    return (
      !other ||
      (other.dtype === slab.dtype && other.bits.length === slab.bits.length && slab.bits.every((byte, i) => byte === other.bits[i]))
    )
  })
}
