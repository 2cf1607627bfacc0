import { PedigreeError } from "~src/core/errors"
import { Ended, MAX_GLOBAL, PickleBytes } from "./pickle-bytes"
import { constantOf } from "./pickle-constants"
import { PickleStack } from "./pickle-stack"
import { isDangerous, PickleGlobal, PickleObject, PickleReference, type PickleValue } from "./pickle-values"

/** Some 30 operations make one tensor, so 60,000 fit; bounds time (some seconds), and memory, since each makes one value at most. */
const MAX_OPERATIONS = 2_000_000

export interface Pickled {
  readonly value: PickleValue
  /** First byte after the pickle. */
  readonly end: number
  /** Every class and function that it names. */
  readonly globals: readonly PickleGlobal[]
  /** Every mention of an object outside, in order. */
  readonly references: readonly PickleReference[]
}

/**
 * Reads one pickle of protocol 2 to 5 (PEP 307, 3154, 574; `pickletools` describes every operation) into plain values. Nothing is
 * imported or called: what would be stays a {@link PickleObject}.
 * @param file named in errors
 * @param base where `bytes` begin in the file, for errors
 * @returns null when the bytes end before the pickle does
 * @throws PedigreeError "malformed"; "unsupported" for a pickle that names what could run programs
 */
export function readPickle(file: string, bytes: Uint8Array, base: number): Pickled | null {
  const machine = new Machine(file, new PickleBytes(file, bytes, base))
  try {
    return machine.run()
  } catch (error) {
    if (error instanceof Ended) return null
    throw error
  }
}

class Machine {
  private readonly stack: PickleStack
  private readonly memo = new Map<number, PickleValue>()
  private readonly globals = new Map<string, PickleGlobal>()
  private readonly references: PickleReference[] = []

  constructor(
    private readonly file: string,
    private readonly bytes: PickleBytes,
  ) {
    this.stack = new PickleStack(bytes)
  }

  run(): Pickled {
    // Protocol 1 and 0 begin otherwise; text opcodes would follow.
    if (this.bytes.byte() !== 0x80) throw this.bytes.fail(0, "no pickle of protocol 2 or later begins")
    const protocol = this.bytes.byte()
    if (protocol < 2 || protocol > 5) throw this.bytes.fail(0, `a pickle of protocol ${protocol} begins, which is unknown`)
    for (let count = 0; ; count++) {
      const start = this.bytes.at
      if (count === MAX_OPERATIONS) throw this.bytes.fail(start, `more than ${MAX_OPERATIONS} operations lie behind`)
      const code = this.bytes.byte()
      if (code === 0x2e) {
        const value = this.stack.pop(start)
        return { value, end: this.bytes.at, globals: [...this.globals.values()], references: this.references }
      }
      this.step(code, start)
    }
  }

