import type { Windows } from "~src/formats/windows"
import { badOnnx } from "./errors"

/** Requests for one graph: a share of the 40 that leaves some for rows. */
const MAX_REQUESTS = 24
/** The graphs of the largest published exports take some megabytes without their weights. */
const MAX_GRAPH_BYTES = 16_000_000
/** Eight fields a node, for many times the nodes that exports have; bounds time (some seconds). */
const MAX_FIELDS = 1_000_000
/** First bytes read of a file, and after a jump over a large tensor; what follows is read in growing pieces. */
const FIRST_BYTES = 65_536
const JUMP_BYTES = 2_048
const GROWTH = 4
/** Steps over less than this are no jump: biases and norms come in rows. */
const STEP_BYTES = 65_536
/** Pieces grow up to this while nodes are read, and up to that among tensors, where most of what is read ahead is values. */
const MAX_PIECE = 1_048_576
const MAX_TENSOR_PIECE = 131_072
/** A field's tag takes 5 bytes at most, its number or length 10. */
const MAX_TAG = 15

/** The requests or bytes allowed for a graph are spent. */
export class OutOfReach extends Error {}

/** One field of a Protocol Buffers message (protobuf.dev, "Encoding"). */
export interface Field {
  readonly number: number
  readonly wire: number
  /** The number of a varint (imprecise beyond 2^53), else 0. */
  readonly value: number
  /** Its bytes [begin, end) in the file; those behind the length of wire type 2. */
  readonly begin: number
  readonly end: number
}

/**
 * Walks a protobuf file field by field without reading what it steps over. A library that decodes messages would need the whole
 * file, which is nearly all weights; only the wire format's five rules are needed here.
 */
export class Walk {
  private piece = FIRST_BYTES
  private most = MAX_PIECE
  private reached = 0
  private passed = 0

  constructor(private readonly windows: Windows) {}

  get file(): string {
    return this.windows.path
  }

  get size(): number {
    return this.windows.size
  }

  /**
   * The fields of the message that fills [begin, end).
   * @throws PedigreeError "malformed", {@link OutOfReach}, or what the reader throws
   */
  async *fields(begin: number, end: number): AsyncGenerator<Field> {
    let at = begin
    while (at < end) {
      if (++this.passed > MAX_FIELDS) throw badOnnx(this.file, at, `more than ${MAX_FIELDS} fields lie behind`)
      const field = parseField(this.file, await this.bytes(at, Math.min(end, at + MAX_TAG)), at, end)
      yield field
      at = field.end
    }
  }

  /** The bytes [begin, end), with some more read ahead if they are not there yet. */
  async bytes(begin: number, end: number): Promise<Uint8Array> {
    const known = this.windows.known(begin, end)
    if (known) return known
    const { size } = this.windows
    if (begin > this.reached) this.most = MAX_TENSOR_PIECE
    if (begin > this.reached + STEP_BYTES) this.piece = JUMP_BYTES
    else if (this.reached > 0) this.piece = Math.min(this.piece * GROWTH, this.most)
    const ahead = Math.min(size, Math.max(end, Math.max(begin, this.reached) + this.piece))
    if (this.windows.requests >= MAX_REQUESTS || this.windows.fetched + ahead - begin > MAX_GRAPH_BYTES) throw new OutOfReach()
    await this.windows.read(begin, ahead)
    this.reached = ahead
    return this.windows.known(begin, end) as Uint8Array
  }

  /** A short text. */
  async text(field: Field, most: number): Promise<string> {
    if (field.wire !== 2 || field.end - field.begin > most) throw badOnnx(this.file, field.begin, `stands no text of at most ${most} bytes`)
    return new TextDecoder().decode(await this.bytes(field.begin, field.end))
  }

  /** Repeated whole numbers, one to a field or packed into one. */
  async numbers(field: Field, most: number): Promise<number[]> {
    if (field.wire === 0) return [field.value]
    if (field.wire !== 2 || field.end - field.begin > 10 * most) throw badOnnx(this.file, field.begin, `stand no ${most} numbers at most`)
    const bytes = await this.bytes(field.begin, field.end)
    const numbers: number[] = []
    for (let at = 0; at < bytes.length; ) {
      const { value, next } = varint(this.file, bytes, at, field.begin)
      numbers.push(value)
      at = next
    }
    return numbers
  }
}

function parseField(file: string, bytes: Uint8Array, base: number, limit: number): Field {
  const tag = varint(file, bytes, 0, base)
  const wire = tag.value % 8
  const number = Math.floor(tag.value / 8)
  const begin = base + tag.next
  if (wire === 0) {
    const { value, next } = varint(file, bytes, tag.next, base)
    return { number, wire, value, begin, end: base + next }
  }
  if (wire === 2) {
    const { value, next } = varint(file, bytes, tag.next, base)
    const from = base + next
    if (value > limit - from) throw badOnnx(file, base, `a field claims ${value} bytes where ${limit - from} are left`)
    return { number, wire, value: 0, begin: from, end: from + value }
  }
  const length = wire === 1 ? 8 : wire === 5 ? 4 : 0
  if (length === 0 || begin + length > limit) throw badOnnx(file, base, "no field of a known kind stands")
  return { number, wire, value: 0, begin, end: begin + length }
}

function varint(file: string, bytes: Uint8Array, from: number, base: number): { value: number; next: number } {
  let value = 0
  for (let at = from; at < from + 10; at++) {
    const byte = bytes[at]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * (at - from))
    if (byte < 0x80) return { value, next: at + 1 }
  }
  throw badOnnx(file, base + from, "a number does not end")
}
