import type { HeldBytes } from "../container"
import type { Windows } from "../windows"
import { malformed } from "./errors"

/** What one request for a header's next piece asks for at least. */
export const CHUNK = 65_536
/** ... and at most, once a long list has to be walked. */
const MAX_CHUNK = 1_048_576
/**
 * Header bytes read or jumped over. The largest published vocabularies (256,000 tokens, 514,000 merges) take some 14 MB; twice that and more
 * bounds time, memory and requests.
 */
export const MAX_HEADER = 32_000_000

const text = new TextDecoder()

/** Reads a file's header forwards, fetching pieces as it gets there. Little endian throughout. */
export class Cursor {
  at = 0
  private view: DataView = new DataView(new ArrayBuffer(0))
  private begin = 0

  constructor(readonly windows: Windows) {}

  fail(what: string, at = this.at) {
    return malformed(this.windows.path, at, what)
  }

  /**
   * Makes the next `count` bytes available.
   * @param ahead bytes that will be wanted soon after, as far as is known
   * @throws PedigreeError "malformed" when the file or the header's bound ends before them
   */
  async need(count: number, ahead = 0): Promise<void> {
    const end = this.at + count
    if (this.begin <= this.at && end <= this.begin + this.view.byteLength) return
    const { windows } = this
    if (end > windows.size) throw this.fail(`${count} bytes are announced, but the file ends after ${windows.size}`)
    if (end > MAX_HEADER) throw this.fail(`the header goes on beyond the ${MAX_HEADER} bytes allowed`)
    const piece = Math.min(Math.max(CHUNK, ahead), MAX_CHUNK)
    const holding = () => windows.held.find((held) => held.begin <= this.at && end <= held.begin + held.bytes.length)
    if (!holding()) await windows.read(this.at, Math.min(windows.size, Math.max(end, this.at + piece)))
    const { begin, bytes } = holding() as HeldBytes
    this.begin = begin
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Jumps over `count` bytes, which need not be read. */
  skip(count: number): void {
    if (count > this.windows.size - this.at) throw this.fail(`${count} bytes are announced, but the file ends after ${this.windows.size}`)
    this.at += count
  }

  private advance(count: number): number {
    const offset = this.at - this.begin
    this.at += count
    return offset
  }

  async u32(): Promise<number> {
    await this.need(4)
    return this.view.getUint32(this.advance(4), true)
  }

  /** An unsigned 64-bit count, which must be one that a file can hold. */
  async count(what: string): Promise<number> {
    await this.need(8)
    const value = this.view.getBigUint64(this.at - this.begin, true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.fail(`${what} is ${value}`)
    this.at += 8
    return Number(value)
  }

  /** A string, of which at most `kept` bytes are read. */
  async string(what: string, kept: number): Promise<string> {
    const length = await this.count(`the length of ${what}`)
    if (length > this.windows.size - this.at) {
      throw this.fail(`${what} claims ${length} bytes, but the file ends after ${this.windows.size}`)
    }
    const taken = Math.min(length, kept)
    await this.need(taken)
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at - this.begin, taken)
    this.at += length
    return text.decode(bytes)
  }

  /** Walks over `count` strings. */
  async skipStrings(count: number): Promise<void> {
    const from = this.at
    for (let i = 0; i < count; i++) {
      const left = this.begin + this.view.byteLength - this.at
      // As many bytes ahead as the strings so far lead to expect.
      if (left < 8 || this.at < this.begin) await this.need(8, i === 0 ? 0 : Math.ceil(((this.at - from) / i) * (count - i)))
      this.skip(8 + Number(this.view.getBigUint64(this.at - this.begin, true)))
    }
  }

  /** A number or boolean of one of GGUF's fixed-size value types. */
  async scalar(type: ScalarType): Promise<number | boolean> {
    const [size, read] = SCALARS[type]
    await this.need(size)
    return read(this.view, this.advance(size))
  }
}

const SCALARS = {
  0: [1, (view: DataView, at: number) => view.getUint8(at)],
  1: [1, (view: DataView, at: number) => view.getInt8(at)],
  2: [2, (view: DataView, at: number) => view.getUint16(at, true)],
  3: [2, (view: DataView, at: number) => view.getInt16(at, true)],
  4: [4, (view: DataView, at: number) => view.getUint32(at, true)],
  5: [4, (view: DataView, at: number) => view.getInt32(at, true)],
  6: [4, (view: DataView, at: number) => view.getFloat32(at, true)],
  7: [1, (view: DataView, at: number) => view.getUint8(at) !== 0],
  10: [8, (view: DataView, at: number) => Number(view.getBigUint64(at, true))],
  11: [8, (view: DataView, at: number) => Number(view.getBigInt64(at, true))],
  12: [8, (view: DataView, at: number) => view.getFloat64(at, true)],
} as const
type ScalarType = keyof typeof SCALARS

/** Size of a value of that type; null for strings, arrays and unknown types. */
export function scalarSize(type: number): number | null {
  return isScalar(type) ? SCALARS[type][0] : null
}

export function isScalar(type: number): type is ScalarType {
  return Object.hasOwn(SCALARS, type)
}
