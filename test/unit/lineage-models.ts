import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as ort from "onnxruntime-web"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import type { Fingerprint } from "~src/fingerprint/types"
import { roundToBfloat16 } from "~src/formats/dtypes"
import { createPairStatistics } from "~src/inference/pair-statistics"
import type { Distances } from "~src/lineage/distance"
import { chartFamily, type Family, familyEvidence } from "~src/lineage/family"
import { comparePairs } from "~src/lineage/pair"
import type { Member, MemberFacts, PairEvidence } from "~src/lineage/types"
import { llamaShapes } from "./generated-repo"
import { call, memoryReader, ref } from "./memory-reader"
import { writeSafetensors } from "./safetensors-writer"
import { uniformNumbers } from "./uniform-numbers"

/** Models made of random numbers whose making is known, and the fixture models, all read as fingerprints by the engine's own parts. */

export const runner = createPairStatistics({
  ort,
  model: () => readFile("../../assets/pair-statistics.onnx"),
  prefer: "wasm",
})
const never = new AbortController().signal

async function readFile(path: string): Promise<Uint8Array> {
  return new Uint8Array(readFileSync(new URL(path, import.meta.url)))
}

/** Standard normal numbers from a seed (Box-Muller). */
export function gaussian(seed: number): () => number {
  const uniform = uniformNumbers(seed)
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

export interface Tensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}
/** Tensors by their true names. */
export type Weights = Readonly<Record<string, Tensor>>

export function mapWeights(weights: Weights, change: (tensor: Tensor, name: string) => Float32Array | Tensor): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => {
      const made = change(tensor, name)
      return [name, made instanceof Float32Array ? { shape: tensor.shape, values: made } : made]
    }),
  )
}

/** A trained-looking Llama: normal matrices, norms around 1. */
export function rootWeights(seed: number, layers = 2, vocabulary = 64): Weights {
  const next = gaussian(seed)
  return Object.fromEntries(
    llamaShapes(32, 64, layers, vocabulary).map(([name, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1)
      const values = Float32Array.from({ length: size }, () => (shape.length === 1 ? 1 + 0.1 * next() : 0.05 * next()))
      return [name, { shape, values }]
    }),
  )
}

/** A step of independent training: every matrix moves by `size` of its own scale. */
export function trained(weights: Weights, seed: number, size = 0.1): Weights {
  const next = gaussian(seed)
  return mapWeights(weights, ({ shape, values }) => values.map((value) => value + size * (shape.length === 1 ? 0.1 : 0.05) * next()))
}

/** sum of share * weights. */
export function mixed(parts: readonly (readonly [share: number, weights: Weights])[]): Weights {
  const [, first] = parts[0] as readonly [number, Weights]
  return mapWeights(first, ({ values }, name) =>
    values.map((_, i) => parts.reduce((sum, [share, weights]) => sum + share * (weights[name]?.values[i] ?? 0), 0)),
  )
}

export async function fingerprintOf(weights: Weights, dtype: "F32" | "BF16" = "F32"): Promise<Fingerprint> {
  const bytes = (values: Float32Array) => {
    if (dtype === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const bits = new Uint32Array(values.map(roundToBfloat16).buffer)
    return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer)
  }
  const entries = Object.entries(weights).map(([name, { shape, values }]) => [name, { dtype, shape, bytes: bytes(values) }] as const)
  const reader = memoryReader({ "model.safetensors": writeSafetensors(Object.fromEntries(entries)) })
  return readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
}

export const FIXTURES = fileURLToPath(new URL("../fixtures/hub/", import.meta.url))

const loaded = new Map<string, Promise<Fingerprint>>()
/** The fingerprint of a fixture model. */
export function fixture(id: string): Promise<Fingerprint> {
  const known = loaded.get(id)
  if (known) return known
  const names = readdirSync(`${FIXTURES}${id}`)
  const reader = memoryReader(Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(`${FIXTURES}${id}/${name}`))])))
  const fingerprint = readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
  loaded.set(id, fingerprint)
  return fingerprint
}

const UNKNOWN: MemberFacts = { createdAt: null, declared: [], namedOrigin: null, libraryVersion: null }
export function memberOf(id: string, fingerprint: Fingerprint, facts: Partial<MemberFacts> = {}): Member {
  return { id, fingerprint, facts: { ...UNKNOWN, ...facts } }
}

export async function membersOf(models: Readonly<Record<string, Weights>>): Promise<Member[]> {
  return Promise.all(Object.entries(models).map(async ([id, weights]) => memberOf(id, await fingerprintOf(weights))))
}

export async function pairOf(a: Fingerprint, b: Fingerprint): Promise<PairEvidence> {
  return (await comparePairs([[a, b]], runner, never))[0] as PairEvidence
}

export async function familyOf(members: readonly Member[]): Promise<Family> {
  return chartFamily(members, await familyEvidence(members, runner, never))
}

/** The same weights with other facts, charted anew from the evidence at hand. */
export function withFacts({ members, pairs }: Family, facts: Readonly<Record<string, Partial<MemberFacts>>>): Family {
  return chartFamily(
    members.map((member) => ({ ...member, facts: { ...member.facts, ...facts[member.id] } })),
    pairs,
  )
}

/** Edges as "parent > child", sorted. */
export function arrows({ members, edges }: Family): string[] {
  return edges.map(({ parent, child }) => `${members[parent]?.id} > ${members[child]?.id}`).sort()
}

/** Exact distances between points: what independent training is to weights, steps of fresh random numbers are to points. */
export function distancesOf(points: readonly (readonly number[])[]): Distances {
  const size = points.length
  const squared = new Float64Array(size * size)
  for (const [i, p] of points.entries())
    for (const [j, q] of points.entries()) squared[i * size + j] = p.reduce((sum, x, d) => sum + (x - (q[d] as number)) ** 2, 0)
  return { size, squared }
}

export function step(from: readonly number[], seed: number, size = 1): number[] {
  const next = gaussian(seed)
  return from.map((x) => x + size * next())
}

export function blend(parts: readonly (readonly [share: number, point: readonly number[]])[]): number[] {
  const [, first] = parts[0] as readonly [number, readonly number[]]
  return first.map((_, d) => parts.reduce((sum, [share, point]) => sum + share * (point[d] as number), 0))
}