  private step(code: number, start: number): void {
    const { stack } = this
    const constant = constantOf(code, this.bytes, start)
    if (constant !== undefined) {
      stack.push(constant, start)
      return
    }
    switch (code) {
      case 0x80: // PROTO
        this.bytes.byte()
        break
      case 0x95: // FRAME
        this.bytes.long(start)
        break
      case 0x28: // MARK
        stack.mark(start)
        break
      case 0x30: // POP
        stack.drop(start)
        break
      case 0x31: // POP_MARK
        stack.popMark(start)
        break
      case 0x32: // DUP
        stack.push(stack.top(start), start)
        break
      case 0x6c: // LIST
      case 0x74: // TUPLE
      case 0x91: // FROZENSET
        stack.push(stack.popMark(start), start)
        break
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(stack.popLast(code - 0x84, start), start)
        break
      case 0x64: // DICT
        stack.push(this.fill(new Map(), stack.popMark(start), start), start)
        break
      case 0x61: // APPEND
        this.extend([stack.pop(start)], start)
        break
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.extend(stack.popMark(start), start)
        break
      case 0x73: {
        // SETITEM
        const value = stack.pop(start)
        this.setItems([stack.pop(start), value], start)
        break
      }
      case 0x75: // SETITEMS
        this.setItems(stack.popMark(start), start)
        break
      case 0x71: // BINPUT
        this.memo.set(this.bytes.byte(), stack.top(start))
        break
      case 0x72: // LONG_BINPUT
        this.memo.set(this.bytes.take(4).getUint32(0, true), stack.top(start))
        break
      case 0x94: // MEMOIZE
        this.memo.set(this.memo.size, stack.top(start))
        break
      case 0x68: // BINGET
        this.recall(this.bytes.byte(), start)
        break
      case 0x6a: // LONG_BINGET
        this.recall(this.bytes.take(4).getUint32(0, true), start)
        break
      case 0x63: // GLOBAL
        this.pushGlobal(this.bytes.line(start), this.bytes.line(start), start)
        break
      case 0x93: {
        // STACK_GLOBAL
        const name = stack.pop(start)
        const module = stack.pop(start)
        if (typeof module !== "string" || typeof name !== "string")
          throw this.bytes.fail(start, "a class is named by something other than text")
        this.pushGlobal(module, name, start)
        break
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = stack.pop(start)
        stack.push(new PickleObject(stack.pop(start), args), start)
        break
      }
      case 0x92: {
        // NEWOBJ_EX, whose keywords don't matter to a description
        stack.pop(start)
        const args = stack.pop(start)
        stack.push(new PickleObject(stack.pop(start), args), start)
        break
      }
      case 0x62: {
        // BUILD
        const state = stack.pop(start)
        const target = stack.top(start)
        if (target instanceof PickleObject) target.state = state
        break
      }
      case 0x51: {
        // BINPERSID
        const reference = new PickleReference(stack.pop(start))
        this.references.push(reference)
        stack.push(reference, start)
        break
      }
      default:
        throw this.unknown(code, start)
    }
  }

  private pushGlobal(module: string, name: string, start: number): void {
    if (module.length + name.length > MAX_GLOBAL) throw this.bytes.fail(start, "a class has too long a name")
    const path = `${module} ${name}`
    let global = this.globals.get(path)
    if (global === undefined) {
      global = new PickleGlobal(module, name)
      if (isDangerous(global)) {
        throw new PedigreeError(
          "unsupported",
          `${this.file} wants to run ${JSON.stringify(global.path).slice(1, -1)} when it is loaded (byte ${this.bytes.place(start)}), which no weights need. Pedigree ran nothing and refuses the file.`,
          "Don't load this file with PyTorch, and report the repository to the Hub.",
          { worded: { as: "executes", values: { file: this.file, call: global.path } } },
        )
      }
      this.globals.set(path, global)
    }
    this.stack.push(global, start)
  }

  private extend(values: PickleValue[], start: number): void {
    const target = this.stack.top(start)
    if (Array.isArray(target)) for (const value of values) target.push(value)
    else if (!(target instanceof PickleObject)) throw this.bytes.fail(start, "values are added to what is no list")
  }

  private setItems(pairs: PickleValue[], start: number): void {
    const target = this.stack.top(start)
    if (target instanceof Map) this.fill(target, pairs, start)
    else if (target instanceof PickleObject) this.fill(target.items, pairs, start)
    else throw this.bytes.fail(start, "entries are set in what is no dictionary")
  }

  private fill(map: Map<PickleValue, PickleValue>, pairs: PickleValue[], start: number): Map<PickleValue, PickleValue> {
    if (pairs.length % 2 !== 0) throw this.bytes.fail(start, "a key lacks its value")
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i] as PickleValue, pairs[i + 1] as PickleValue)
    return map
  }

  private recall(key: number, start: number): void {
    const value = this.memo.get(key)
    if (value === undefined) throw this.bytes.fail(start, `value ${key} is recalled that was never kept`)
    this.stack.push(value, start)
  }

  private unknown(code: number, start: number): PedigreeError {
    const shown = `0x${code.toString(16).padStart(2, "0")}`
    // I L F S V P g p i o d and 0x82 to 0x84: text forms, old instances and extension codes, which torch.save never writes.
    return this.bytes.fail(start, `stands the operation ${shown}, which torch.save does not write`)
  }
}
