import type { Relation } from "~src/core/words"
import type { Scorers } from "~src/inference/types"
import { type Family, pairKey } from "./family"
import { evidenceTokens, exchanged } from "./tokens/tokens"
import type { FamilyEdge, LearnedRelation, Member, PairEvidence } from "./types"

/** The answers of `relation.onnx` in the order of its outputs, as far as the engine asks for them (training/scorers/relation.py). */
const ANSWERS = ["finetune", "continued", "lora-merged", "quantized", "noised"] as const satisfies readonly Relation[]

/**
 * Names what was done to the weights along the edges that rest on them alone.
 * @throws PedigreeError when the runtime is lost; AbortError when `signal` fires
 */
export async function withRelations(family: Family, scorers: Scorers | undefined, signal: AbortSignal): Promise<Family> {
  const asked = scorers ? family.edges.filter((edge) => edge.kind === "tree" && inOneOrder(pairOf(family, edge))) : []
  if (!scorers || asked.length === 0) return family
  const sets = asked.map((edge) => {
    const [low, high] = [edge.parent, edge.child].sort((i, j) => i - j) as [number, number]
    const [a, b] = [family.members[low] as Member, family.members[high] as Member]
    const tokens = evidenceTokens(a.fingerprint, b.fingerprint, pairOf(family, edge) as PairEvidence)
    return edge.parent === low ? tokens : exchanged(tokens)
  })
  const logits = await scorers.relations(sets, signal)
  const learned = new Map(asked.map((edge, n) => [edge, likeliest(logits[n] as Float32Array)]))
  const named = (edge: FamilyEdge): FamilyEdge => {
    const relation = learned.get(edge)
    return relation ? { ...edge, learned: relation } : edge
  }
  return { ...family, edges: family.edges.map(named) }
}

/** Tensors of models that were brought into one order first are not compared row by row here. */
function inOneOrder(pair: PairEvidence | undefined): boolean {
  return pair !== undefined && pair.alignment === undefined
}

function pairOf({ members, pairs }: Family, { parent, child }: FamilyEdge): PairEvidence | undefined {
  return pairs.get(pairKey(members.length, parent, child))
}

/** The answer with the largest probability, given that one of them is true. */
function likeliest(logits: Float32Array): LearnedRelation {
  const values = logits.subarray(0, ANSWERS.length)
  const largest = Math.max(...values)
  const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0)
  return { relation: ANSWERS[values.indexOf(largest)] as Relation, probability: 1 / total }
}
