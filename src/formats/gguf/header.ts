import { PedigreeError } from "~src/core/errors"
import { matrixShape } from "../container"
import { MAX_NAME, MAX_TENSORS } from "../safetensors-header"
import type { Windows } from "../windows"
import { Cursor, isScalar, scalarSize } from "./cursor"
import { malformed, quoted } from "./errors"
import { afterStrings, isKey } from "./locate"
import { type GgmlType, ggmlType } from "./types"
import type { GgufValue, GgufValues } from "./values"

/** Published files have some 20 to 60. */
const MAX_KEYS = 10_000
/** Of a text that much is kept: a chat template takes kilobytes that nothing here wants. */
const MAX_TEXT = 1_000
/** Lists up to this length are kept: one number for each layer. */
const MAX_LIST = 1_024
/** Lists of more strings than this are not walked but searched for their end: so many tokens take a quarter of a megabyte. */
const MAX_WALK = 16_384
const DEFAULT_ALIGNMENT = 32
const MAX_ALIGNMENT = 1_048_576

export interface GgufTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Null for a number that stands for no type. */
  readonly type: GgmlType | null
  readonly typeId: number
  /** Absolute byte offsets [begin, end) in the file; `end` is `begin` where the type is not known. */
  readonly begin: number
  readonly end: number
}

export interface GgufHeader {
  readonly values: GgufValues
  readonly tensors: readonly GgufTensor[]
  readonly dataBegin: number
}

/**
 * Reads the key-values and the tensor table of one GGUF file, version 2 or 3, little endian
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). A long vocabulary is not read: the table behind it is searched for
 * ({@link afterStrings}) and must fit the file exactly; if none is found so, everything is walked.
 * @param first bytes to ask for at first
 * @throws PedigreeError "unsupported" for version 1 and big-endian files, "malformed", or what the reader throws
 */
export async function readHeader(windows: Windows, first: number): Promise<GgufHeader> {
  if (windows.size < 24) throw malformed(windows.path, windows.size, "the file ends before its header")
  await windows.read(0, Math.min(windows.size, first))
  try {
    return await parseHeader(windows, true)
  } catch (error) {
    if (!(error instanceof Astray)) throw error
    return parseHeader(windows, false)
  }
}

/** The search for the table led nowhere. */
class Astray extends Error {}

async function parseHeader(windows: Windows, search: boolean): Promise<GgufHeader> {
  const cursor = new Cursor(windows)
  const { tensorCount, keyCount } = await readCounts(cursor)
  const values = new Map<string, GgufValue>()
  let searched = false
  try {
    for (let i = 0; i < keyCount; i++) {
      // Behind a searched list the number of keys left is not known: they end where no known key begins.
      if (searched && !(await isKey(cursor, values))) break
      const list = await readKeyValue(cursor, values)
      if (list === null) continue
      const end = search && list.count > MAX_WALK ? await afterStrings(windows, cursor.at, list.count, values) : null
      if (end === null) await cursor.skipStrings(list.count)
      else {
        cursor.at = end
        searched = true
      }
    }
    const header = await readTable(cursor, tensorCount, values)
    if (searched) requireExact(header, windows.size, alignmentOf(cursor, values))
    return header
  } catch (error) {
    if (searched && error instanceof PedigreeError && error.code === "malformed") throw new Astray()
    throw error
  }
}

async function readCounts(cursor: Cursor): Promise<{ tensorCount: number; keyCount: number }> {
  const { path } = cursor.windows
  if ((await cursor.u32()) !== 0x46554747) throw malformed(path, 0, "it does not begin with GGUF")
  const version = await cursor.u32()
  if (version !== 2 && version !== 3) {
    const what = version % 65_536 === 0 && version > 0 ? "a big-endian file" : `version ${version}`
    throw new PedigreeError(
      "unsupported",
      `${path} is ${what}, and Pedigree reads little-endian GGUF of versions 2 and 3.`,
      "Look for a copy that a current llama.cpp converted.",
      { worded: { as: "not_read", values: { file: path, detail: what } } },
    )
  }
  const tensorCount = await cursor.count("the number of tensors")
  if (tensorCount > MAX_TENSORS) throw malformed(path, 8, `${tensorCount} tensors are announced, more than the ${MAX_TENSORS} allowed`)
  const keyCount = await cursor.count("the number of keys")
  if (keyCount > MAX_KEYS) throw malformed(path, 16, `${keyCount} keys are announced, more than the ${MAX_KEYS} allowed`)
  return { tensorCount, keyCount }
}

/** Reads one key-value into `values`; stops before the elements of a list of strings and returns how many they are. */
async function readKeyValue(cursor: Cursor, values: Map<string, GgufValue>): Promise<{ count: number } | null> {
  const begin = cursor.at
  const key = await cursor.string("a key", MAX_NAME)
  if (values.has(key)) throw cursor.fail(`the key ${quoted(key)} comes twice`, begin)
  const type = await cursor.u32()
  if (type === 8) values.set(key, await cursor.string(`the text of ${quoted(key)}`, MAX_TEXT))
  else if (isScalar(type)) values.set(key, await cursor.scalar(type))
  else if (type === 9) return readList(cursor, key, values)
  else throw cursor.fail(`${quoted(key)} has the unknown value type ${type}`, begin)
  return null
}

