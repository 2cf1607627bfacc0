import { median } from "~src/core/median"
import { isAligned } from "./pair"
import { isDataStatistic, isHeadOrEmbedding, isNorm } from "./roles"
import type { CarriedStructure } from "./structure"
import type { PairEvidence, TensorEvidence } from "./types"

/** How much of one model's trained deviations another carries, both ways. */
export interface TrainedAgreement {
  /** Median cosine of the body matrices whose rows stand in one order. */
  readonly cosine: number
  /**
   * Regression coefficients of B's deviations on A's and of A's on B's in the norms, null without norms. Norms start with equal gains and with
   * biases of zero, so deviations from their mean are training alone; other biases may have begun as noise.
   */
  readonly onA: number | null
  readonly onB: number | null
  /** Share of the elements of those body matrices that are equal bit for bit. */
  readonly equal: number
}

export function trainedAgreement(evidence: PairEvidence): TrainedAgreement {
  const cosines: number[] = []
  let [varianceA, varianceB, covariance, norms, equal, elements] = [0, 0, 0, 0, 0, 0]
  for (const tensor of evidence.tensors) {
    if (isDataStatistic(tensor.role)) continue
    const n = tensor.rows * tensor.cols
    if (tensor.kind === "matrix") {
      if (isHeadOrEmbedding(tensor.role) || !isAligned(tensor)) continue
      cosines.push(cosine(tensor))
      equal += tensor.equal
      elements += n
    } else if (isNorm(tensor.role)) {
      varianceA += Math.max(0, tensor.squareA - tensor.sumA ** 2 / n)
      varianceB += Math.max(0, tensor.squareB - tensor.sumB ** 2 / n)
      covariance += tensor.dot - (tensor.sumA * tensor.sumB) / n
      norms++
    }
  }
  const on = (variance: number) => (variance > 0 ? covariance / variance : norms > 0 ? 0 : null)
  return {
    cosine: median(cosines) ?? 0,
    onA: on(varianceA),
    onB: on(varianceB),
    equal: equal / Math.max(1, elements),
  }
}

function cosine(tensor: TensorEvidence): number {
  return tensor.dot / Math.sqrt(tensor.squareA * tensor.squareB || 1)
}

/** From this share of equal elements on, and where vectors' deviations differ by no more than this, values were kept: two trainings write other bits. */
const KEPT = 0.2
const ROUNDING = 1e-6
/** Closer than this there is nothing to doubt: no training from scratch ends so near. */
const SURELY_DESCENT = 0.97
/** Below this the common part is too small to say what it is. */
const SURELY_NOT = 0.5
/** Share of a model's structure that an heir carries at least; docs/engine.md tells how the bar was set. */
const CARRIES = 0.96
/** Nearness under which carried structure alone is no proof: the less is in common, the more of it two trainings from one seed were seen to share. */
const LITTLE = 0.65
/** Nearness at which norms that correlate as much say enough, unless structure says otherwise: on development families two trainings from one seed never reached both. */
const NEAR = 0.93
const CLEARLY_CORRELATED = 0.5
/** Share of structure below which it says otherwise. */
const NOT_CARRIED = 0.8
/** An heir carries its parent's trained deviations about once ... */
const CARRIED = [0.7, 1.3] as const
/** ... and so closely that two trainings on similar data from one seed cannot have written them alike. */
const SURELY_CARRIED = 0.85
/** Below this correlation of the norms nothing says that trained deviations are carried: all that share a seed are as near while little is trained. */
const CORRELATED = 0.4

/** Whether one of two models kept values of the other bit for bit: then what they have in common is descent, however far apart the rest is. */
export function keepsValues(evidence: PairEvidence): boolean {
  return isKept(trainedAgreement(evidence))
}

const isKept = ({ equal, onA, onB }: TrainedAgreement) =>
  equal >= KEPT || [onA, onB].every((value) => value !== null && Math.abs(value - 1) < ROUNDING)

/**
 * What the common part of two related models is. Two trainings from scratch with one seed share the initial noise, but neither
 * carries what training wrote into the other; a long continued training can leave as little in common. Where neither was trained
 * enough for that to show, norms and biases decide, or the answer is "unclear" and no descent is claimed.
 * @param structure how much of each one's structure the other carries; asked for only where nearness does not decide
 */
export function commonPart(evidence: PairEvidence, structure: () => CarriedStructure): "descent" | "shared-init" | "unclear" {
  const agreement = trainedAgreement(evidence)
  const { cosine: common, onA, onB } = agreement
  if (isKept(agreement)) return "descent"
  const correlation = onA === null || onB === null ? null : Math.sqrt(Math.max(0, onA * onB))
  const untrained = correlation !== null && correlation < CORRELATED
  if (common >= SURELY_DESCENT && !untrained) return "descent"
  if (common < SURELY_NOT) return "shared-init"
  const { ofA, ofB } = structure()
  const structureCarried = Math.max(ofA ?? 0, ofB ?? 0)
  if (structureCarried >= CARRIES) return common >= LITTLE ? "descent" : "unclear"
  const refuted = ofA !== null && ofB !== null && structureCarried < NOT_CARRIED
  if (common >= NEAR && correlation !== null && correlation >= CLEARLY_CORRELATED && !refuted) return "descent"
  if (common >= SURELY_DESCENT) return "unclear"
  if (ofA !== null && ofB !== null) return "shared-init"
  if (correlation === null) return "unclear"
  const carries = [onA, onB].some((value) => value !== null && value >= CARRIED[0] && value <= CARRIED[1])
  if (untrained || !carries) return "shared-init"
  return correlation >= SURELY_CARRIED ? "descent" : "unclear"
}
