import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import type { PairEvidence, TensorEvidence } from "./types"

/**
 * Two models trained from scratch from one seed keep the initial noise in common but not what training wrote. Norm gains
 * start at 1 and biases at 0, so their deviations are training alone: in descent they stay at least as similar as the
 * matrices, after a shared initialisation they do not.
 */
export interface TrainedAgreement {
  /** Median cosine of the body matrices. */
  readonly matrices: number
  /** Mean correlation of the vectors' deviations, weighted by length; null without vectors. */
  readonly vectors: number | null
}

export function trainedAgreement(evidence: PairEvidence): TrainedAgreement {
  const cosines: number[] = []
  let correlation = 0
  let weight = 0
  for (const tensor of evidence.tensors) {
    if (isDataStatistic(tensor.role)) continue
    if (tensor.kind === "matrix") {
      if (!isHeadOrEmbedding(tensor.role)) cosines.push(tensor.dot / Math.sqrt(tensor.squareA * tensor.squareB || 1))
      continue
    }
    const value = centredCorrelation(tensor)
    if (value === null) continue
    correlation += value * tensor.cols
    weight += tensor.cols
  }
  cosines.sort((a, b) => a - b)
  return { matrices: cosines[cosines.length >> 1] ?? 0, vectors: weight > 0 ? correlation / weight : null }
}

function centredCorrelation(tensor: TensorEvidence): number | null {
  const n = tensor.rows * tensor.cols
  const varianceA = tensor.squareA - (tensor.sumA * tensor.sumA) / n
  const varianceB = tensor.squareB - (tensor.sumB * tensor.sumB) / n
  // Below float32 rounding of the sums there is no deviation to speak of.
  if (varianceA <= 1e-6 * tensor.squareA || varianceB <= 1e-6 * tensor.squareB) return null
  return (tensor.dot - (tensor.sumA * tensor.sumB) / n) / Math.sqrt(varianceA * varianceB)
}

/** True when the common part of two related models looks like an initialisation rather than a trained parent. */
export function looksLikeSharedInit(evidence: PairEvidence): boolean {
  const { matrices, vectors } = trainedAgreement(evidence)
  return vectors !== null && matrices < 0.97 && vectors < 0.5 && vectors < matrices - 0.15
}
