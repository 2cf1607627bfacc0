import { perObject } from "~src/core/per-object"
import { matrixShape } from "~src/formats/container"
import { decodeValues } from "~src/formats/dtypes"
import { isConstantBuffer } from "~src/formats/names"
import type { Fingerprint, Slab } from "./types"

/** What two models' tensors are paired by. */
export function slabKey({ role, layer }: { readonly role: string; readonly layer: number | null }): string {
  return `${role}|${layer ?? ""}`
}

/** A model's slabs by {@link slabKey}. */
export const slabsByKey = perObject(
  ({ slabs }: Fingerprint): ReadonlyMap<string, Slab> => new Map(slabs.map((slab) => [slabKey(slab), slab])),
)

/** All values of a slab, row-major [rows, cols]. */
export function slabValues(slab: Slab): Float32Array {
  return decodeValues(slab.dtype, slab.bits)
}

/** The same, kept for as long as the slab, since a model is held against many others: for reading alone. */
export const keptValues = perObject(slabValues)

/** The block that two slabs share, row-major [rows, cols] each; for reading alone, as for {@link blockValues}. */
export interface CommonBlock {
  readonly rows: number
  readonly cols: number
  readonly a: Float32Array
  readonly b: Float32Array
}

/** The block present in both slabs, or null where the rows' lengths differ or nothing is shared. */
export function commonBlock(a: Slab, b: Slab): CommonBlock | null {
  if (matrixShape(a.shape).cols !== matrixShape(b.shape).cols) return null
  const [row0, row1] = [Math.max(a.row0, b.row0), Math.min(a.row0 + a.rows, b.row0 + b.rows)]
  const [col0, col1] = [Math.max(a.col0, b.col0), Math.min(a.col0 + a.cols, b.col0 + b.cols)]
  if (row1 <= row0 || col1 <= col0) return null
  return { rows: row1 - row0, cols: col1 - col0, a: blockValues(a, row0, row1, col0, col1), b: blockValues(b, row0, row1, col0, col1) }
}

/**
 * The values of rows [row0, row1) and columns [col0, col1) of a tensor, all of them within its slab, row-major. They may be a view of what
 * is kept for others: they must not be written to.
 */
export function blockValues(slab: Slab, row0: number, row1: number, col0: number, col1: number): Float32Array {
  const values = keptValues(slab).subarray((row0 - slab.row0) * slab.cols, (row1 - slab.row0) * slab.cols)
  const cols = col1 - col0
  if (cols === slab.cols) return values
  const cut = new Float32Array((row1 - row0) * cols)
  for (let row = 0; row < row1 - row0; row++) {
    const at = row * slab.cols + col0 - slab.col0
    cut.set(values.subarray(at, at + cols), row * cols)
  }
  return cut
}

/** FNV-1a with 64 bits over UTF-16 code units, as 16 hex digits. */
function fnv1a(text: string): string {
  // In halves: a model's tensors make a long text, and big integers are slow. The prime is 2^40 + 0x1b3.
  let [high, low] = [0xcbf29ce4, 0x84222325]
  for (let i = 0; i < text.length; i++) {
    const mixed = (low ^ text.charCodeAt(i)) >>> 0
    const product = mixed * 0x1b3
    low = product >>> 0
    high = (high * 0x1b3 + (product - low) / 2 ** 32 + mixed * 2 ** 8) % 2 ** 32
  }
  return [high, low].map((half) => half.toString(16).padStart(8, "0")).join("")
}

/** Equal for models whose tensors have the same places and shapes (precision aside); 16 hex digits. Groups models; proves nothing. */
export function signature(fingerprint: Pick<Fingerprint, "tensors">): string {
  const lines = fingerprint.tensors
    .filter(({ name }) => !isConstantBuffer(name))
    .map((tensor) => `${slabKey(tensor)}|${tensor.shape.join("x")}`)
  return fnv1a(lines.sort().join("\n"))
}
