import type { Content } from "./content"
import type { RepoFile } from "./files"

/** `gguf` of the models API. */
export interface GgufFacts {
  /** Weights of all tensors. */
  readonly total: number
  readonly architecture: string
  readonly context_length?: number
  /** Bytes of the file, or of all parts of a split one. */
  readonly totalFileSize: number
}

const SHARD = /-\d{5}-of-\d{5}\.gguf$/
/** The longest published headers have some 14 MB. */
const MOST_HEADER = 32_000_000
const PIECE = 1 << 20
/** Bytes of a value by its type in the file; 8 is text, 9 a list. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
const [TEXT, LIST] = [8, 9]

/** What the header of the largest model says; null when there is none or it cannot be read. */
export function ggufFacts(files: ReadonlyMap<string, RepoFile>): GgufFacts | null {
  const models = new Map<string, Content[]>()
  for (const { path, content } of files.values()) {
    if (path.endsWith(".gguf")) models.set(path.replace(SHARD, ""), [...(models.get(path.replace(SHARD, "")) ?? []), content])
  }
  const sizeOf = (parts: readonly Content[]) => parts.reduce((sum, { size }) => sum + size, 0)
  const [parts] = [...models.values()].sort((a, b) => sizeOf(b) - sizeOf(a))
  if (parts === undefined) return null
  try {
    const headers = parts.map(readHeader)
    const values = headers[0]?.values ?? new Map()
    const architecture = values.get("general.architecture")
    if (typeof architecture !== "string") return null
    const context = values.get(`${architecture}.context_length`)
    return {
      total: headers.reduce((sum, { total }) => sum + total, 0),
      architecture,
      ...(typeof context === "number" ? { context_length: context } : {}),
      totalFileSize: sizeOf(parts),
    }
  } catch {
    return null
  }
}

/** Numbers and texts by key, lists left out, and how many weights the tensors have. @throws RangeError beyond the file or the bound */
function readHeader(content: Content): { values: Map<string, string | number>; total: number } {
  const cursor = new Cursor(content)
  if (cursor.take(4).toString("latin1") !== "GGUF") throw new RangeError("no GGUF file")
  cursor.take(4)
  const [tensors, keys] = [cursor.long(), cursor.long()]
  const values = new Map<string, string | number>()
  for (let i = 0; i < keys; i++) {
    const key = cursor.text()
    const value = readValue(cursor, cursor.word())
    if (value !== null) values.set(key, value)
  }
  let total = 0
  for (let i = 0; i < tensors; i++) {
    cursor.text()
    let elements = 1
    for (let axes = cursor.word(); axes > 0; axes--) elements *= cursor.long()
    cursor.take(12)
    total += elements
  }
  return { values, total }
}

function readValue(cursor: Cursor, type: number): string | number | null {
  if (type === TEXT) return cursor.text()
  if (type === LIST) {
    const inner = cursor.word()
    const count = cursor.long()
    if (inner === TEXT) for (let i = 0; i < count; i++) cursor.text()
    else cursor.jump(count * (SIZES[inner] ?? Number.NaN))
    return null
  }
  const bytes = cursor.take(SIZES[type] ?? Number.NaN)
  return type === 4 ? bytes.readUInt32LE() : type === 5 ? bytes.readInt32LE() : type === 10 ? Number(bytes.readBigUInt64LE()) : null
}

/** Reads forwards, a piece of the file at a time. */
class Cursor {
  private at = 0
  private begin = 0
  private piece: Buffer = Buffer.alloc(0)

  constructor(private readonly content: Content) {}

  take(size: number): Buffer {
    const from = this.at
    this.jump(size)
    if (from < this.begin || this.at > this.begin + this.piece.length) {
      this.begin = from
      this.piece = this.content.read(from, Math.min(this.content.size, from + Math.max(size, PIECE)))
    }
    return this.piece.subarray(from - this.begin, this.at - this.begin)
  }

  jump(size: number): void {
    this.at += size
    if (!(this.at <= Math.min(this.content.size, MOST_HEADER))) throw new RangeError("the header ends too late")
  }

  word = (): number => this.take(4).readUInt32LE()
  long = (): number => Number(this.take(8).readBigUInt64LE())
  text = (): string => this.take(this.long()).toString("utf8")
}
