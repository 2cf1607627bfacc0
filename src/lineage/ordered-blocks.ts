import { blockValues } from "~src/fingerprint/slabs"
import type { Slab } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"
import type { PairBlock } from "~src/inference/types"
import { COMPARED_ROWS } from "./blocks"
import type { Order } from "./places"

/** Blocks of one tensor in two models whose rows or columns stand in different orders. An order left out means the same order. */

type Window = readonly [from: number, to: number]
const rowsOf = ({ row0, rows }: Slab): Window => [row0, row0 + rows]
const colsOf = ({ col0, cols }: Slab): Window => [col0, col0 + cols]

/** What both hold, rows and columns brought into one order; null where that is nothing. */
export function orderedBlock(a: Slab, b: Slab, rows: Order | undefined, cols: Order | undefined): PairBlock | null {
  if (!cols && matrixShape(a.shape).cols !== matrixShape(b.shape).cols) return null
  const down = heldByBoth(rows, rowsOf(a), rowsOf(b), COMPARED_ROWS)
  const across = heldByBoth(cols, colsOf(a), colsOf(b), Number.POSITIVE_INFINITY)
  if (down.a.length === 0 || across.a.length === 0) return null
  return { a: gather(a, down.a, across.a), b: gather(b, down.b, across.b), rows: down.a.length, cols: across.a.length }
}

/** Whole rows that both hold, columns in each one's own order; null where whole rows are not held or there is none. */
export function orderedRow(
  a: Slab,
  b: Slab,
  order: Order | undefined,
): {
  readonly rows: number
  readonly widthA: number
  readonly widthB: number
  read(row: number): { readonly a: Float32Array; readonly b: Float32Array }
} | null {
  if ([a, b].some((slab) => slab.cols !== matrixShape(slab.shape).cols)) return null
  const rows = heldByBoth(order, rowsOf(a), rowsOf(b), COMPARED_ROWS)
  if (rows.a.length === 0) return null
  const read = (slab: Slab, row: number) => blockValues(slab, row, row + 1, 0, slab.cols)
  return {
    rows: rows.a.length,
    widthA: a.cols,
    widthB: b.cols,
    read: (row) => ({ a: read(a, rows.a[row] as number), b: read(b, rows.b[row] as number) }),
  }
}

function heldByBoth(order: Order | undefined, [a0, a1]: Window, [b0, b1]: Window, most: number): Order {
  if (!order) {
    const [from, to] = [Math.max(a0, b0), Math.min(a1, b1)]
    const same = Int32Array.from({ length: Math.max(0, Math.min(to - from, most)) }, (_, i) => from + i)
    return { a: same, b: same }
  }
  const held: number[] = []
  for (let n = 0; n < order.a.length && held.length < most; n++) {
    const [i, j] = [order.a[n] as number, order.b[n] as number]
    if (i >= a0 && i < a1 && j >= b0 && j < b1) held.push(n)
  }
  return { a: Int32Array.from(held, (n) => order.a[n] as number), b: Int32Array.from(held, (n) => order.b[n] as number) }
}

function gather(slab: Slab, rows: Int32Array, cols: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * cols.length)
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n] as number
    const values = blockValues(slab, row, row + 1, slab.col0, slab.col0 + slab.cols)
    for (let k = 0; k < cols.length; k++) out[n * cols.length + k] = values[(cols[k] as number) - slab.col0] as number
  }
  return out
}
