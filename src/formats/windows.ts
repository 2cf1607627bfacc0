import { PedigreeError } from "~src/core/errors"
import type { Call, RepoReader, RepoRef } from "~src/hub/types"
import type { HeldBytes } from "./container"

/** What is known of one file while its header is pieced together from a few reads: nothing is asked for twice. */
export class Windows {
  /** Neither overlapping nor touching. */
  private windows: HeldBytes[] = []
  private asked = 0

  constructor(
    private readonly reader: RepoReader,
    private readonly ref: RepoRef,
    readonly path: string,
    readonly size: number,
    private readonly call: Call,
  ) {}

  get held(): readonly HeldBytes[] {
    return this.windows
  }

  /** Requests spent so far. */
  get requests(): number {
    return this.asked
  }

  /** Bytes fetched so far. */
  get fetched(): number {
    return this.windows.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** The bytes [begin, end) if they have been read, else null. */
  known(begin: number, end: number): Uint8Array | null {
    const window = this.windows.find((held) => held.begin <= begin && end <= held.begin + held.bytes.length)
    return window ? window.bytes.subarray(begin - window.begin, end - window.begin) : null
  }

  /**
   * The bytes [begin, end), by one request at most: what earlier reads brought at either end is completed, not read again.
   * @throws PedigreeError "malformed" when the file has another length than its repository says, or what the reader throws
   */
  async read(begin: number, end: number, purpose: "header" | "weights" = "header"): Promise<Uint8Array> {
    const holding = (place: number) => this.windows.find((held) => held.begin <= place && place <= held.begin + held.bytes.length)
    const before = holding(begin)
    const from = before ? Math.min(end, before.begin + before.bytes.length) : begin
    const to = Math.max(from, holding(end)?.begin ?? end)
    if (from < to) {
      this.asked++
      const answer = await this.reader.range(this.ref, this.path, from, to, { purpose }, this.call)
      if (answer.size !== this.size || answer.bytes.length !== to - from) {
        throw new PedigreeError("malformed", `${this.path} changed or ended while its header was read.`, "Try again.", {
          worded: { as: "changed", values: { file: this.path } },
        })
      }
      this.keep(from, answer.bytes)
    }
    return this.known(begin, end) ?? new Uint8Array(0)
  }

  private keep(begin: number, bytes: Uint8Array): void {
    const end = begin + bytes.length
    const left = this.windows.find((held) => held.begin + held.bytes.length === begin)
    const right = this.windows.find((held) => held.begin === end)
    const parts = [left?.bytes, bytes, right?.bytes].filter((part) => part !== undefined)
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    const window = { file: this.path, begin: left?.begin ?? begin, bytes: joined }
    this.windows = [...this.windows.filter((held) => held !== left && held !== right), window]
  }
}
