import { perObject } from "~src/core/per-object"
import type { HubRelation, Relation } from "~src/core/words"
import type { Fingerprint } from "~src/fingerprint/types"
import { depthChange, formOf, isNarrower, vocabularyOf } from "./forms"
import { isAligned } from "./pair"
import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import { deltaSpectrum, energyRank } from "./spectrum"
import type { LearnedRelation, PairEvidence, TensorEvidence } from "./types"

/** The coarse image of a relation in the Hub's own four words, or null where it has none. */
export function hubRelation(relation: Relation): HubRelation | null {
  if (relation === "quantized" || relation === "adapter" || relation === "merge") return relation
  return relation === "copy" || relation === "precision" ? null : "finetune"
}

/** Update of the typical body matrix relative to its norm, from which training on is called continued pretraining. */
const CONTINUED = 0.3
/** Share of energy that a merged adapter's rank must hold; the rest is rounding of the stored dtype. */
const LOW_RANK_ENERGY = 0.99
/** An update is of low rank when it needs at most this share of the directions that were sampled. */
const LOW_RANK_SHARE = 0.4

export interface Update {
  /** Median over body matrices of ||B - A|| / ||A||. */
  readonly relative: number
  /** Share of exactly equal elements over all tensors. */
  readonly equal: number
  /** Exact zeros in A's and B's body matrices, as shares. */
  readonly zeroA: number
  readonly zeroB: number
  /** Rank of the update where it is low in every changed matrix, else null. */
  readonly rank: number | null
  /** The update has no structure at all: the spectrum of random noise in every changed matrix. */
  readonly noise: boolean
  /** Rows of some body matrix stand in another order. */
  readonly reordered: boolean
  /** Roles that changed, and whether any norm, bias or embedding did. */
  readonly changedRoles: readonly string[]
  readonly vectorsChanged: boolean
}

const changed = (tensor: TensorEvidence) => tensor.squareDelta > 1e-14 * Math.max(tensor.squareA, tensor.squareB)

/** Describes the step between two related models, symmetrically but for the zero counts. */
export const describeUpdate = perObject((evidence: PairEvidence): Update => {
  const tensors = evidence.tensors.filter((tensor) => !isDataStatistic(tensor.role))
  const body = tensors.filter((tensor) => tensor.kind === "matrix" && !isHeadOrEmbedding(tensor.role))
  const updates = body.map((tensor) => Math.sqrt(tensor.squareDelta / (tensor.squareA || 1))).sort((a, b) => a - b)
  const count = (of: readonly TensorEvidence[], value: (tensor: TensorEvidence) => number) => {
    const elements = of.reduce((sum, tensor) => sum + tensor.rows * tensor.cols, 0)
    return elements === 0 ? 0 : of.reduce((sum, tensor) => sum + value(tensor), 0) / elements
  }
  const moved = tensors.filter(changed)
  return {
    relative: updates[updates.length >> 1] ?? 0,
    equal: count(tensors, (tensor) => tensor.equal),
    zeroA: count(body, (tensor) => tensor.zeroA),
    zeroB: count(body, (tensor) => tensor.zeroB),
    noise: isNoise(moved.filter((tensor) => tensor.kind === "matrix")),
    reordered: evidence.alignment !== undefined || body.some((tensor) => !isAligned(tensor)),
    rank: lowRank(moved.filter((tensor) => tensor.kind === "matrix")),
    changedRoles: [...new Set(moved.map((tensor) => tensor.role))],
    vectorsChanged: moved.some((tensor) => tensor.kind === "vector"),
  }
})

/** The largest rank over the changed matrices if each is of low rank, judged where enough rows were sampled. */
function lowRank(moved: readonly TensorEvidence[]): number | null {
  let rank = 0
  let judged = 0
  for (const tensor of moved) {
    const directions = Math.min(tensor.head, tensor.cols)
    if (directions < 8) continue
    const own = energyRank(deltaSpectrum(tensor), LOW_RANK_ENERGY)
    if (own > LOW_RANK_SHARE * directions) return null
    rank = Math.max(rank, own)
    judged++
  }
  return judged > 0 ? rank : null
}

/** Matrices looked at, and directions each must have, before an update is called noise. */
const NOISE_MATRICES = 3
const NOISE_DIRECTIONS = 16
/** How far the largest eigenvalue of a noise Gram may lie above the Marchenko-Pastur edge (1 + sqrt(rows / cols))^2. */
const NOISE_SLACK = 1.25

function isNoise(moved: readonly TensorEvidence[]): boolean {
  const judged = moved.filter((tensor) => tensor.head >= NOISE_DIRECTIONS && tensor.cols >= NOISE_DIRECTIONS).slice(0, 2 * NOISE_MATRICES)
  if (judged.length < NOISE_MATRICES) return false
  return judged.every((tensor) => {
    const { head, cols } = tensor
    const values = deltaSpectrum(tensor)
    const mean = values.reduce((sum, value) => sum + value, 0) / head
    return (values[0] ?? 0) <= NOISE_SLACK * (1 + Math.sqrt(head / cols)) ** 2 * mean
  })
}

/** How sure a relation is stated to be that shapes, zeros or the order of rows show, and one that a threshold tells. */
const EVIDENT = 0.98
const RULED = 0.9

/**
 * The relation of a directed edge between two models with different weights, and how sure it is. What shapes, zeros and the order of rows
 * show is read off them; between the rest the scorer decides (assets/relation.md), and thresholds where it was not asked.
 */
export function relationOf(
  parent: Fingerprint,
  child: Fingerprint,
  update: Update,
  swapped: boolean,
  learned: LearnedRelation | undefined,
): LearnedRelation {
  const shown = shownRelation(parent, child, update, swapped)
  if (shown) return { relation: shown, probability: EVIDENT }
  return learned ?? { relation: ruledRelation(parent, child, update), probability: RULED }
}

function shownRelation(parent: Fingerprint, child: Fingerprint, update: Update, swapped: boolean): Relation | null {
  const depth = depthChange(parent, child)
  if (depth < 0) return "layer-pruned"
  if (depth > 0) return "depth-upscaled"
  if (vocabularyOf(parent) !== vocabularyOf(child)) return "vocab-changed"
  const [zerosBefore, zerosAfter] = swapped ? [update.zeroB, update.zeroA] : [update.zeroA, update.zeroB]
  if (zerosAfter > 0.2 && zerosBefore < zerosAfter / 2) return "pruned"
  if (isNarrower(child, parent)) return "pruned"
  return update.reordered ? "permuted" : null
}

function ruledRelation(parent: Fingerprint, child: Fingerprint, update: Update): Relation {
  if (formOf(child).gridded > 0.8 && formOf(parent).gridded < 0.4) return "quantized"
  if (update.noise) return "noised"
  if (update.rank !== null && !update.vectorsChanged) return "lora-merged"
  return update.relative >= CONTINUED ? "continued" : "finetune"
}
