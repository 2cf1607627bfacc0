import type { DirectionCues } from "../cues"
import type { Distances } from "../distance"
import type { Mixture } from "../merge"

/** One family to be placed: members that are related, by their numbers among all members. */
export interface PlacementInput {
  readonly distances: Distances
  /** The same by the updates' volumes (`volume.ts`). */
  readonly volumes: Distances
  readonly nodes: readonly number[]
  /** Members that are made from others in one visible step: they hang below their largest part. */
  readonly mixtures: ReadonlyMap<number, Mixture>
  /** Upload times in milliseconds, null where unknown. */
  readonly times: readonly (number | null)[]
  /** Whether a member's card or files name another. */
  readonly named: (node: number, other: number) => boolean
  readonly cues: (u: number, v: number) => DirectionCues
  /** Whether b has a tensor bit for bit as a has it, which a changed from p. */
  readonly kept: (p: number, a: number, b: number) => boolean
}
