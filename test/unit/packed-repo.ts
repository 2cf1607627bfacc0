import { PedigreeError } from "~src/core/errors"
import { dtypeSize } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"
import type { RepoReader } from "~src/hub/types"
import type { Shapes } from "./generated-repo"
import type { Read } from "./memory-reader"

/** A stored tensor whose elements are made as they are asked for. */
interface Made {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Writes element number `at` at byte `offset`. */
  write(view: DataView, offset: number, at: number): void
}

const SIGMA = 0.02
/** The largest of 128 normal values lies at about 2.75 standard deviations. */
const STEP = Math.fround((2 * 2.75 * SIGMA) / 15)
const GROUP = 128
const AWQ_PLACES = [0, 4, 1, 5, 2, 6, 3, 7]

function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** A weight drawn from nearly a normal distribution: the same for a model and its quantised copies. */
function weight(name: string, output: number, input: number, seed: number): number {
  let key = seed
  for (let i = 0; i < name.length; i++) key = Math.imul(key ^ name.charCodeAt(i), 16777619)
  const bits = mix(mix(key ^ Math.imul(output, 0x9e3779b1)) + input)
  return (SIGMA * ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510)) / 147.8
}

const code = (name: string, output: number, input: number, seed: number) =>
  Math.max(0, Math.min(15, Math.round(weight(name, output, input, seed) / STEP) + 8))

function half(view: DataView, offset: number, value: number): void {
  // Powers of two and their sums with few digits only: the scale is stored as 2^-k times an integer below 2,048.
  const exponent = Math.floor(Math.log2(value))
  const fraction = Math.round((value / 2 ** exponent - 1) * 1024)
  view.setUint16(offset, ((exponent + 15) << 10) | fraction, true)
}

function bfloat(view: DataView, offset: number, value: number): void {
  const scratch = new DataView(new ArrayBuffer(4))
  scratch.setFloat32(0, value)
  view.setUint16(offset, (scratch.getUint32(0) + 0x8000) >>> 16, true)
}

export type Stored = "bf16" | "gptq" | "gptq-sym" | "gptq-order" | "awq" | Laid
/** Packings whose layout alone is made, every byte of it zero. */
type Laid = "nf4" | "nf4-nested" | "int8" | "fp8-block" | "compressed" | "mlx"

function laidOut(stem: string, [rows, cols]: readonly [number, number], kind: Laid): Made[] {
  const zero = (ending: string, dtype: Dtype, ...shape: number[]): Made => ({ name: stem + ending, dtype, shape, write: () => undefined })
  const groups = cols / 64
  switch (kind) {
    case "int8":
      return [zero(".weight", "I8", rows, cols), zero(".SCB", "F32", rows), zero(".weight_format", "U8")]
    case "fp8-block": {
      const blocks = [Math.ceil(rows / 128), Math.ceil(cols / 128)]
      return [zero(".weight", "F8_E4M3", rows, cols), zero(".weight_scale_inv", "F32", ...blocks)]
    }
    case "compressed": {
      const shape: Made = {
        ...zero(".weight_shape", "I64", 2),
        write: (view, offset, at) => view.setInt32(offset, at === 0 ? rows : cols, true),
      }
      return [zero(".weight_packed", "I32", rows, cols / 8), zero(".weight_scale", "BF16", rows, cols / GROUP), shape]
    }
    case "mlx":
      return [zero(".weight", "U32", rows, cols / 8), zero(".scales", "F16", rows, groups), zero(".biases", "F16", rows, groups)]
    case "nf4":
    case "nf4-nested": {
      const nested = kind === "nf4-nested"
      const state = { quant_type: "nf4", blocksize: 64, dtype: "bfloat16", shape: [rows, cols] }
      const text = new TextEncoder().encode(JSON.stringify(nested ? { ...state, nested_blocksize: 256, nested_offset: 0.5 } : state))
      return [
        zero(".weight", "U8", (rows * cols) / 2, 1),
        zero(".weight.absmax", nested ? "U8" : "F32", rows * groups),
        zero(".weight.quant_map", "F32", 16),
        {
          ...zero(".weight.quant_state.bitsandbytes__nf4", "U8", text.length),
          write: (view, offset, at) => view.setUint8(offset, text[at] as number),
        },
        ...(nested
          ? [zero(".weight.nested_absmax", "F32", Math.ceil((rows * groups) / 256)), zero(".weight.nested_quant_map", "F32", 256)]
          : []),
      ]
    }
  }
}

