import { commonBlock, slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import type { PairBlock } from "~src/inference/types"
import { isHeadOrEmbedding } from "./roles"
import { MATCH_ROWS } from "./row-match"

/** Matrices looked at before a pair is taken for unrelated; unrelated pairs match under a tenth of their rows, related ones over nine tenths. */
const SCREEN_TENSORS = 6
/** Rows compared per tensor: as many as the Grams hold, so that every tensor has its say and large ones do not drown the others. */
export const COMPARED_ROWS = 64

/** A block of one tensor that two models share. */
export interface Located {
  readonly slab: Slab
  readonly block: PairBlock
}

const DENSE = /^mlp\.(gate|up|down)$/
const FIRST_EXPERT = /^mlp\.experts\.0\.(gate|up|down)$/

/** The role that a matrix of an MLP has where the MLP was multiplied into experts, or an expert's where it was not. */
function counterpart(role: string): string {
  return DENSE.test(role) ? role.replace(DENSE, "mlp.experts.0.$1") : role.replace(FIRST_EXPERT, "mlp.$1")
}

/**
 * Blocks of equal rows of the tensors present in both, in the order of A's plan. The MLP of a dense model stands beside the first expert of
 * a mixture: mixtures are grown from dense models by copying it (Komatsuzaki et al. 2023).
 */
export function sharedBlocks(a: Fingerprint, b: Fingerprint): Located[] {
  const inB = slabsByKey(b)
  const found: Located[] = []
  for (const slab of a.slabs) {
    const other = inB.get(slabKey(slab)) ?? inB.get(slabKey({ role: counterpart(slab.role), layer: slab.layer }))
    const common = other && commonBlock(slab, other)
    if (!common) continue
    const rows = Math.min(common.rows, COMPARED_ROWS)
    const size = rows * common.cols
    found.push({ slab, block: { a: common.a.subarray(0, size), b: common.b.subarray(0, size), rows, cols: common.cols } })
  }
  return found
}

export function isMatrix(slab: Slab): boolean {
  return slab.shape.length > 1
}

/** The first rows of a few body matrices spread over the plan: enough to tell strangers from relatives. */
export function screenBlocks(blocks: readonly Located[]): Located[] {
  const body = blocks.filter(({ slab, block }) => isMatrix(slab) && block.rows >= 4 && !isHeadOrEmbedding(slab.role))
  const pool = body.length > 0 ? body : blocks.filter(({ slab, block }) => isMatrix(slab) && block.rows >= 4)
  const step = Math.max(1, pool.length / SCREEN_TENSORS)
  const picked: Located[] = []
  for (let i = 0; i < pool.length && picked.length < SCREEN_TENSORS; i += step) {
    const { slab, block } = pool[Math.floor(i)] as Located
    const rows = Math.min(block.rows, MATCH_ROWS)
    const size = rows * block.cols
    picked.push({ slab, block: { a: block.a.subarray(0, size), b: block.b.subarray(0, size), rows, cols: block.cols } })
  }
  return picked
}
