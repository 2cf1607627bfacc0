import type { Fingerprint } from "~src/fingerprint/types"
import { describeUpdate } from "~src/lineage/relation"
import { sketchOf } from "./sketch"
import { sketchEvidence } from "./sketch-pair"

/**
 * How far the typical matrix of `other` differs from that of `own`, relative to its size, by their sketches; null where they share no
 * matrices, or weights that are no more alike than strangers'. Nearness says nothing about descent.
 */
export function nearness(own: Fingerprint, other: Fingerprint): number | null {
  const pair = sketchEvidence(sketchOf(own), sketchOf(other))
  return pair.related >= 0.5 ? describeUpdate(pair).relative : null
}