/** The tensors that hold one logical tensor. */
function storedAs(name: string, shape: readonly number[], kind: Stored, seed: number): Made[] {
  const isPacked = kind !== "bf16" && shape.length === 2 && name.includes(".layers.")
  const cols = shape.at(-1) as number
  if (!isPacked) {
    const write = (view: DataView, offset: number, at: number) => bfloat(view, offset, weight(name, Math.floor(at / cols), at % cols, seed))
    return [{ name, dtype: "BF16", shape, write }]
  }
  const stem = name.replace(/\.weight$/, "")
  const [outputs, inputs] = shape as [number, number]
  if (kind !== "awq" && !kind.startsWith("gptq")) return laidOut(stem, [outputs, inputs], kind as Laid)
  const groups = Math.ceil(inputs / GROUP)
  const word = (value: (place: number) => number) => {
    let bits = 0
    for (let place = 0; place < 8; place++) bits |= value(place) << (4 * place)
    return bits
  }
  const scales: Made = { name: `${stem}.scales`, dtype: "F16", shape: [groups, outputs], write: (view, offset) => half(view, offset, STEP) }
  const zero = kind === "awq" ? 0x88888888 : 0x77777777
  const qzeros: Made = {
    name: `${stem}.qzeros`,
    dtype: "I32",
    shape: [groups, outputs / 8],
    write: (view, offset) => view.setUint32(offset, zero, true),
  }
  if (kind === "awq") {
    const write = (view: DataView, offset: number, at: number) => {
      const [input, first] = [Math.floor(at / (outputs / 8)), 8 * (at % (outputs / 8))]
      view.setUint32(offset, word((place) => code(name, first + AWQ_PLACES.indexOf(place), input, seed)) >>> 0, true)
    }
    return [{ name: `${stem}.qweight`, dtype: "I32", shape: [inputs, outputs / 8], write }, qzeros, scales]
  }
  const write = (view: DataView, offset: number, at: number) => {
    const [row, output] = [Math.floor(at / outputs), at % outputs]
    view.setUint32(offset, word((place) => code(name, output, 8 * row + place, seed)) >>> 0, true)
  }
  // Group numbers in a mixed order, each as often as it should be.
  const index = (view: DataView, offset: number, at: number) =>
    view.setInt32(offset, kind === "gptq-order" ? at % groups : Math.floor(at / GROUP), true)
  return [
    { name: `${stem}.g_idx`, dtype: "I32", shape: [inputs], write: index },
    { name: `${stem}.qweight`, dtype: "I32", shape: [inputs / 8, outputs], write },
    qzeros,
    scales,
  ]
}

/** Types as safetensors orders them in a file: wide integers first. */
const ORDER: readonly Dtype[] = ["I64", "F32", "U32", "I32", "BF16", "F16", "F8_E4M3", "I8", "U8"]

/** A repository of any size, quantised to 4 bits or not, in one file whose tensors lie as the safetensors library sorts them. */
export function packedRepo(shapes: Shapes, kind: Stored, seed = 1) {
  const tensors = shapes
    .flatMap(([name, shape]) => storedAs(name, shape, kind, seed))
    .sort((a, b) => ORDER.indexOf(a.dtype) - ORDER.indexOf(b.dtype) || (a.name < b.name ? -1 : 1))
  const header: Record<string, unknown> = {}
  const placed: { tensor: Made; begin: number; end: number }[] = []
  let size = 0
  for (const tensor of tensors) {
    const bytes = tensor.shape.reduce((product, side) => product * side, dtypeSize(tensor.dtype))
    header[tensor.name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [size, size + bytes] }
    placed.push({ tensor, begin: size, end: size + bytes })
    size += bytes
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const head = new Uint8Array(8 + json.length)
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true)
  head.set(json, 8)
  const config = { bits: 4, group_size: kind === "mlx" ? 64 : GROUP, desc_act: kind === "gptq-order", sym: kind === "gptq-sym" }
  const fileSize = head.length + size
  const text = JSON.stringify(kind === "bf16" ? {} : { quantization_config: config })
  const read = (begin: number, end: number) => {
    const bytes = new Uint8Array(end - begin)
    if (begin < head.length) bytes.set(head.subarray(begin, end))
    for (const { tensor, begin: first, end: last } of placed) fill(bytes, begin - head.length, tensor, first, last)
    return bytes
  }
  const reads: Read[] = []
  const reader: RepoReader = {
    files: async () => [
      { path: "model.safetensors", size: fileSize, oid: null, xetHash: null },
      { path: "config.json", size: 1000, oid: null, xetHash: null },
    ],
    text: async () => text,
    range: async (_ref, path, begin, end, { purpose }) => {
      if (path !== "model.safetensors") throw new PedigreeError("no-such-file", `There is no ${path}.`, "Check the name.")
      const stop = Math.min(end, fileSize)
      reads.push({ path, begin, end: stop, purpose })
      return { bytes: read(begin, stop), size: fileSize }
    },
  }
  const weightBytes = () => reads.reduce((sum, read) => sum + Math.max(0, read.end - Math.max(read.begin, head.length)), 0)
  return { reader, reads, weightBytes, size, config: text, weights: { size: fileSize, read } }
}

/** Writes what of a tensor at data bytes [first, last) falls into `bytes`, which begin at data byte `begin`. */
function fill(bytes: Uint8Array, begin: number, tensor: Made, first: number, last: number): void {
  const each = dtypeSize(tensor.dtype)
  const [from, to] = [Math.max(begin, first), Math.min(begin + bytes.length, last)]
  if (from >= to) return
  const [a, b] = [Math.floor((from - first) / each), Math.ceil((to - first) / each)]
  const made = new Uint8Array((b - a) * each)
  const view = new DataView(made.buffer)
  for (let at = a; at < b; at++) tensor.write(view, (at - a) * each, at)
  bytes.set(made.subarray(from - first - a * each, to - first - a * each), from - begin)
}
