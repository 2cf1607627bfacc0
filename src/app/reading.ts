import type { Failure } from "~src/core/errors"
import type { Call, ModelRecord, RepoRef } from "~src/hub/types"
import { type Gathered, type GatherOptions, tryGather, type Ungathered } from "./gather"
import { isClosed } from "./ghost-parents"
import type { HintsDesk } from "./hints"
import type { Engine } from "./inspect-types"
import { readThroughCopy, withoutStandIns } from "./open-copies"
import type { Pairing } from "./pairing"
import type { Found } from "./search"

/** What an inspection has read of other models, and what it could not. */
export interface Reading {
  /** Reads models; each is compared as soon as it is there. Returns when all are read or have failed. */
  read(found: Found): Promise<void>
  /** Those that were read, by name, each repository once. */
  readable(): readonly Gathered[]
  readonly unread: Map<string, Failure>
  /** Licences of models that could not be read, where the Hub tells them. */
  readonly licences: ReadonlyMap<string, string>
}

export interface ReadingOptions extends GatherOptions {
  readonly engine: Engine
  readonly call: Call
  readonly pairing: Pairing
  readonly hints: HintsDesk
  /** Told how many of the models found so far are done. */
  readonly onRead: (done: number, total: number) => void
}

/** @param target the model that the others are read for */
export function createReading(target: ModelRecord, { engine, call, pairing, hints, onRead, ...options }: ReadingOptions): Reading {
  const read: Gathered[] = []
  const unread = new Map<string, Failure>()
  const licences = new Map<string, string>()
  const themselves = new Set([target.id, ...target.declared.map(({ id }) => id)])
  let [done, total] = [0, 0]

  async function take(missed: Ungathered, record: ModelRecord | null): Promise<void> {
    const copy = isClosed(missed.failure) ? await readThroughCopy(engine, missed.id, record, themselves, options, call) : null
    if (copy) return keep(copy)
    unread.set(missed.id, missed.failure)
    if (missed.license) licences.set(missed.id, missed.license)
  }
  function keep(one: Gathered): void {
    read.push(one)
    pairing.meet(one.record.id, one.member.fingerprint)
  }
  async function readOne(record: ModelRecord): Promise<void> {
    // Models of the same size are likely relatives.
    const meanwhile = record.totalParameters === target.totalParameters ? { meanwhile: (ref: RepoRef) => void hints.of(ref) } : {}
    const result = await tryGather(engine, record, { ...options, ...meanwhile }, call)
    if ("failure" in result) await take(result, record)
    else keep(result)
    done += 1
    onRead(done, total)
  }
  return {
    async read({ candidates, unreachable }) {
      total += candidates.length
      await Promise.all([...unreachable.map((missed) => take(missed, null)), ...candidates.map(readOne)])
    },
    readable: () => withoutStandIns(read).sort((a, b) => (a.record.id < b.record.id ? -1 : 1)),
    unread,
    licences,
  }
}
