import type { ContainerFacts, ContainerFormat } from "~src/formats/container"
import type { Dtype, Packing } from "~src/formats/types"

/** One tensor of the list. */
export interface TensorFact {
  /** Canonical role, e.g. `attn.q`, `mlp.up`, `norm.attn`, `embed`. */
  readonly role: string
  /** Layer number, or null for tensors outside the stack. */
  readonly layer: number | null
  /** The tensor's own name in the file. */
  readonly name: string
  readonly dtype: Dtype
  /** The whole tensor's shape. */
  readonly shape: readonly number[]
  /** How its values are packed in the file; null where they are stored as they are. */
  readonly packing: Packing | null
}

/**
 * A block of one tensor, seen as a matrix of shape [shape[0], product of the rest]: rows [row0, row0 + rows) by columns
 * [col0, col0 + cols). Whole rows, except where the container keeps columns together. A 1-D tensor is one row.
 */
export interface Slab extends TensorFact {
  readonly row0: number
  readonly rows: number
  readonly col0: number
  readonly cols: number
  /** The block's elements, row-major, little endian, rows * cols * dtype size bytes: the stored bits, or values unpacked from them. */
  readonly bits: Uint8Array
}

/** Version 1 of the fingerprint; docs/fingerprint.md is its specification. */
export interface Fingerprint {
  readonly version: 1
  readonly repo: string
  readonly revision: string
  readonly format: ContainerFormat
  /** What the weight files say of their origin. */
  readonly facts: ContainerFacts
  /** Weight files with their content address. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly oid: string | null }[]
  readonly tensors: readonly TensorFact[]
  /** In plan order; the same (role, layer) appears once, with its rows joined. */
  readonly slabs: readonly Slab[]
}
