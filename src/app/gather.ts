import * as v from "valibot"
import { type Failure, toFailure } from "~src/core/errors"
import { uploadTime } from "~src/core/upload-time"
import { decodeFingerprint, encodeFingerprint } from "~src/fingerprint/codec"
import { readFingerprint } from "~src/fingerprint/read"
import type { Fingerprint } from "~src/fingerprint/types"
import { isWeightFile } from "~src/formats/weight-files"
import { isModelId } from "~src/hub/ids"
import type { Call, ModelRecord, RepoFile, RepoRef } from "~src/hub/types"
import { type ConfigHints, parseConfigHints } from "~src/lineage/hints"
import type { Member } from "~src/lineage/types"
import type { Engine } from "./inspect-types"

const StoredFiles = v.array(v.object({ path: v.string(), size: v.number(), oid: v.nullable(v.string()), xetHash: v.nullable(v.string()) }))
/** config.json is a few kilobytes; vision and audio ones with label maps reach some hundred. */
const CONFIG_BYTES = 2_000_000

export interface Gathered {
  readonly record: ModelRecord
  readonly member: Member
}

/** A model that could not be read, and why. */
export interface Ungathered {
  readonly id: string
  readonly failure: Failure
  /** Of a gated model, say, the licence is known all the same. */
  readonly license?: string | null
}

export interface GatherOptions {
  readonly budget: number
  readonly time: boolean
  /** A model being read: a candidate whose weight files have its content addresses is not read again. */
  readonly twin?: { readonly files: Promise<readonly RepoFile[]>; readonly fingerprint: Promise<Fingerprint> }
  /** Told when the weights have been asked for: what else is wanted of the model may queue behind them. */
  readonly meanwhile?: (ref: RepoRef) => void
}

/**
 * Reads one model's files and fingerprint, from the store where it has them. Facts are stored by commit.
 * @throws PedigreeError when its weights cannot be read
 */
export async function gather(engine: Engine, record: ModelRecord, options: GatherOptions, call: Call): Promise<Gathered> {
  const ref = await pin(engine, record, call)
  const fingerprint = await loadFingerprint(engine, ref, options, call)
  return { record: { ...record, revision: ref.revision }, member: toMember(record, fingerprint, options.time) }
}

/** Adds what config.json says; relatives alone are worth that request. */
export async function withHints(engine: Engine, gathered: Gathered, call: Call): Promise<Gathered> {
  return addHints(gathered, await loadHints(engine, refOf(gathered), call))
}

export function addHints({ record, member }: Gathered, hints: ConfigHints): Gathered {
  const namedOrigin = hints.namedOrigin ?? member.facts.namedOrigin
  return { record, member: { ...member, facts: { ...member.facts, ...hints, namedOrigin } } }
}

/** The repository and commit that was read. */
export function refOf({ record, member }: Gathered): RepoRef {
  return { id: member.readThrough?.id ?? record.id, revision: member.fingerprint.revision }
}

/** {@link gather} for candidates: one that cannot be read is reported, not thrown. */
export async function tryGather(engine: Engine, record: ModelRecord, options: GatherOptions, call: Call): Promise<Gathered | Ungathered> {
  try {
    return await gather(engine, record, options, call)
  } catch (thrown) {
    call.signal.throwIfAborted()
    return { id: record.id, failure: toFailure(thrown), license: record.license }
  }
}

/** The model at a commit: list answers of sparse servers leave it out. */
export async function pin(engine: Engine, record: ModelRecord, call: Call): Promise<RepoRef> {
  if (record.revision) return { id: record.id, revision: record.revision }
  const full = await engine.hub.model(record.id, null, call)
  return { id: full.id, revision: full.revision ?? "main" }
}

/** The member that a record and its weights make. */
export function toMember(record: ModelRecord, fingerprint: Fingerprint, time: boolean): Member {
  return {
    id: record.id,
    fingerprint,
    facts: {
      createdAt: time ? uploadTime(record.createdAt) : null,
      declared: record.declared.map(({ id }) => id),
      namedOrigin: fingerprint.facts.origins.find((origin) => isModelId(origin) && origin !== record.id) ?? null,
      libraryVersion: null,
      ...(saysMerged(record) ? { merged: true } : {}),
    },
  }
}

/** Whether the card names its parents as merged, or a tag or a file of the usual tool says so. */
function saysMerged({ declared, tags, paths }: ModelRecord): boolean {
  return (
    declared.some(({ relation }) => relation === "merge") || tags.includes("mergekit") || paths?.includes("mergekit_config.yml") === true
  )
}

async function loadFingerprint(engine: Engine, ref: RepoRef, options: GatherOptions, call: Call): Promise<Fingerprint> {
  const key = `${ref.id}@${ref.revision}#${options.budget}`
  const stored = await engine.store.get("fingerprints", key)
  if (stored instanceof Uint8Array) {
    try {
      return decodeFingerprint(stored)
    } catch {
      // Written by another version: read afresh.
    }
  }
  const files = await loadFiles(engine, ref, call)
  const twin = await sameFiles(files, options.twin)
  const fingerprint = twin ? { ...twin, repo: ref.id, revision: ref.revision } : await readWeights(engine, ref, files, options, call)
  await engine.store.put("fingerprints", key, encodeFingerprint(fingerprint))
  return fingerprint
}

function readWeights(engine: Engine, ref: RepoRef, files: readonly RepoFile[], options: GatherOptions, call: Call): Promise<Fingerprint> {
  const reading = readFingerprint(engine.hub, ref, files, { budget: options.budget, call })
  options.meanwhile?.(ref)
  return reading
}

/** The twin's fingerprint if its weight files stand here with the same content addresses; waits for it only then. */
async function sameFiles(files: readonly RepoFile[], twin: GatherOptions["twin"]): Promise<Fingerprint | null> {
  const theirs = await twin?.files.catch(() => null)
  if (!twin || !theirs) return null
  const oids = new Set(files.map(({ oid }) => oid))
  const weights = theirs.filter(({ path }) => isWeightFile(path))
  if (weights.length === 0 || !weights.every(({ oid }) => oid !== null && oids.has(oid))) return null
  return twin.fingerprint.catch(() => null)
}

/** The commit's files, which are facts too. */
export async function loadFiles(engine: Engine, ref: RepoRef, call: Call): Promise<readonly RepoFile[]> {
  const key = `${ref.id}@${ref.revision}`
  const stored = v.safeParse(StoredFiles, await engine.store.get("trees", key))
  if (stored.success) return stored.output
  const files = await engine.hub.files(ref, call)
  // Of a gated model the addresses are masked until somebody may read it.
  if (files.every(({ oid }) => oid !== null)) await engine.store.put("trees", key, files)
  return files
}

/** What config.json says of the origin, or nothing. */
export async function loadHints(engine: Engine, ref: RepoRef, call: Call): Promise<ConfigHints> {
  const key = `${ref.id}@${ref.revision}#config`
  const stored = await engine.store.get("records", key)
  if (typeof stored === "string") return parseConfigHints(stored)
  try {
    const text = await engine.hub.text(ref, "config.json", CONFIG_BYTES, call)
    await engine.store.put("records", key, text)
    return parseConfigHints(text)
  } catch {
    // Hints are never needed: without config.json (or behind a gate) the weights speak alone.
    call.signal.throwIfAborted()
    return parseConfigHints("")
  }
}
