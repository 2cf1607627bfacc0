import { perObject } from "~src/core/per-object"
import { slabKey } from "~src/fingerprint/slabs"
import type { Fingerprint, TensorFact } from "~src/fingerprint/types"
import { matrixShape } from "~src/formats/container"

/** What the places along one side of a tensor stand for: those with one key are numbered alike throughout a model. */
export interface TensorAxes {
  /** The part of the network whose residual stream it is, e.g. `` for the main stack or `vision.`. */
  readonly tower: string
  /** Keys of the two sides of the matrix; null for what is not known. A vector has columns only. */
  readonly rows: string | null
  readonly cols: string | null
  /** Key of the side that is an MLP's hidden neurons, if one is. */
  readonly neurons: string | null
}

/** Key of a tower's residual stream. */
export const streamKey = (tower: string) => `stream|${tower}`
export const isStream = (key: string) => key.startsWith("stream|")
export const isNeurons = (key: string) => key.startsWith("neurons|")

const TOWER = /^(?:(?:dec|vision|audio|projector|talker)\.)*/
const NORM = /norm/i
/** Queries and keys are normed by head. */
const HEAD_NORM = /[qk]_?norm/
const VOCABULARY = /^(embed|lm_head|embeddings\.\w+_embedding)(\.|$)/
const READER = /^(attn\.(q|k|v|qkv)|mlp\.(.*\.)?(gate|up|router))$/
const WRITER = /^(attn\.o|mlp\.(.*\.)?down)$/
const NEURONS = /^mlp\.((?:.*\.)?)(gate|up|down)$/

/** The tensors of each part of a network that has a residual stream, by the part's prefix. */
const towersOf = perObject((fingerprint: Fingerprint) => {
  const towers = new Map<string, TensorFact[]>()
  for (const tensor of fingerprint.tensors) {
    const tower = TOWER.exec(tensor.role)?.[0] ?? ""
    const list = towers.get(tower)
    if (list) list.push(tensor)
    else towers.set(tower, [tensor])
  }
  return [...towers].flatMap(([tower, tensors]) => {
    const width = streamWidth(tensors)
    return width === null ? [] : [{ tower, tensors, width }]
  })
})

/** Widths of a model's residual streams by tower. */
export function streamWidths(fingerprint: Fingerprint): ReadonlyMap<string, number> {
  return new Map(towersOf(fingerprint).map(({ tower, width }) => [tower, width]))
}

/** Axes of a model's tensors by `slabKey`; only tensors with an axis that is known. */
export const axesOf = perObject((fingerprint: Fingerprint): ReadonlyMap<string, TensorAxes> => {
  const found = new Map<string, TensorAxes>()
  for (const { tower, tensors, width } of towersOf(fingerprint)) {
    const turned = tensors.some((tensor) => isTurned(tensor, tower, width))
    for (const tensor of tensors) {
      const axes = axesIn(tensor, tower, width, turned)
      if (axes) found.set(slabKey(tensor), axes)
    }
  }
  return found
})

/** Hidden neurons by the key of their axis. */
export const neuronCounts = perObject((fingerprint: Fingerprint): ReadonlyMap<string, number> => {
  const axes = axesOf(fingerprint)
  const counts = new Map<string, number>()
  for (const tensor of fingerprint.tensors) {
    const own = axes.get(slabKey(tensor))
    if (!own || own.neurons === null || tensor.shape.length < 2) continue
    const { rows, cols } = matrixShape(tensor.shape)
    counts.set(own.neurons, own.rows === own.neurons ? rows : cols)
  }
  return counts
})

/** Width of the residual stream: what most norms of a stack are long. */
function streamWidth(tensors: readonly TensorFact[]): number | null {
  const counts = new Map<number, number>()
  for (const { role, shape } of tensors)
    if (shape.length === 1 && NORM.test(role) && !HEAD_NORM.test(role)) {
      const length = shape[0] as number
      counts.set(length, (counts.get(length) ?? 0) + 1)
    }
  return [...counts].sort(([a, m], [b, n]) => n - m || b - a)[0]?.[0] ?? null
}

/** Whether a model keeps its matrices as [in, out], as GPT-2 does. */
function isTurned({ role, shape }: TensorFact, tower: string, width: number): boolean {
  return shape.length === 2 && READER.test(role.slice(tower.length)) && shape[0] === width && shape[1] !== width
}

function axesIn({ role, layer, shape }: TensorFact, tower: string, width: number, turned: boolean): TensorAxes | null {
  const name = role.slice(tower.length)
  const stream = streamKey(tower)
  const neurons = NEURONS.exec(name.replace(/\.bias$/, ""))
  const units = neurons ? `neurons|${tower}|${layer}|${neurons[1]}` : null
  const known = (rows: string | null, cols: string | null): TensorAxes => ({ tower, rows, cols, neurons: units })
  if (shape.length === 1) {
    if (/\.bias$/.test(name) && READER.test(name.slice(0, -5))) return units === null ? null : known(null, units)
    return shape[0] === width ? { ...known(null, stream), neurons: null } : null
  }
  const { rows, cols } = matrixShape(shape)
  if (VOCABULARY.test(name)) return cols === width ? known(null, stream) : null
  const reads = READER.test(name)
  if (reads || WRITER.test(name)) {
    const inColumns = reads !== turned
    if ((inColumns ? cols : rows) !== width) return null
    return inColumns ? known(units, stream) : known(stream, units)
  }
  if (cols === width && rows !== width) return known(null, stream)
  return rows === width && cols !== width ? known(stream, null) : null
}
