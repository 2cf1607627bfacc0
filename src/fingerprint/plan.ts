import { matrixShape } from "~src/formats/container"
import { isConstantBuffer } from "~src/formats/names"
import { rotate } from "~src/formats/rotation"
import type { CanonicalTensor } from "~src/formats/types"

/** The lines [from, to) of one tensor: rows, or columns where its container keeps columns together. */
export interface Probe {
  readonly tensor: CanonicalTensor
  readonly from: number
  readonly to: number
  /** Rows [row0, row0 + rows) of what the lines hold are kept. */
  readonly row0: number
  readonly rows: number
}

/** Matrices of the stack opened before any grows: seven roles of a usual transformer, five of them at a second depth. */
const BODY_MATRICES = 12
/** Matrices outside the stack opened with them: embedding and head, each a request far from the others. */
const OUTER_MATRICES = 2
/** Norms (weight and bias of one norm count once) that don't belong to an opened matrix. */
const LOOSE_VECTORS = 5
/** 16 KiB in bf16: holds every norm and bias of today's models but not the vocabulary-sized bias of a head. */
const MAX_VECTOR = 8_192
/** A row beyond 128 Ki elements (256 KiB in bf16) would eat the budget alone: fused expert stacks. */
const MAX_COLS = 131_072
/** First unit of a matrix: 8 rows, fewer if they are long (this many elements, 32 KiB in bf16), never below 2. */
const UNIT_ROWS = 8
const UNIT_ELEMENTS = 16_384
const MIN_UNIT_ROWS = 2
/** One matrix gets this many rows before the others get their whole unit: 1/16! settles relatedness by itself, however wide the model. */
const ANCHOR_ROWS = 16
/** Bounds what every comparison walks through; no model published has as many tensors of a size that this could matter for. */
const MAX_SLABS = 2_048
/** A rank-16 update shows 13 of its directions in 64 rows, 8 in 32. */
const RANK_ROWS = 64
/** Columns read where a plan asks for one row: 2 rows become 8 columns, which share a word of 4-bit weights and tell rows apart. */
const COLUMNS_PER_ROW = 4
/** Bytes that one packed weight counts at least: packed models are read as widely as their unpacked relatives, not more. */
const PACKED_BYTES = 2
/** Token ids below 1,000 are special, unused or bytes in large vocabularies; their rows are barely trained. */
const EMBEDDING_ROW0 = 1_000
const LARGE_VOCABULARY = 4_096

/** One step of the plan: the tensor's slab grows to `rows` rows. */
interface Step {
  readonly tensor: CanonicalTensor
  readonly rows: number
}

function isVector(tensor: CanonicalTensor): boolean {
  return tensor.shape.length < 2
}

/** First row of a tensor's slab. Rows of embeddings and heads are token ids, shared by versions with a longer vocabulary. */
function firstRow(tensor: CanonicalTensor): number {
  const vocabulary = /^(.*\.)?(embed|lm_head)$/.test(tensor.role) && tensor.shape.length === 2
  return vocabulary && (tensor.shape[0] as number) >= LARGE_VOCABULARY ? EMBEDDING_ROW0 : 0
}

function rowLimit(tensor: CanonicalTensor): number {
  return matrixShape(tensor.shape).rows - firstRow(tensor)
}

function unitRows(tensor: CanonicalTensor): number {
  const { cols } = matrixShape(tensor.shape)
  let rows = UNIT_ROWS
  while (rows > MIN_UNIT_ROWS && rows * cols > UNIT_ELEMENTS) rows /= 2
  return Math.min(rows, rowLimit(tensor))
}

/**
 * The plan as one sequence of growing slabs, from names and shapes alone.
 * @param whole true lets long rows in, because the model fits the budget with them
 */
function* planSteps(tensors: readonly CanonicalTensor[], whole: boolean): Generator<Step> {
  const usable = tensors.filter((tensor) => {
    const { rows, cols } = matrixShape(tensor.shape)
    const isShort = whole || cols <= (isVector(tensor) ? MAX_VECTOR : MAX_COLS)
    return rows > 0 && cols > 0 && isShort && !isConstantBuffer(tensor.name)
  })
  const matrices = rotate(usable.filter((tensor) => !isVector(tensor)))
  const body = matrices.filter(({ layer }) => layer !== null)
  const outer = matrices.filter(({ layer }) => layer === null)
  // A network without numbered layers is all body.
  const opened = [...body.slice(0, BODY_MATRICES), ...outer.slice(0, body.length === 0 ? BODY_MATRICES : OUTER_MATRICES)]
  const vectors = rotate(usable.filter(isVector))
  const chosenVectors = chooseVectors(vectors, opened)

  for (const tensor of chosenVectors) yield { tensor, rows: 1 }
  const ranked = rankMatrix(opened)
  const inColumns = ranked?.along === "columns"
  if (inColumns) yield { tensor: ranked, rows: Math.min(ANCHOR_ROWS, rowLimit(ranked)) }
  for (const tensor of opened) yield { tensor, rows: Math.min(MIN_UNIT_ROWS, rowLimit(tensor)) }
  // A column costs the same in every matrix, but only of this one do models stored in rows have many rows to compare it with.
  if (inColumns) yield { tensor: ranked, rows: Math.min(RANK_ROWS, rowLimit(ranked)) }
  if (ranked) yield { tensor: ranked, rows: Math.min(ANCHOR_ROWS, rowLimit(ranked)) }
  for (const tensor of opened) yield { tensor, rows: unitRows(tensor) }
  if (ranked) yield { tensor: ranked, rows: Math.min(RANK_ROWS, rowLimit(ranked)) }
  let growing = opened
  for (let rows = 2 * MIN_UNIT_ROWS; growing.length > 0; rows *= 2) {
    for (const tensor of growing) yield { tensor, rows: Math.min(rows, rowLimit(tensor)) }
    growing = growing.filter((tensor) => rowLimit(tensor) > rows)
  }
  const done = new Set([...opened, ...chosenVectors])
  for (const tensor of [...matrices, ...vectors]) if (!done.has(tensor)) yield { tensor, rows: rowLimit(tensor) }
}

