import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import type { CarriedStructure } from "./structure"
import type { PairEvidence, TensorEvidence } from "./types"

/** How much of one model's trained deviations another carries, both ways. */
export interface TrainedAgreement {
  /** Median cosine of the body matrices. */
  readonly cosine: number
  /**
   * Regression coefficients of B's vector deviations on A's and of A's on B's, null without vectors. Norm gains start equal
   * and biases at zero, so deviations from their mean are training alone.
   */
  readonly onA: number | null
  readonly onB: number | null
}

export function trainedAgreement(evidence: PairEvidence): TrainedAgreement {
  const cosines: number[] = []
  let [varianceA, varianceB, covariance] = [0, 0, 0]
  for (const tensor of evidence.tensors) {
    if (isDataStatistic(tensor.role)) continue
    if (tensor.kind === "matrix") {
      if (!isHeadOrEmbedding(tensor.role)) cosines.push(cosine(tensor))
      continue
    }
    const n = tensor.rows * tensor.cols
    varianceA += Math.max(0, tensor.squareA - tensor.sumA ** 2 / n)
    varianceB += Math.max(0, tensor.squareB - tensor.sumB ** 2 / n)
    covariance += tensor.dot - (tensor.sumA * tensor.sumB) / n
  }
  cosines.sort((a, b) => a - b)
  const known = varianceA > 0 && varianceB > 0
  return {
    cosine: cosines[cosines.length >> 1] ?? 0,
    onA: known ? covariance / varianceA : null,
    onB: known ? covariance / varianceB : null,
  }
}

function cosine(tensor: TensorEvidence): number {
  return tensor.dot / Math.sqrt(tensor.squareA * tensor.squareB || 1)
}

/** Closer than this there is nothing to doubt: no training from scratch ends so near. */
const SURELY_DESCENT = 0.97
/** Below this the common part is too small to say what it is. */
const SURELY_NOT = 0.5
/** Share of a model's structure that an heir carries at least; docs/engine.md tells how the bar was set. */
const CARRIES = 0.96
/** An heir carries its parent's trained deviations about once ... */
const CARRIED = [0.7, 1.3] as const
/** ... and so closely that two trainings on similar data from one seed cannot have written them alike. */
const SURELY_CARRIED = 0.85
/** Below this correlation nothing says that trained deviations are carried at all. */
const CORRELATED = 0.45

/**
 * What the common part of two related models is. Two trainings from scratch with one seed share the initial noise, but neither
 * carries what training wrote into the other; a long continued training can leave as little in common. Where neither was trained
 * enough for that to show, norms and biases decide, or the answer is "unclear" and no descent is claimed.
 * @param structure how much of each one's structure the other carries; asked for only where nearness does not decide
 */
export function commonPart(evidence: PairEvidence, structure: () => CarriedStructure): "descent" | "shared-init" | "unclear" {
  const { cosine: common, onA, onB } = trainedAgreement(evidence)
  if (common >= SURELY_DESCENT) return "descent"
  if (common < SURELY_NOT) return "shared-init"
  const { ofA, ofB } = structure()
  if ((ofA ?? 0) >= CARRIES || (ofB ?? 0) >= CARRIES) return "descent"
  if (ofA !== null && ofB !== null) return "shared-init"
  if (onA === null || onB === null) return "unclear"
  const carries = [onA, onB].some((value) => value >= CARRIED[0] && value <= CARRIED[1])
  const correlation = Math.sqrt(Math.max(0, onA * onB))
  if (correlation < CORRELATED || !carries) return "shared-init"
  return correlation >= SURELY_CARRIED ? "descent" : "unclear"
}