async function readList(cursor: Cursor, key: string, values: Map<string, GgufValue>): Promise<{ count: number } | null> {
  const type = await cursor.u32()
  const count = await cursor.count(`the length of ${quoted(key)}`)
  const size = type === 8 ? 8 : scalarSize(type)
  if (size === null) throw cursor.fail(`the list ${quoted(key)} has elements of type ${type}`)
  if (count * size > cursor.windows.size - cursor.at) {
    throw cursor.fail(`${quoted(key)} claims ${count} elements, but the file ends after ${cursor.windows.size} bytes`)
  }
  values.set(key, [])
  if (type === 8) return { count }
  if (!isScalar(type) || count > MAX_LIST) cursor.skip(count * size)
  else {
    const list: number[] = []
    for (let i = 0; i < count; i++) list.push(Number(await cursor.scalar(type)))
    values.set(key, list)
  }
  return null
}

function alignmentOf(cursor: Cursor, values: GgufValues): number {
  const alignment = values.get("general.alignment") ?? DEFAULT_ALIGNMENT
  if (typeof alignment === "number" && alignment > 0 && alignment <= MAX_ALIGNMENT && Number.isInteger(Math.log2(alignment)))
    return alignment
  throw cursor.fail(`the alignment is ${quoted(String(alignment))}, which is no power of two up to ${MAX_ALIGNMENT}`)
}

async function readTable(cursor: Cursor, count: number, values: GgufValues): Promise<GgufHeader> {
  const alignment = alignmentOf(cursor, values)
  const from = cursor.at
  const entries: Omit<GgufTensor, "end">[] = []
  for (let i = 0; i < count; i++) {
    await cursor.need(8, i === 0 ? 80 * count : Math.ceil(((cursor.at - from) / i) * (count - i)))
    entries.push(await readEntry(cursor, alignment))
  }
  const dataBegin = Math.ceil(cursor.at / alignment) * alignment
  const names = new Set(entries.map(({ name }) => name))
  if (names.size < entries.length) throw cursor.fail("the tensor table names a tensor twice", from)
  const tensors = entries.map((entry) => placed(cursor, entry, dataBegin))
  refuseOverlaps(cursor, tensors)
  return { values, tensors, dataBegin }
}

/** One entry of the table; its `begin` still counts from where the data begin. */
async function readEntry(cursor: Cursor, alignment: number): Promise<Omit<GgufTensor, "end">> {
  const at = cursor.at
  const name = await cursor.string("a tensor's name", MAX_NAME + 1)
  if (name.length > MAX_NAME) throw cursor.fail(`a tensor's name has more than ${MAX_NAME} characters`, at)
  const rank = await cursor.u32()
  if (rank > 4) throw cursor.fail(`tensor ${quoted(name)} has ${rank} axes`, at)
  const shape: number[] = []
  // GGML's first axis is the one whose elements lie together, PyTorch's last.
  for (let i = 0; i < rank; i++) shape.unshift(await cursor.count("a tensor's side"))
  const elements = shape.reduce((product, side) => product * side, 1)
  if (!Number.isSafeInteger(elements)) throw cursor.fail(`tensor ${quoted(name)} claims ${elements} elements`, at)
  const typeId = await cursor.u32()
  const type = ggmlType(typeId)
  const begin = await cursor.count("a tensor's offset")
  if (begin % alignment !== 0) throw cursor.fail(`tensor ${quoted(name)} begins at ${begin}, which is not aligned to ${alignment}`, at)
  const row = shape.at(-1) ?? 1
  if (type && row % type.block !== 0)
    throw cursor.fail(`tensor ${quoted(name)} has rows of ${row}, not a multiple of ${type.name}'s ${type.block}`, at)
  return { name, shape, type, typeId, begin }
}

function placed(cursor: Cursor, entry: Omit<GgufTensor, "end">, dataBegin: number): GgufTensor {
  const { rows, cols } = matrixShape(entry.shape)
  const size = entry.type === null ? 0 : ((rows * cols) / entry.type.block) * entry.type.bytes
  const begin = dataBegin + entry.begin
  const end = begin + size
  if (end > cursor.windows.size) {
    throw cursor.fail(`tensor ${quoted(entry.name)} lies at bytes ${begin} to ${end}, but the file ends after ${cursor.windows.size}`)
  }
  return { ...entry, begin, end }
}

function refuseOverlaps(cursor: Cursor, tensors: readonly GgufTensor[]): void {
  let last: GgufTensor | null = null
  for (const tensor of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (last !== null && tensor.begin < last.end) throw cursor.fail(`tensors ${quoted(last.name)} and ${quoted(tensor.name)} overlap`)
    last = tensor
  }
}

/** A table that was searched for must describe the file to its last byte, each tensor right behind the one before, as GGML demands. */
function requireExact({ tensors, dataBegin }: GgufHeader, size: number, alignment: number): void {
  let at = dataBegin
  for (const { begin, end, type } of tensors) {
    if (begin !== at || type === null) throw new Astray()
    at = Math.ceil(end / alignment) * alignment
  }
  const last = tensors.at(-1)?.end ?? dataBegin
  if (size !== last && size !== at) throw new Astray()
}
