/** The relations of the contract, most specific first. */
export const RELATIONS = [
  "copy",
  "precision",
  "quantized",
  "adapter",
  "lora-merged",
  "finetune",
  "continued",
  "merge",
  "pruned",
  "layer-pruned",
  "depth-upscaled",
  "vocab-changed",
  "permuted",
  "noised",
] as const
export type Relation = (typeof RELATIONS)[number]

/** The Hub's `base_model_relation` words. */
export type HubRelation = "finetune" | "adapter" | "quantized" | "merge"

export type Verdict = "documented" | "undocumented" | "contradicted" | "independent" | "unverified"

export type DirectionBasis = "information" | "time" | "geometry" | "weights" | "files"

/** A sentence as data, so that an interface can say it in its own language: which sentence, and what is filled into it. */
export interface Worded {
  readonly as: string
  readonly values: Readonly<Record<string, string | number>>
}

/** One piece of evidence; `text` is a complete plain sentence. */
export interface Evidence {
  readonly kind: string
  readonly value: number | null
  /** p-value under the null hypothesis that the two models are independent, where one is defined. */
  readonly p?: number
  readonly says: "for" | "against" | "neutral"
  readonly text: string
  /** The same sentence as data; absent from older records. */
  readonly worded?: Worded
}

export interface Declared {
  readonly id: string
  readonly relation: string | null
}
