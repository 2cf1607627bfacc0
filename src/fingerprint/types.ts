import type { Dtype } from "~src/formats/types"

/** Whole rows [row0, row0 + rows) of one tensor, seen as a matrix of shape [shape[0], product of the rest]. A 1-D tensor is one row. */
export interface Slab {
  /** Canonical role, e.g. `attn.q`, `mlp.up`, `norm.attn`, `embed`. */
  readonly role: string
  /** Layer number, or null for tensors outside the stack. */
  readonly layer: number | null
  /** The tensor's own name in the file. */
  readonly name: string
  readonly dtype: Dtype
  /** The whole tensor's shape. */
  readonly shape: readonly number[]
  readonly row0: number
  readonly rows: number
  readonly cols: number
  /** The stored bits of these rows, little endian, rows * cols * dtype size bytes. */
  readonly bits: Uint8Array
}

export interface TensorFact {
  readonly role: string
  readonly layer: number | null
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
}

/** Version 1 of the fingerprint; docs/fingerprint.md is its specification. */
export interface Fingerprint {
  readonly version: 1
  readonly repo: string
  readonly revision: string
  /** Weight files with their content address. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly oid: string | null }[]
  readonly tensors: readonly TensorFact[]
  /** In plan order; the same (role, layer) appears once, with its rows joined. */
  readonly slabs: readonly Slab[]
}
