import type { PickleBytes } from "./pickle-bytes"
import type { PickleValue } from "./pickle-values"

/** Values or marks waiting: the entries of one dictionary come a thousand at a time. */
const MAX_STACK = 1_000_000

/** The values that a pickle's operations work on, cut into levels by marks. Arguments named `start` are where the operation began, for errors. */
export class PickleStack {
  private readonly values: PickleValue[] = []
  /** Heights of the stack at the open marks. */
  private readonly marks: number[] = []

  constructor(private readonly bytes: PickleBytes) {}

  push(value: PickleValue, start: number): void {
    if (this.values.length >= MAX_STACK) throw this.bytes.fail(start, `more than ${MAX_STACK} values wait`)
    this.values.push(value)
  }

  mark(start: number): void {
    if (this.marks.length >= MAX_STACK) throw this.bytes.fail(start, "too many marks are open")
    this.marks.push(this.values.length)
  }

  /** Drops the last value, or the last mark where nothing lies above it. */
  drop(start: number): void {
    if (this.marks.at(-1) === this.values.length) this.marks.pop()
    else this.pop(start)
  }

  top(start: number): PickleValue {
    // Values below the last mark are out of reach, as they are for Python.
    if (this.values.length <= (this.marks.at(-1) ?? 0)) throw this.bytes.fail(start, "an operation finds no value")
    return this.values.at(-1) as PickleValue
  }

  pop(start: number): PickleValue {
    const value = this.top(start)
    this.values.pop()
    return value
  }

  popLast(count: number, start: number): PickleValue[] {
    if (this.values.length - count < (this.marks.at(-1) ?? 0)) throw this.bytes.fail(start, "an operation finds no value")
    return this.values.splice(-count)
  }

  popMark(start: number): PickleValue[] {
    const mark = this.marks.pop()
    if (mark === undefined) throw this.bytes.fail(start, "an operation finds no mark")
    return this.values.splice(mark)
  }
}
