import { MAX_NAME, MAX_TENSORS } from "~src/formats/safetensors-header"
import { badOnnx } from "./errors"
import { type Field, OutOfReach, type Walk } from "./walk"

/** Unrolled graphs of large models have some 20,000 nodes. */
const MAX_NODES = 200_000
/** Attributes that matter are single numbers; longer ones are constants and inner graphs. */
const MAX_ATTRIBUTE = 200
const MAX_INPUTS = 64
const MAX_RANK = 8
const MAX_TEXT = 4_000

export interface OnnxNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Attributes that are one whole number. */
  readonly numbers: ReadonlyMap<string, number>
}

/** A constant of the graph, nearly always a weight (TensorProto). */
export interface OnnxTensor {
  readonly name: string
  /** Number of the element type in onnx.proto. */
  readonly type: number
  readonly shape: readonly number[]
  /** Where its values lie in the model's file as they are in memory; null if elsewhere or otherwise. */
  readonly data: { readonly begin: number; readonly end: number } | null
  /** What `external_data` says of another file; null when the values are in this one. */
  readonly external: ReadonlyMap<string, string> | null
}

export interface OnnxGraph {
  readonly producer: string
  readonly metadata: ReadonlyMap<string, string>
  readonly nodes: readonly OnnxNode[]
  readonly tensors: readonly OnnxTensor[]
  /** False if the tensors behind the listed ones were out of reach. */
  readonly complete: boolean
}

/**
 * Reads a ModelProto (onnx.proto, IR version 3 and later): nodes first, then initialisers, as protobuf writers order them; any other
 * order is understood too.
 * @throws PedigreeError "malformed" or what the reader throws
 * @throws OutOfReach when not even the nodes could be read
 */
export async function readGraph(walk: Walk): Promise<OnnxGraph> {
  const nodes: OnnxNode[] = []
  const tensors: OnnxTensor[] = []
  const metadata = new Map<string, string>()
  let producer = ""
  let graph = false
  try {
    for await (const field of walk.fields(0, walk.size)) {
      if (field.number === 2) producer = await walk.text(field, MAX_TEXT)
      else if (field.number === 14) await readEntry(walk, field, metadata)
      else if (field.number === 7 && field.wire === 2) {
        graph = true
        for await (const part of walk.fields(field.begin, field.end)) {
          if (part.number === 1) nodes.push(await readNode(walk, part))
          else if (part.number === 5) tensors.push(await readTensor(walk, part))
          if (nodes.length > MAX_NODES || tensors.length > MAX_TENSORS) {
            throw badOnnx(walk.file, part.begin, `more than ${MAX_NODES} nodes or ${MAX_TENSORS} tensors stand`)
          }
        }
      }
    }
  } catch (error) {
    if (!(error instanceof OutOfReach) || tensors.length === 0) throw error
    return { producer, metadata, nodes, tensors, complete: false }
  }
  if (!graph) throw badOnnx(walk.file, walk.size, "it ends without a graph")
  return { producer, metadata, nodes, tensors, complete: true }
}

async function readNode(walk: Walk, { begin, end }: Field): Promise<OnnxNode> {
  const inputs: string[] = []
  const outputs: string[] = []
  const numbers = new Map<string, number>()
  let name = ""
  let op = ""
  for await (const field of walk.fields(begin, end)) {
    if (field.number === 1 || field.number === 2) {
      const list = field.number === 1 ? inputs : outputs
      // A node that splits one value into many is no use of a weight.
      if (list.length < MAX_INPUTS) list.push(await walk.text(field, MAX_NAME))
    } else if (field.number === 3) name = await walk.text(field, MAX_NAME)
    else if (field.number === 4) op = await walk.text(field, MAX_NAME)
    else if (field.number === 5 && field.wire === 2 && field.end - field.begin <= MAX_ATTRIBUTE) await readAttribute(walk, field, numbers)
  }
  return { name, op, inputs, outputs, numbers }
}

async function readAttribute(walk: Walk, { begin, end }: Field, into: Map<string, number>): Promise<void> {
  let name = ""
  let value: number | null = null
  for await (const field of walk.fields(begin, end)) {
    if (field.number === 1) name = await walk.text(field, MAX_ATTRIBUTE)
    else if (field.number === 3 && field.wire === 0) value = field.value
  }
  if (value !== null) into.set(name, value)
}

async function readTensor(walk: Walk, { begin, end }: Field): Promise<OnnxTensor> {
  const shape: number[] = []
  const external = new Map<string, string>()
  let name = ""
  let type = 0
  let isExternal = false
  let data: { begin: number; end: number } | null = null
  let parts = 0
  for await (const field of walk.fields(begin, end)) {
    switch (field.number) {
      case 1:
        shape.push(...(await walk.numbers(field, MAX_RANK)))
        if (shape.length > MAX_RANK || !shape.every(Number.isSafeInteger))
          throw badOnnx(walk.file, field.begin, `a tensor of shape [${shape}] stands`)
        break
      case 2:
        type = field.value
        break
      case 4: // float_data
      case 10: // double_data
      case 9: // raw_data
        parts++
        data = field.wire === 2 ? { begin: field.begin, end: field.end } : null
        break
      case 5: // int32_data
      case 7: // int64_data
      case 11: // uint64_data
        parts += 2
        break
      case 8:
        name = await walk.text(field, MAX_NAME)
        break
      case 13:
        await readEntry(walk, field, external)
        break
      case 14:
        isExternal = field.value === 1
        break
    }
  }
  return { name, type, shape, data: parts === 1 ? data : null, external: isExternal ? external : null }
}

async function readEntry(walk: Walk, { begin, end, wire }: Field, into: Map<string, string>): Promise<void> {
  if (wire !== 2) throw badOnnx(walk.file, begin, "stands no pair of texts")
  let key = ""
  let value = ""
  for await (const field of walk.fields(begin, end)) {
    // Descriptions of any length may stand among the metadata.
    if (field.wire === 2 && field.end - field.begin > MAX_TEXT) continue
    if (field.number === 1) key = await walk.text(field, MAX_TEXT)
    else if (field.number === 2) value = await walk.text(field, MAX_TEXT)
  }
  if (into.size < MAX_INPUTS) into.set(key, value)
}