/** Vectors of the opened matrices (their biases), then a few loose ones (norms), whole groups of one module at a time. */
function chooseVectors(vectors: readonly CanonicalTensor[], opened: readonly CanonicalTensor[]): CanonicalTensor[] {
  const modules = new Set(opened.map(({ role, layer }) => `${layer}|${role}`))
  const chosen: CanonicalTensor[] = []
  const loose = new Set<string>()
  for (const tensor of vectors) {
    const module = `${tensor.layer}|${tensor.role.replace(/\.(bias|running_mean|running_var)$/, "")}`
    if (modules.has(module) || loose.has(module)) chosen.push(tensor)
    else if (loose.size < LOOSE_VECTORS) {
      loose.add(module)
      chosen.push(tensor)
    }
  }
  return chosen
}

/** The matrix that gets the rows for the rank test: the queries, which low-rank adapters nearly always touch; else the largest square. */
function rankMatrix(opened: readonly CanonicalTensor[]): CanonicalTensor | undefined {
  const queries = opened.find(({ role }) => /(^|\.)attn\.(q|qkv)$/.test(role))
  if (queries) return queries
  const side = (tensor: CanonicalTensor) => Math.min(matrixShape(tensor.shape).rows, matrixShape(tensor.shape).cols)
  return opened.reduce<CanonicalTensor | undefined>((best, tensor) => (best && side(best) >= side(tensor) ? best : tensor), undefined)
}

/** Bytes of one line as the plan counts them, what the first line takes besides left out. */
function lineBytes(tensor: CanonicalTensor): number {
  const { rows, cols } = matrixShape(tensor.shape)
  if (tensor.along === "columns") return (tensor.bytes - (tensor.overhead ?? 0)) / cols
  return tensor.packing ? Math.max(tensor.bytes / rows, cols * PACKED_BYTES) : tensor.bytes / rows
}

/**
 * The rows to read of a model: the longest beginning of the plan that fits `budget` bytes at the stored element size; the
 * last step may be cut to whole rows. Two models of one shape thus share all rows of the shorter one, whatever their precision.
 * @returns probes in the order in which the plan opens their tensors; every tensor whole if all fit
 */
export function planProbes(tensors: readonly CanonicalTensor[], budget: number): Probe[] {
  const total = tensors.reduce((sum, tensor) => sum + (isConstantBuffer(tensor.name) ? 0 : tensor.bytes), 0)
  const whole = total <= budget
  const slabs = new Map<CanonicalTensor, number>()
  let left = budget
  for (const { tensor, rows } of planSteps(tensors, whole)) {
    const lines = linesFor(tensor, rows, whole)
    const have = slabs.get(tensor) ?? 0
    if (lines <= have) continue
    if (have === 0 && slabs.size === MAX_SLABS) break
    const each = whole ? 0 : lineBytes(tensor)
    if (!whole && have === 0) left -= tensor.overhead ?? 0
    const fits = each === 0 ? lines : Math.min(lines, have + Math.max(0, Math.floor(left / each)))
    if (fits > have) slabs.set(tensor, fits)
    left -= (fits - have) * each
    if (fits < lines) break
  }
  return [...slabs].map(([tensor, lines]) => toProbe(tensor, lines, whole))
}

/** Lines to read where the plan asks for `rows` rows. */
function linesFor(tensor: CanonicalTensor, rows: number, whole: boolean): number {
  if (tensor.along === "rows") return rows
  const { cols } = matrixShape(tensor.shape)
  return whole ? cols : Math.min(cols, rows * COLUMNS_PER_ROW)
}

function toProbe(tensor: CanonicalTensor, lines: number, whole: boolean): Probe {
  const first = firstRow(tensor)
  if (tensor.along === "columns") {
    const { rows } = matrixShape(tensor.shape)
    // Of columns the rows are kept that other models' slabs begin with.
    return { tensor, from: 0, to: lines, row0: whole ? 0 : first, rows: whole ? rows : Math.min(RANK_ROWS, rows - first) }
  }
  const row0 = whole ? 0 : first
  const rows = whole ? lines + first : lines
  return { tensor, from: row0, to: row0 + rows, row0, rows }
}
