import { decodeValues, dtypeSize } from "~src/formats/dtypes"
import { isConstantBuffer } from "~src/formats/names"
import type { Fingerprint, Slab } from "./types"

/** What two models' tensors are paired by. */
export function slabKey({ role, layer }: { readonly role: string; readonly layer: number | null }): string {
  return `${role}|${layer ?? ""}`
}

/** All values of a slab, row-major [rows, cols]. */
export function slabValues(slab: Slab): Float32Array {
  return decodeValues(slab.dtype, slab.bits)
}

/** The rows that two slabs share, row-major [rows, cols] each, as values and as stored bits (each in its own dtype). */
interface CommonRows {
  readonly row0: number
  readonly rows: number
  readonly cols: number
  readonly a: Float32Array
  readonly b: Float32Array
  readonly bitsA: Uint8Array
  readonly bitsB: Uint8Array
}

/** Rows present in both slabs, or null where row lengths differ or no row is shared. */
export function commonRows(a: Slab, b: Slab): CommonRows | null {
  if (a.cols !== b.cols) return null
  const row0 = Math.max(a.row0, b.row0)
  const row1 = Math.min(a.row0 + a.rows, b.row0 + b.rows)
  if (row1 <= row0) return null
  const bitsA = rowBits(a, row0, row1)
  const bitsB = rowBits(b, row0, row1)
  return { row0, rows: row1 - row0, cols: a.cols, a: decodeValues(a.dtype, bitsA), b: decodeValues(b.dtype, bitsB), bitsA, bitsB }
}

function rowBits(slab: Slab, row0: number, row1: number): Uint8Array {
  const rowBytes = slab.cols * dtypeSize(slab.dtype)
  return slab.bits.subarray((row0 - slab.row0) * rowBytes, (row1 - slab.row0) * rowBytes)
}

/** FNV-1a with 64 bits over UTF-16 code units. */
function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n)
  return hash
}

/** Equal for models whose tensors have the same places and shapes (precision aside); 16 hex digits. Groups models; proves nothing. */
export function signature(fingerprint: Pick<Fingerprint, "tensors">): string {
  const lines = fingerprint.tensors
    .filter(({ name }) => !isConstantBuffer(name))
    .map((tensor) => `${slabKey(tensor)}|${tensor.shape.join("x")}`)
  return fnv1a(lines.sort().join("\n")).toString(16).padStart(16, "0")
}
