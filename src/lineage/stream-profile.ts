import { perObject } from "~src/core/per-object"
import { blockValues, slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import type { PairBlock } from "~src/inference/types"
import { axesOf, streamKey } from "./axes"
import { fisher, MATCH_ROWS, matchBlock } from "./row-match"

/** Matrices of a stack that enter, and rows of each. */
const MATRICES = 10
const ROWS = MATCH_ROWS
/** Reference rows that a row's profile needs at least. */
const MIN_REFERENCES = 8
/** A tower is given up after this many matrices of which hardly a row matched: strangers' rows match by chance, about one of each matrix. */
const GLANCE = 2
const HOPELESS = 0.25

/** Rows of one matrix whose columns are the residual stream, and their inner products with those of the other matrices. */
interface StreamRows {
  readonly slab: Slab
  readonly tower: string
  /** Rows that are numbered together stand in one group. */
  readonly group: string
  readonly kind: "neurons" | "queries" | "other"
  /** First place in the tower's Gram matrix, and the number of rows. */
  readonly at: number
  readonly rows: number
}

interface StreamGram {
  readonly matrices: readonly StreamRows[]
  readonly size: number
  /** Inner products of all rows, row-major [size, size]. */
  readonly gram: Float64Array
}

/** From this share of values that are not positive on, a norm's gains are stored less one. */
const LESS_ONE = 0.05

/** Roles of the norm whose gain a matrix sees, nearest first. */
const NORM_BEFORE = { attn: ["norm.attn"], mlp: ["norm.mlp", "norm.attn"] } as const

/**
 * Inner products of sampled rows that live in the residual stream, by tower. They stay as they are when the stream is permuted, and
 * when it is rotated with the norms' gains folded into the matrices behind them: gains are folded here too.
 */
const streamGrams = perObject((fingerprint: Fingerprint): ReadonlyMap<string, StreamGram> => {
  const axes = axesOf(fingerprint)
  const slabs = slabsByKey(fingerprint)
  const lists = new Map<string, Slab[]>()
  for (const slab of fingerprint.slabs) {
    const own = axes.get(slabKey(slab))
    if (!own || slab.layer === null || slab.shape.length < 2 || own.cols !== streamKey(own.tower)) continue
    if (slab.row0 !== 0 || slab.col0 !== 0 || slab.rows < 2) continue
    const list = lists.get(own.tower) ?? []
    lists.set(own.tower, list)
    if (list.length < MATRICES) list.push(slab)
  }
  return new Map([...lists].map(([tower, list]) => [tower, gramOf(list, tower, slabs)]))
})

function gramOf(slabs: readonly Slab[], tower: string, all: ReadonlyMap<string, Slab>): StreamGram {
  const matrices: StreamRows[] = []
  const rows: Float32Array[] = []
  for (const slab of slabs) {
    const name = slab.role.slice(tower.length)
    const count = Math.min(slab.rows, ROWS)
    const kind = name.startsWith("mlp.") ? "neurons" : /^attn\.(q|qkv)$/.test(name) ? "queries" : "other"
    const group = `${slab.layer}|${kind === "neurons" ? name.replace(/(gate|up|down)$/, "") : "attn"}`
    matrices.push({ slab, tower, group, kind, at: rows.length, rows: count })
    const gain = gainBefore(slab, tower, all)
    for (let row = 0; row < count; row++) {
      const values = blockValues(slab, row, row + 1, 0, slab.cols)
      rows.push(gain ? values.map((value, i) => value * (gain[i] as number)) : values)
    }
  }
  const size = rows.length
  const gram = new Float64Array(size * size)
  for (const [i, x] of rows.entries())
    for (let j = 0; j <= i; j++) {
      const y = rows[j] as Float32Array
      let sum = 0
      for (let k = 0; k < x.length; k++) sum += (x[k] as number) * (y[k] as number)
      gram[i * size + j] = sum
      gram[j * size + i] = sum
    }
  return { matrices, size, gram }
}

/** The gain of the norm before a matrix, if it was read. Writers have none: what reads the stream behind them has its own. */
function gainBefore(slab: Slab, tower: string, all: ReadonlyMap<string, Slab>): Float32Array | null {
  const part = /^(attn|mlp)\.(.*\.)?(q|k|v|qkv|gate|up|router)$/.exec(slab.role.slice(tower.length))?.[1]
  if (part !== "attn" && part !== "mlp") return null
  for (const role of NORM_BEFORE[part]) {
    const norm = all.get(slabKey({ role: tower + role, layer: slab.layer }))
    if (norm && norm.cols === slab.cols) return gainsOf(blockValues(norm, 0, 1, 0, norm.cols))
  }
  return null
}

/** Gemma stores gains less one, so that many are zero or negative; elsewhere hardly any is. */
function gainsOf(values: Float32Array): Float32Array {
  const others = values.reduce((count, value) => count + Number(value <= 0), 0)
  return others >= LESS_ONE * values.length ? values.map((value) => 1 + value) : values
}

/** Profiles of the same rows of one matrix in both models: their cosines with, or extents along, the reference rows. */
export interface ProfilePair extends PairBlock {
  readonly slab: Slab
  readonly tower: string
}

interface Both {
  readonly a: StreamRows
  readonly b: StreamRows
  readonly rows: number
}

/** Matrices that both models hold, with equal rows; their columns may differ. */
function shared(a: StreamGram, b: StreamGram): Both[] {
  const inB = new Map(b.matrices.map((matrix) => [slabKey(matrix.slab), matrix]))
  return a.matrices.flatMap((own) => {
    const other = inB.get(slabKey(own.slab))
    if (!other || other.slab.shape[0] !== own.slab.shape[0]) return []
    return [{ a: own, b: other, rows: Math.min(own.rows, other.rows) }]
  })
}

/** The rows of `of` along the unit vectors of all rows of `references`, in both models. */
function profiles(of: Both, references: readonly Both[], a: StreamGram, b: StreamGram): ProfilePair {
  const cols = references.reduce((sum, { rows }) => sum + rows, 0)
  const along = (gram: StreamGram, own: StreamRows, others: readonly StreamRows[]) => {
    const values = new Float32Array(of.rows * cols)
    let col = 0
    for (const [n, { at }] of others.entries())
      for (let row = 0; row < (references[n] as Both).rows; row++, col++) {
        const length = Math.sqrt(gram.gram[(at + row) * (gram.size + 1)] as number) || 1
        for (let i = 0; i < of.rows; i++) values[i * cols + col] = (gram.gram[(own.at + i) * gram.size + at + row] as number) / length
      }
    return values
  }
  return {
    slab: of.a.slab,
    tower: of.a.tower,
    rows: of.rows,
    cols,
    a: along(
      a,
      of.a,
      references.map((reference) => reference.a),
    ),
    b: along(
      b,
      of.b,
      references.map((reference) => reference.b),
    ),
  }
}

/** Whether rows of `reference` can stand in the profile of rows of `tested` without being numbered together with them. */
function isApart(tested: StreamRows, reference: StreamRows): boolean {
  if (tested.group === reference.group) return false
  // Rotary positions number the rows of all heads of all layers alike.
  return tested.kind !== "queries" || reference.kind === "neurons" || /attn\.v$/.test(reference.slab.role)
}

/**
 * ln p of the row-match test on profiles that neither a permutation nor a rotation of the residual stream changes. A row of A is matched
 * to the same rows of B by its cosines with rows of other layers or modules. Hidden neurons have no order of their own, so that under
 * independence the match is a uniformly random permutation, whatever the reference rows are: the p-value is exact. Token embeddings take
 * no part: language writes the same order into all of them.
 * @returns by tower, and over all by Fisher's method; nothing where too little was read of both
 */
export function streamTest(a: Fingerprint, b: Fingerprint): { readonly logP: number; readonly towers: ReadonlyMap<string, number> } {
  const [inA, inB] = [streamGrams(a), streamGrams(b)]
  const towers = new Map<string, number>()
  const logPs: number[] = []
  for (const [tower, own] of inA) {
    const other = inB.get(tower)
    if (!other) continue
    const both = shared(own, other)
    const seen = new Set<string>()
    const found: number[] = []
    let [rows, matched] = [0, 0]
    for (const tested of both) {
      if (found.length >= GLANCE && matched < HOPELESS * rows) break
      const key = `${tested.a.kind}|${tested.a.group}`
      // Gate and up of one neuron are one test.
      if (tested.a.kind === "other" || seen.has(key) || /router$/.test(tested.a.slab.role)) continue
      const references = both.filter((reference) => isApart(tested.a, reference.a))
      const pair = profiles(tested, references, own, other)
      if (pair.cols < MIN_REFERENCES || pair.rows < 2) continue
      const match = matchBlock(pair)
      if (match.tested === 0) continue
      seen.add(key)
      found.push(match.logP)
      rows += match.tested
      matched += match.matched
    }
    towers.set(tower, fisher(found))
    logPs.push(...found)
  }
  return { logP: fisher(logPs), towers }
}

/**
 * Every sampled matrix of a tower in coordinates that a rotation leaves alone: its rows' extents along the unit vectors of the other
 * matrices' rows. An update keeps about its size in them.
 */
export function rotationFree(a: Fingerprint, b: Fingerprint, tower: string): ProfilePair[] {
  const [own, other] = [streamGrams(a).get(tower), streamGrams(b).get(tower)]
  if (!own || !other) return []
  const both = shared(own, other)
  return both.map((of) =>
    profiles(
      of,
      both.filter((reference) => reference !== of),
      own,
      other,
    ),
  )
}
