import type { Declared, DirectionBasis, Evidence, HubRelation, Relation, Verdict } from "~src/core/words"
import type { Provider } from "~src/inference/types"
import type { StoredWeights } from "~src/lineage/weights"

export interface Parent {
  readonly id: string
  readonly revision: string | null
  readonly ghost: boolean
  readonly namedBy?: readonly string[]
  readonly relation: Relation
  readonly hubRelation: HubRelation | null
  readonly probability: number
  readonly share: number
  readonly direction: { readonly probability: number; readonly basis: readonly DirectionBasis[] }
  readonly evidence: readonly Evidence[]
}

export interface Cost {
  readonly requests: number
  readonly bytes: number
  readonly weightBytes: number
  readonly milliseconds: number
  readonly provider: Provider | null
}

/** `lineage --json`, and what the panel shows. */
export interface LineageReport {
  readonly schema: "pedigree/lineage@1"
  /** Version of the engine that drew the conclusion. */
  readonly engine: string
  readonly model: string
  readonly revision: string
  /** How this model's weights are stored, and what its files state. */
  readonly weights: StoredWeights
  readonly verdict: Verdict
  readonly reason: string
  readonly declared: readonly Declared[]
  readonly parents: readonly Parent[]
  /** Models trained apart from the same random seed, if any were met. */
  readonly sharedInit: readonly string[]
  readonly compared: readonly { readonly id: string; readonly related: number }[]
  readonly notCompared: readonly { readonly id: string; readonly reason: string }[]
  /** The negative control: the nearest unrelated model or a null from row permutation. */
  readonly control: Evidence | null
  readonly cost: Cost
}

export interface AtlasNode {
  readonly id: string
  readonly family: number
  readonly ghost: boolean
  readonly verdict: Verdict
  readonly declared: readonly Declared[]
  /** ISO creation time, licence, downloads where known: for drawing. */
  readonly createdAt?: string
  readonly license?: string
  readonly downloads?: number
}

export interface AtlasEdge {
  readonly parent: string
  readonly child: string
  readonly relation: Relation
  readonly probability: number
  readonly share: number
  readonly declared: boolean
}

/** `atlas --json`, and what the popup draws. Edges form a directed acyclic graph. */
export interface AtlasReport {
  readonly schema: "pedigree/atlas@1"
  readonly nodes: readonly AtlasNode[]
  readonly edges: readonly AtlasEdge[]
  readonly cost: Cost
}

/** `compare --json`. */
export interface CompareReport {
  readonly schema: "pedigree/compare@1"
  readonly a: string
  readonly b: string
  readonly related: number
  readonly relation: Relation | "shared-init" | null
  readonly relationProbability: number
  readonly direction: { readonly parent: string | null; readonly probability: number; readonly basis: readonly DirectionBasis[] }
  readonly evidence: readonly Evidence[]
  readonly cost: Cost
}
