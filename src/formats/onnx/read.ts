import { PedigreeError } from "~src/core/errors"
import { NO_FACTS, type OpenedFiles, type SkippedTensor, type TensorSource } from "~src/formats/container"
import { dtypeSize } from "~src/formats/dtypes"
import type { OpenOptions } from "~src/formats/safetensors"
import { stridedSource } from "~src/formats/strided"
import type { Dtype } from "~src/formats/types"
import { Windows } from "~src/formats/windows"
import type { RepoFile, RepoReader, RepoRef } from "~src/hub/types"
import { badOnnx } from "./errors"
import { type OnnxGraph, type OnnxTensor, readGraph } from "./graph"
import { type Place, placeOf, UNNAMED, Uses } from "./names"
import { type FindData, nbitsSource } from "./nbits"
import { dequantised, scalesOf } from "./quantised"
import { ELEMENT_TYPES } from "./types"
import { OutOfReach, Walk } from "./walk"

/** An ONNX model with its graph read. */
export interface OnnxWeights extends OpenedFiles {
  readonly sources: readonly TensorSource[]
}

/**
 * Reads the graph of an ONNX model and finds its weights, in the file itself or in external data beside it. 24 requests at most; of a
 * large file with its weights inside, what these reach is listed and a note says so.
 * @throws PedigreeError "malformed", "unsupported", or what `reader` throws
 */
export async function readOnnx(
  reader: RepoReader,
  ref: RepoRef,
  listed: readonly RepoFile[],
  path: string,
  options: OpenOptions,
): Promise<OnnxWeights> {
  const files = new Map(listed.map((file) => [file.path, file]))
  const size = files.get(path)?.size ?? 0
  if (size === 0) throw badOnnx(path, 0, "it ends")
  const windows = new Windows(reader, ref, path, size, options.call)
  // The usual names of external data; a graph alone is a header, however short.
  const beside = [`${path}_data`, `${path}.data`].reduce((sum, name) => sum + (files.get(name)?.size ?? 0), 0)
  const whole = size + beside <= options.wholeBytes
  if (whole) await windows.read(0, size, "weights")
  const graph = await readGraphOf(windows)
  const sources = new Map<string, TensorSource>()
  const skipped: SkippedTensor[] = []
  const uses = new Uses(graph)
  const tensors = new Map(graph.tensors.map((tensor) => [tensor.name, tensor]))
  const keep = (name: string, stored: string, source: TensorSource | { readonly reason: string }) => {
    if ("reason" in source) skipped.push({ name, reason: source.reason })
    else if (sources.has(name)) skipped.push({ name: stored, reason: `stands for ${name} a second time` })
    else sources.set(name, source)
  }
  const find: FindData = (tensor, dtype) => dataOf(tensor, dtype, path, files)
  const blockwise = new Set<string>()
  for (const node of graph.nodes.filter(({ op }) => op === "MatMulNBits")) {
    const [, stored = ""] = node.inputs
    for (const input of node.inputs.slice(1)) blockwise.add(input)
    const owner = uses.module(node)
    if (!tensors.has(stored)) continue
    if (owner === null) keep(stored, stored, UNNAMED)
    else keep(`${owner}.weight`, stored, nbitsSource(`${owner}.weight`, node, tensors, find))
  }
  for (const tensor of graph.tensors) {
    const place = blockwise.has(tensor.name) || isScale(tensor, tensors) ? null : placeOf(tensor, uses)
    if (place === null) continue
    if ("reason" in place) keep(tensor.name, tensor.name, place)
    else keep(place.name, tensor.name, sourceOf(tensor, place, uses, tensors, windows, find))
  }
  const used = new Set([path, ...[...sources.values()].flatMap((source) => source.spans(0, 1).map(({ file }) => file))])
  return {
    format: "onnx",
    files: [...used].sort().map((file) => ({ path: file, size: files.get(file)?.size ?? 0, oid: files.get(file)?.oid ?? null })),
    sources: [...sources.values()],
    skipped,
    held: windows.held,
    spilled: whole ? 0 : heldWeights(windows, graph),
    requests: windows.requests,
    facts: { ...NO_FACTS, notes: notesOf(graph) },
  }
}

async function readGraphOf(windows: Windows): Promise<OnnxGraph> {
  try {
    return await readGraph(new Walk(windows))
  } catch (error) {
    if (!(error instanceof OutOfReach)) throw error
    throw new PedigreeError(
      "unsupported",
      `The graph of ${windows.path} is too long to be read: ${windows.fetched} bytes in ${windows.requests} requests did not reach its weights.`,
      "Look for a copy of the model with safetensors files.",
    )
  }
}

