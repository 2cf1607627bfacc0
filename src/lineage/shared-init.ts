import { median } from "~src/core/median"
import { isAligned } from "./pair"
import { isDataStatistic, isHeadOrEmbedding } from "./roles"
import type { CarriedStructure } from "./structure"
import type { PairEvidence, TensorEvidence } from "./types"

/** How much of one model's trained deviations another carries, both ways. */
export interface TrainedAgreement {
  /** Median cosine of the body matrices whose rows stand in one order. */
  readonly cosine: number
  /**
   * Regression coefficients of B's vector deviations on A's and of A's on B's, null without vectors. Norm gains start equal
   * and biases at zero, so deviations from their mean are training alone.
   */
  readonly onA: number | null
  readonly onB: number | null
  /** The larger of the two models' median spread of norm gains about their mean, relative to it; null without such gains. */
  readonly spread: number | null
  /** Share of the elements of those body matrices that are equal bit for bit. */
  readonly equal: number
}

export function trainedAgreement(evidence: PairEvidence): TrainedAgreement {
  const cosines: number[] = []
  const [spreadA, spreadB]: [number[], number[]] = [[], []]
  let [varianceA, varianceB, covariance, equal, elements] = [0, 0, 0, 0, 0]
  for (const tensor of evidence.tensors) {
    if (isDataStatistic(tensor.role)) continue
    if (tensor.kind === "matrix") {
      if (isHeadOrEmbedding(tensor.role) || !isAligned(tensor)) continue
      cosines.push(cosine(tensor))
      equal += tensor.equal
      elements += tensor.rows * tensor.cols
      continue
    }
    const n = tensor.rows * tensor.cols
    const [ofA, ofB] = [Math.max(0, tensor.squareA - tensor.sumA ** 2 / n), Math.max(0, tensor.squareB - tensor.sumB ** 2 / n)]
    varianceA += ofA
    varianceB += ofB
    if (n * ofA < tensor.sumA ** 2 && n * ofB < tensor.sumB ** 2) {
      spreadA.push(Math.sqrt(n * ofA) / Math.abs(tensor.sumA))
      spreadB.push(Math.sqrt(n * ofB) / Math.abs(tensor.sumB))
    }
    covariance += tensor.dot - (tensor.sumA * tensor.sumB) / n
  }
  const known = varianceA > 0 && varianceB > 0
  return {
    cosine: median(cosines) ?? 0,
    onA: known ? covariance / varianceA : null,
    onB: known ? covariance / varianceB : null,
    spread: spreadA.length > 0 ? Math.max(median(spreadA) ?? 0, median(spreadB) ?? 0) : null,
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
/** Nearness at which trained deviations that are carried say enough, unless structure says otherwise: two trainings from one seed do not reach both. */
const NEAR = 0.93
/** Share of structure below which it says otherwise. */
const NOT_CARRIED = 0.8
/** An heir carries its parent's trained deviations about once ... */
const CARRIED = [0.7, 1.3] as const
/** ... and so closely that two trainings on similar data from one seed cannot have written them alike. */
const SURELY_CARRIED = 0.85
/** Below this correlation nothing says that trained deviations are carried at all. */
const CORRELATED = 0.5
/** Norm gains start equal; a model whose gains spread less than this has hardly been trained, and is near all that share its seed. */
const HARDLY_TRAINED = 0.005

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
  const { cosine: common, onA, onB, spread } = agreement
  if (isKept(agreement)) return "descent"
  const correlation = onA === null || onB === null ? null : Math.sqrt(Math.max(0, onA * onB))
  const untrained = (spread !== null && spread < HARDLY_TRAINED) || (correlation !== null && correlation < CORRELATED)
  if (common >= SURELY_DESCENT && !untrained) return "descent"
  if (common < SURELY_NOT) return "shared-init"
  const { ofA, ofB } = structure()
  const structureCarried = Math.max(ofA ?? 0, ofB ?? 0)
  if (structureCarried >= CARRIES) return "descent"
  const carries = [onA, onB].some((value) => value !== null && value >= CARRIED[0] && value <= CARRIED[1])
  const refuted = ofA !== null && ofB !== null && structureCarried < NOT_CARRIED
  if (common >= NEAR && !untrained && carries && correlation !== null && !refuted) return "descent"
  if (common >= SURELY_DESCENT) return "unclear"
  if (ofA !== null && ofB !== null) return "shared-init"
  if (correlation === null) return "unclear"
  if (correlation < CORRELATED || !carries) return "shared-init"
  return correlation >= SURELY_CARRIED ? "descent" : "unclear"
}
