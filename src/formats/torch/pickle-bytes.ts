import { PedigreeError } from "~src/core/errors"

/** As for safetensors' headers: 25 MB hold the descriptions of 100,000 tensors and more. */
export const MAX_PICKLE_BYTES = 25_000_000
/** Names of classes; the longest published ones have some 100 characters. */
export const MAX_GLOBAL = 500
/** The longest whole number used, the legacy magic number, has 10 bytes. */
const MAX_INTEGER_BYTES = 64

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder("latin1")

/** The bytes ended before the pickle did. */
export class Ended extends Error {}

/** The bytes of a pickle, read from the front. Arguments named `start` are where the operation began, for errors. */
export class PickleBytes {
  at = 0

  constructor(
    private readonly file: string,
    private readonly bytes: Uint8Array,
    /** Where the bytes begin in the file. */
    private readonly base: number,
  ) {}

  /** An offset in the file. */
  place(start: number): number {
    return this.base + start
  }

  byte(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw new Ended()
    this.at++
    return value
  }

  take(size: number): DataView {
    const begin = this.at
    if (begin + size > this.bytes.length) throw new Ended()
    this.at += size
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + begin, size)
  }

  raw(size: number): Uint8Array {
    if (this.at + size > this.bytes.length) throw new Ended()
    this.at += size
    return this.bytes.subarray(this.at - size, this.at)
  }

  text(size: number, start: number): string {
    const raw = this.raw(size)
    try {
      return utf8.decode(raw)
    } catch {
      throw this.fail(start, "a text is not UTF-8")
    }
  }

  latin(size: number): string {
    return latin1.decode(this.raw(size))
  }

  /** A line of text up to its newline. */
  line(start: number): string {
    const end = this.bytes.indexOf(0x0a, this.at)
    if (end < 0 && this.bytes.length - this.at <= MAX_GLOBAL) throw new Ended()
    if (end < 0 || end - this.at > MAX_GLOBAL) throw this.fail(start, "a class has too long a name")
    const text = this.text(end - this.at, start)
    this.at = end + 1
    return text
  }

  long(start: number): number {
    const value = this.take(8).getBigUint64(0, true)
    if (value > BigInt(MAX_PICKLE_BYTES)) throw this.fail(start, `a value claims ${value} bytes`)
    return Number(value)
  }

  /** A whole number in two's complement, little endian. */
  integer(size: number, start: number): number | bigint {
    if (size > MAX_INTEGER_BYTES) throw this.fail(start, `a number claims ${size} bytes`)
    let value = 0n
    const raw = this.raw(size)
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i] as number)
    if (size > 0 && ((raw[size - 1] as number) & 0x80) !== 0) value -= 1n << BigInt(8 * size)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  fail(start: number, what: string): PedigreeError {
    return new PedigreeError(
      "malformed",
      `${this.file} holds a pickle that can't be read: at byte ${this.place(start)} ${what}.`,
      "Look for a copy of the model with safetensors files.",
      { worded: { as: "damaged", values: { file: this.file, detail: `${what} (byte ${this.place(start)})` } } },
    )
  }
}
