import { distinctCount } from "~src/core/distinct"
import { perObject } from "~src/core/per-object"
import { keptValues, signature, slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint, TensorFact } from "~src/fingerprint/types"
import { isConstantBuffer } from "~src/formats/names"
import { isHead, isHeadOrEmbedding } from "./roles"

/**
 * What a model's weights say of themselves: information was taken away (zeros, few levels) or the shape differs. Such models are
 * made from others and seldom made further.
 */
export interface Form {
  /** Share of exact zeros in the body matrices. */
  readonly zeros: number
  /** Share of 32-element blocks with at most 16 distinct values: a 4-bit grid stored in a wider dtype. */
  readonly gridded: number
  /** Equal for models with the same tensors in the same shapes. */
  readonly shape: string
}

const BLOCK = 32
const LEVELS = 16

/** The form of a fingerprint; computed once. */
export const formOf = perObject((fingerprint: Fingerprint): Form => {
  let elements = 0
  let zeros = 0
  let blocks = 0
  let gridded = 0
  for (const slab of fingerprint.slabs) {
    if (slab.shape.length < 2 || isHeadOrEmbedding(slab.role)) continue
    const values = keptValues(slab)
    elements += values.length
    for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++
    if (slab.cols < BLOCK) continue
    // Blocks start at a row's start; a few rows tell as much as all of them.
    for (let row = 0; row < Math.min(slab.rows, 8); row++)
      for (let col = 0; col + BLOCK <= slab.cols; col += BLOCK) {
        blocks++
        const start = row * slab.cols + col
        if (distinctCount(values.subarray(start, start + BLOCK)) <= LEVELS) gridded++
      }
  }
  return {
    zeros: elements > 0 ? zeros / elements : 0,
    gridded: blocks > 0 ? gridded / blocks : 0,
    shape: signature(fingerprint),
  }
})

/**
 * True when two models have the same tensors in the same shapes. A conversion to another container may drop what lies outside the
 * stack (heads, poolers), and a head tied to the embedding is stored or not.
 */
export function sameShape(a: Fingerprint, b: Fingerprint): boolean {
  return agree(a, b, ({ role, layer }, inBoth) => !inBoth && (role === "lm_head" || (a.format !== b.format && layer === null)))
}

/** The same of all but their heads: training for another task puts another one on. */
export function sameBody(a: Fingerprint, b: Fingerprint): boolean {
  return agree(a, b, ({ role, layer }, inBoth) => isHead(role) || (!inBoth && a.format !== b.format && layer === null))
}

function agree(a: Fingerprint, b: Fingerprint, mayDiffer: (tensor: TensorFact, inBoth: boolean) => boolean): boolean {
  if (formOf(a).shape === formOf(b).shape) return true
  const shapes = (fingerprint: Fingerprint) =>
    new Map(
      fingerprint.tensors
        .filter(({ name }) => !isConstantBuffer(name))
        .map((tensor) => [slabKey(tensor), { ...tensor, size: tensor.shape.join("x") }]),
    )
  const [mine, theirs] = [shapes(a), shapes(b)]
  return [...new Set([...mine.keys(), ...theirs.keys()])].every((key) => {
    const [x, y] = [mine.get(key), theirs.get(key)]
    return (x && y && x.size === y.size) || mayDiffer((x ?? y) as TensorFact, x !== undefined && y !== undefined)
  })
}

/**
 * Layers that `b` has more than `a`, by the roles that both have in their stacks: experts in an MLP's place and what a head adds outside are
 * no depth. Counted in tensors.
 */
export function depthChange(a: Fingerprint, b: Fingerprint): number {
  const [before, after] = [rolesOf(a), rolesOf(b)]
  return [...before].reduce((sum, [role, count]) => sum + (after.get(role) ?? count) - count, 0)
}

const rolesOf = perObject((fingerprint: Fingerprint): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { role, layer } of fingerprint.tensors) if (layer !== null) counts.set(role, (counts.get(role) ?? 0) + 1)
  return counts
})

const shapesOf = perObject(
  ({ tensors }: Fingerprint): ReadonlyMap<string, readonly number[]> => new Map(tensors.map((tensor) => [slabKey(tensor), tensor.shape])),
)

/** Whether matrices of the stack are narrower in `a` than in `b`, and none wider: width was pruned. */
export function isNarrower(a: Fingerprint, b: Fingerprint): boolean {
  const theirs = shapesOf(b)
  let narrower = false
  for (const { role, layer, shape } of a.tensors) {
    const other = theirs.get(slabKey({ role, layer }))
    if (layer === null || shape.length < 2 || other?.length !== shape.length) continue
    if (shape.some((side, i) => side > (other[i] as number))) return false
    narrower ||= shape.some((side, i) => side < (other[i] as number))
  }
  return narrower
}

const hasExperts = perObject(({ tensors }: Fingerprint): boolean => tensors.some(({ role }) => /(^|\.)experts\./.test(role)))

/** Whether `a` is a mixture of experts and `b` a dense model: the one is grown from the other, never turned back. */
export function isGrown(a: Fingerprint, b: Fingerprint): boolean {
  return hasExperts(a) && !hasExperts(b)
}

/** Rows of the token embedding, 0 without one. */
export function vocabularyOf(fingerprint: Fingerprint): number {
  const embedding = fingerprint.tensors.find(({ role }) => /(^|\.)embed($|\.(token|word)$)|embed_tokens|wte|word_embeddings/.test(role))
  return embedding?.shape[0] ?? 0
}
