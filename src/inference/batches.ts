import { HEAD_ROWS, type PairBlock } from "./types"

/** The limit of one run: bytes of its inputs and outputs together (float32), as long as one piece does not need more. */
export const BATCH_BYTES = 16 * 2 ** 20

/** Numbers per row in the graph's output `moments`. */
export const MOMENTS = 11

/** A run of whole rows of one block. The first piece of a block has all its head rows. */
export interface Piece {
  /** Position of the block in the caller's list. */
  readonly block: number
  readonly start: number
}

/** Equally shaped pieces that go through the graph together, as [pieces.length, rows, cols]. */
export interface Batch {
  readonly rows: number
  readonly cols: number
  readonly pieces: readonly Piece[]
}

/** Groups blocks by shape and splits what is too large for one run; blocks without elements are left out. */
export function planBatches(blocks: readonly PairBlock[], limit = BATCH_BYTES): Batch[] {
  const groups = new Map<string, { rows: number; cols: number; pieces: Piece[] }>()
  for (const [index, { rows, cols }] of blocks.entries()) {
    if (rows === 0 || cols === 0) continue
    const most = Math.max(HEAD_ROWS, Math.floor(limit / pieceBytes(1, cols)))
    for (let start = 0; start < rows; start += most) {
      const height = Math.min(most, rows - start)
      const key = `${height} ${cols}`
      const group = groups.get(key) ?? { rows: height, cols, pieces: [] }
      group.pieces.push({ block: index, start })
      groups.set(key, group)
    }
  }
  const batches: Batch[] = []
  for (const { rows, cols, pieces } of groups.values()) {
    const most = Math.max(1, Math.floor(limit / pieceBytes(rows, cols)))
    for (let from = 0; from < pieces.length; from += most) batches.push({ rows, cols, pieces: pieces.slice(from, from + most) })
  }
  return batches
}

function pieceBytes(rows: number, cols: number): number {
  const head = Math.min(rows, HEAD_ROWS)
  return 4 * (2 * rows * cols + 2 * head * head + rows * MOMENTS)
}
