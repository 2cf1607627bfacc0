import * as v from "valibot"
import { PedigreeError } from "~src/core/errors"
import { CONTAINER_FORMATS, matrixShape } from "~src/formats/container"
import { dtypeSize, isDtype } from "~src/formats/dtypes"
import type { Dtype } from "~src/formats/types"
import type { Fingerprint, Slab } from "./types"

/** "PDGF", then the version as one byte. */
const MAGIC = [0x50, 0x44, 0x47, 0x46, 1] as const
/** Magic and the text's length (unsigned 32-bit, little endian). */
const PREFIX = MAGIC.length + 4
/** 200,000 tensors at 300 bytes each. */
const MAX_TEXT = 64_000_000

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const file = v.strictTuple([v.string(), count, v.nullable(v.string())])
const tensor = v.strictTuple([
  v.string(),
  v.string(),
  v.nullable(count),
  v.custom<Dtype>((value) => typeof value === "string" && isDtype(value), "unknown element type"),
  v.pipe(v.array(count), v.maxLength(8)),
  v.nullable(v.strictTuple([v.string(), v.number(), v.nullable(count)])),
])
const adapter = v.strictObject({
  kind: v.string(),
  rank: v.nullable(v.number()),
  alpha: v.nullable(v.number()),
  targets: v.array(
    v.strictObject({
      role: v.string(),
      layer: v.nullable(count),
      shape: v.strictTuple([count, count]),
      rank: count,
      scaling: v.nullable(v.number()),
    }),
  ),
})
const facts = v.strictObject({
  origins: v.array(v.string()),
  architecture: v.nullable(v.string()),
  notes: v.array(v.strictTuple([v.string(), v.string()])),
  adapter: v.nullable(adapter),
})
const schema = v.strictObject({
  repo: v.string(),
  revision: v.string(),
  format: v.picklist(CONTAINER_FORMATS),
  facts,
  files: v.array(file),
  /** [name, role, layer, dtype, shape, packing as scheme, bits, group] */
  tensors: v.array(tensor),
  /** [index into tensors, first row, rows, first column, columns] */
  slabs: v.array(v.strictTuple([count, count, count, count, count])),
})

/**
 * The stored form of a fingerprint; docs/fingerprint.md gives the layout. Equal fingerprints give equal bytes.
 */
export function encodeFingerprint(fingerprint: Fingerprint): Uint8Array {
  const places = new Map(fingerprint.tensors.map(({ name }, i) => [name, i]))
  const text = new TextEncoder().encode(
    JSON.stringify({
      repo: fingerprint.repo,
      revision: fingerprint.revision,
      format: fingerprint.format,
      facts: fingerprint.facts,
      files: fingerprint.files.map(({ path, size, oid }) => [path, size, oid]),
      tensors: fingerprint.tensors.map(({ name, role, layer, dtype, shape, packing }) => [
        name,
        role,
        layer,
        dtype,
        shape,
        packing && [packing.scheme, packing.bits, packing.group],
      ]),
      slabs: fingerprint.slabs.map(({ name, row0, rows, col0, cols }) => [places.get(name), row0, rows, col0, cols]),
    }),
  )
  const size = fingerprint.slabs.reduce((sum, { bits }) => sum + bits.length, 0)
  const bytes = new Uint8Array(PREFIX + text.length + size)
  bytes.set(MAGIC)
  new DataView(bytes.buffer).setUint32(MAGIC.length, text.length, true)
  bytes.set(text, PREFIX)
  let at = PREFIX + text.length
  for (const { bits } of fingerprint.slabs) {
    bytes.set(bits, at)
    at += bits.length
  }
  return bytes
}

function malformed(what: string): PedigreeError {
  return new PedigreeError("malformed", `This is not a fingerprint that this version reads: ${what}.`, "Read the model afresh.")
}

/**
 * Reads what {@link encodeFingerprint} wrote, trusting nothing.
 * @throws PedigreeError "malformed"
 */
export function decodeFingerprint(bytes: Uint8Array): Fingerprint {
  if (bytes.length < PREFIX || MAGIC.some((byte, i) => bytes[i] !== byte)) throw malformed("its first bytes are others")
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true)
  if (length > MAX_TEXT || PREFIX + length > bytes.length) throw malformed("it ends too early")
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(PREFIX, PREFIX + length)))
  } catch {
    throw malformed("its description is not JSON")
  }
  const parsed = v.safeParse(schema, json)
  if (!parsed.success) throw malformed(`${v.getDotPath(parsed.issues[0]) ?? "description"}: ${parsed.issues[0].message}`)
  const { repo, revision, format, files } = parsed.output
  const tensors = parsed.output.tensors.map(([name, role, layer, dtype, shape, packing]) => ({
    role,
    layer,
    name,
    dtype,
    shape,
    packing: packing && { scheme: packing[0], bits: packing[1], group: packing[2] },
  }))
  const slabs: Slab[] = []
  let at = PREFIX + length
  for (const [index, row0, rows, col0, cols] of parsed.output.slabs) {
    const fact = tensors[index]
    if (!fact) throw malformed("a slab belongs to no tensor")
    const whole = matrixShape(fact.shape)
    if (row0 + rows > whole.rows || col0 + cols > whole.cols) throw malformed(`the slab of ${fact.name} lies outside its tensor`)
    const size = rows * cols * dtypeSize(fact.dtype)
    if (!Number.isSafeInteger(size) || at + size > bytes.length) throw malformed("it ends too early")
    slabs.push({ ...fact, row0, rows, col0, cols, bits: bytes.slice(at, at + size) })
    at += size
  }
  if (at !== bytes.length) throw malformed("bytes are left over")
  return {
    version: 1,
    repo,
    revision,
    format,
    facts: parsed.output.facts,
    files: files.map(([path, size, oid]) => ({ path, size, oid })),
    tensors,
    slabs,
  }
}
