import type { DirectionBasis, Relation } from "~src/core/words"
import type { Fingerprint } from "~src/fingerprint/types"

/** What is known of a model besides its weights; every field may be absent. */
export interface MemberFacts {
  /** Milliseconds since the epoch, or null when unknown, at the Hub's floor, or ignored on request. */
  readonly createdAt: number | null
  /** Parents as the card names them, canonical spelling where it could be resolved. */
  readonly declared: readonly string[]
  /** `_name_or_path` of config.json when it looks like a repository id. */
  readonly namedOrigin: string | null
  /** `transformers_version` as comparable numbers, e.g. [4, 41, 2]. */
  readonly libraryVersion: readonly number[] | null
  /** The card or the files say that it was put together from several models. */
  readonly merged?: boolean
}

/** One model of a family: fingerprint and facts. */
export interface Member {
  readonly id: string
  readonly fingerprint: Fingerprint
  readonly facts: MemberFacts
  /** The open copy whose weights stand for this model's, which cannot be read. */
  readonly readThrough?: ReadThrough
}

/** A repository read in place of another, and the address of the page by which both hold the same weights. */
export interface ReadThrough {
  readonly id: string
  readonly revision: string
  readonly source: string
}

/** Evidence of one tensor present in both models, from equal rows. */
export interface TensorEvidence {
  readonly role: string
  readonly layer: number | null
  readonly kind: "matrix" | "vector"
  readonly rows: number
  readonly cols: number
  /** Rows entered into the row-match test and those matched to themselves; 0 of 0 when the test does not apply. */
  readonly tested: number
  readonly matched: number
  /** Natural logarithm of the exact p-value of the row-match test, 0 when it does not apply. */
  readonly logP: number
  readonly squareA: number
  readonly squareB: number
  readonly dot: number
  readonly squareDelta: number
  readonly maxAbsDelta: number
  readonly sumA: number
  readonly sumB: number
  readonly equal: number
  readonly sameSign: number
  readonly zeroA: number
  readonly zeroB: number
  /** (B - A)(B - A)^T of the first `head` rows, row-major. */
  readonly deltaGram: Float32Array
  readonly head: number
}

/**
 * How two models were brought into one order before their tensors were compared: the places of the residual stream or of neurons sorted, all
 * seen in coordinates that a rotation of the stream leaves alone, or layers numbered alike.
 */
export type Alignment = "reordered" | "rotated" | "layers"

/** All evidence on one pair of models. */
export interface PairEvidence {
  readonly tensors: readonly TensorEvidence[]
  /** Mean share of matched rows over the tested matrices outside embeddings and heads. */
  readonly matched: number
  /** Natural logarithm of Fisher's combined p-value of the row-match tests. */
  readonly logP: number
  /** Probability that the two share weights at all. */
  readonly related: number
  /** Absent where both stand in one order as they are. */
  readonly alignment?: Alignment
  /** Log-odds that A is the parent and B the child, by `direction.onnx`; absent where it was not asked. */
  readonly direction?: number
}

/** The evidence of two members, by their places; told in their order, i < j. */
export type Evidences = (i: number, j: number) => PairEvidence | undefined

/** How a merge was made, as far as the weights tell. */
/** `card`: the weights are those of a relative, and the card says of which merge. */
export type MergeMethod = "mean" | "sum" | "by-tensor" | "layers" | "selection" | "stack" | "card"

export interface MergeFit {
  readonly method: MergeMethod
  /** Unexplained part: of the squared distance to the nearest part, or of the changed elements where elements were selected. */
  readonly residual: number
  /** Share of a part that was not read; the shares of those that were sum to what is left. */
  readonly absent?: number
}

/** One arrow of a charted family; members by their place in the list. */
export interface FamilyEdge {
  readonly parent: number
  readonly child: number
  readonly kind: "tree" | "merge" | "copy" | "precision" | "quantized" | "adapter"
  readonly share: number
  /** Probability that this is the direct parent rather than another member, and that the arrow points this way. */
  readonly attachment: number
  readonly direction: number
  readonly basis: readonly DirectionBasis[]
  /** How a merge was made. */
  readonly fit?: MergeFit
  /** Share of packed elements that the parent's weights would not have rounded to. */
  readonly outside?: number
  /** What was done to the parent's weights, by `relation.onnx`; absent where it was not asked. */
  readonly learned?: LearnedRelation
}

/** A relation told by the learned scorer, with its calibrated probability given that this is the parent. */
export interface LearnedRelation {
  readonly relation: Relation
  readonly probability: number
}

/** A parent that the weights or cards imply but that was not read. */
export interface Ghost {
  /** `ghost:N`, or the repository that its documented children name. */
  readonly id: string
  /** The children whose cards or files name it; empty for a nameless one. */
  readonly namedBy: readonly string[]
  /** How probable it is the parent of each of its children, by their places among the members. */
  readonly children: ReadonlyMap<number, number>
  /** What of the children's distances a common centre leaves unexplained; of a merge, of how it was made. */
  readonly residual: number
  /** Its part of a merge, whose other parts were read; absent where it is the children's only parent. */
  readonly part?: { readonly share: number; readonly method: MergeMethod }
}

/** True when rows of both were compared; without common rows a pair says nothing. */
export function wasCompared(pair: PairEvidence): boolean {
  return pair.tensors.some((tensor) => tensor.tested > 0)
}
