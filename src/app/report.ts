import type { ErrorCode } from "~src/core/errors"
import type { Declared, DirectionBasis, Evidence, HubRelation, Relation, Verdict, Worded } from "~src/core/words"
import type { Provider } from "~src/inference/types"
import type { Portrait } from "~src/lineage/portrait"
import type { ReadThrough } from "~src/lineage/types"
import type { StoredWeights } from "~src/lineage/weights"

/** A weight file at the commit that was read. */
export interface FileFact {
  readonly path: string
  readonly size: number
  /** sha256 of a large file, else the git blob's sha1; null when the Hub does not tell. */
  readonly oid: string | null
}

/** A relative and how far its typical matrix differs, relative to its size. */
export interface Neighbour {
  readonly id: string
  readonly update: number
}

export interface Parent {
  readonly id: string
  /** The commit that was read; null where it was not read itself. */
  readonly revision: string | null
  /** The open copy that was read in its place, as it is closed; that both are the same is a curated fact with its source. */
  readonly readThrough?: ReadThrough
  readonly ghost: boolean
  readonly namedBy?: readonly string[]
  readonly relation: Relation
  readonly hubRelation: HubRelation | null
  readonly probability: number
  readonly share: number
  readonly direction: { readonly probability: number; readonly basis: readonly DirectionBasis[] }
  readonly evidence: readonly Evidence[]
  /** Its weight files, where they were read; absent from older records. */
  readonly files?: readonly FileFact[]
  /** What of the evidence can be drawn, where rows were compared; absent from older records. */
  readonly portrait?: Portrait
}

export interface Cost {
  readonly requests: number
  readonly bytes: number
  readonly weightBytes: number
  readonly milliseconds: number
  readonly provider: Provider | null
}

/** A model that was found and not compared; its state and licence where the Hub told them. */
export interface NotCompared {
  readonly id: string
  readonly reason: string
  readonly code?: ErrorCode
  readonly license?: string
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
  /** The reason as data; absent from older records. */
  readonly worded?: Worded
  readonly declared: readonly Declared[]
  readonly parents: readonly Parent[]
  /** Models trained apart from the same random seed, if any were met. */
  readonly sharedInit: readonly string[]
  readonly compared: readonly { readonly id: string; readonly related: number }[]
  readonly notCompared: readonly NotCompared[]
  /** Models found and not read: they came after the likeliest, which are read first; absent from older records. */
  readonly notRead?: number
  /** The weight files read, and the nearest relatives; absent from older records. */
  readonly files?: readonly FileFact[]
  readonly near?: readonly Neighbour[]
  /** The negative control: the nearest unrelated model or a null from row permutation. */
  readonly control: Evidence | null
  readonly cost: Cost
}

export interface AtlasNode {
  readonly id: string
  readonly family: number
  readonly ghost: boolean
  /** The models whose cards name a ghost. */
  readonly namedBy?: readonly string[]
  readonly verdict: Verdict
  readonly declared: readonly Declared[]
  /** ISO creation time, licence, task (the Hub's pipeline tag), downloads where known: for drawing. */
  readonly createdAt?: string
  readonly license?: string
  readonly task?: string
  /** The model type, and datasets and languages that the card names; absent where nothing is said. */
  readonly architecture?: string
  readonly datasets?: readonly string[]
  readonly languages?: readonly string[]
  readonly downloads?: number
  /** The commit that the verdict is about. */
  readonly revision?: string
  /** Why not everybody can read it. */
  readonly access?: Access
  /** Comes from an atlas file that was read in, not from this engine. */
  readonly imported?: boolean
}

/** What the Hub says of a repository that not everybody can read; `missing` may be private too. */
export const ACCESS = ["gated", "private", "disabled", "missing"] as const
export type Access = (typeof ACCESS)[number]

export interface AtlasEdge {
  readonly parent: string
  readonly child: string
  readonly relation: Relation
  readonly probability: number
  readonly share: number
  readonly declared: boolean
  /** Comes from an atlas file that was read in, not from this engine. */
  readonly imported?: boolean
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