/** Constants that belong to a quantised tensor rather than to the model. */
function isScale({ name }: OnnxTensor, tensors: ReadonlyMap<string, OnnxTensor>): boolean {
  const stem = /^(.+)_(scale|zero_point|scales|zp)$/.exec(name)?.[1]
  return stem !== undefined && ["_quantized", "_q4", "_Q4", "_int8", "_uint8"].some((ending) => tensors.has(stem + ending))
}

function sourceOf(
  tensor: OnnxTensor,
  { name, transposed }: Place,
  uses: Uses,
  tensors: ReadonlyMap<string, OnnxTensor>,
  windows: Windows,
  find: FindData,
): TensorSource | { readonly reason: string } {
  const dtype = ELEMENT_TYPES.get(tensor.type)
  if (dtype === undefined) return { reason: `element type ${tensor.type} of ONNX is not supported` }
  const data = find(tensor, dtype)
  if ("reason" in data) return data
  const [rows = 1, cols = 1] = transposed ? [...tensor.shape].reverse() : tensor.shape
  const shape = transposed ? [rows, cols] : tensor.shape
  const source = stridedSource(name, { dtype, shape, stride: transposed ? [1, rows] : rowMajor(shape), ...data })
  if (source === null) return { reason: "its elements do not lie together" }
  if ((dtype !== "U8" && dtype !== "I8") || tensor.shape.length < 2) return source
  const scales = scalesOf(tensor, rows, transposed ? 1 : 0, uses, tensors, windows)
  return "reason" in scales ? scales : dequantised(source, scales)
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))
}

/** File and first byte of a tensor's values. */
function dataOf(
  tensor: OnnxTensor,
  dtype: Dtype,
  path: string,
  files: ReadonlyMap<string, RepoFile>,
): { readonly file: string; readonly begin: number } | { readonly reason: string } {
  const bytes = tensor.shape.reduce((product, side) => product * side, dtypeSize(dtype))
  const shown = `tensor ${JSON.stringify(tensor.name)} of shape [${tensor.shape}]`
  if (!Number.isSafeInteger(bytes)) throw badOnnx(path, 0, `stands ${shown}, which no file holds`)
  if (tensor.external === null) {
    if (tensor.data === null) return { reason: "its values are stored as a list of numbers" }
    const held = tensor.data.end - tensor.data.begin
    if (held !== bytes) throw badOnnx(path, tensor.data.begin, `${shown} has ${held} bytes of values, not ${bytes}`)
    return { file: path, begin: tensor.data.begin }
  }
  const location = tensor.external.get("location") ?? ""
  const file = path.slice(0, path.lastIndexOf("/") + 1) + location
  const size = files.get(file)?.size
  // External data lie beside the model; a path could point anywhere.
  if (/[/\\]/.test(location) || size === undefined) {
    throw badOnnx(path, 0, `${shown} is said to lie in ${JSON.stringify(location.slice(0, 200))}, which the model's folder lacks`)
  }
  const begin = wholeNumber(tensor.external.get("offset") ?? "0")
  const length = wholeNumber(tensor.external.get("length") ?? String(bytes))
  if (begin === null || length !== bytes || begin + bytes > size) {
    throw badOnnx(
      path,
      0,
      `${shown} is said to lie at byte ${tensor.external.get("offset")?.slice(0, 30)} of ${file}, which has ${size} bytes`,
    )
  }
  return { file, begin }
}

function wholeNumber(text: string): number | null {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : null
}

/** Bytes of weights that came along with the graph. */
function heldWeights(windows: Windows, graph: OnnxGraph): number {
  let bytes = 0
  for (const { data } of graph.tensors) {
    if (data === null) continue
    for (const held of windows.held) {
      bytes += Math.max(0, Math.min(data.end, held.begin + held.bytes.length) - Math.max(data.begin, held.begin))
    }
  }
  return bytes
}

function notesOf({ producer, complete, tensors }: OnnxGraph): [label: string, text: string][] {
  const notes: [string, string][] = []
  if (producer !== "") notes.push(["Exported by", producer.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, 200)])
  if (!complete) notes.push(["Not reached", `what follows the first ${tensors.length} tensors of the file`])
  return notes
}
