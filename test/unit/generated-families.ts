import { slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import type { Member } from "~src/lineage/types"
import { uniformNumbers } from "./uniform-numbers"

/** Families of any size with a known tree, made in memory by moving real fingerprints step by step. */
export interface GeneratedFamilies {
  readonly members: readonly Member[]
  /** Parent of every member but the roots, by id. */
  readonly parents: ReadonlyMap<string, string>
  /** The family of every member, by id. */
  readonly families: ReadonlyMap<string, number>
}

const MINUTE = 60_000
/** Numbers drawn once and read from any place: drawing afresh for every model would take longer than all the rest. */
const NOISE = 2 ** 20
/** How far roots lie from the fingerprint they are made of, in units of its own scale: far enough to share nothing with it. */
const APART = 30
/** Steps of training, likewise. */
const STEPS = [0.02, 0.12] as const
/** Share of models made from one of the family's few hubs, and of models that become one. */
const FROM_HUB = 0.6
const HUBS = 0.03

/**
 * Families of the given sizes. Most models are made from a few hubs, others from any earlier one, as on the Hub; dates follow the making.
 * @param seeds the fingerprints that roots are made of, in turn
 */
export function generateFamilies(seeds: readonly Fingerprint[], sizes: readonly number[], seed: number): GeneratedFamilies {
  const uniform = uniformNumbers(seed)
  const noise = Float32Array.from({ length: NOISE }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()))
  const members: Member[] = []
  const parents = new Map<string, string>()
  const families = new Map<string, number>()
  for (const [family, size] of sizes.entries()) {
    const own: Member[] = []
    const hubs: Member[] = []
    for (let n = 0; n < size; n++) {
      const id = `x${Math.floor(uniform() * 2 ** 40).toString(36)}/m${members.length}`
      const from = uniform() < FROM_HUB ? hubs : own
      const parent = from[Math.floor(uniform() * from.length)]
      const before = parent?.fingerprint ?? (seeds[family % seeds.length] as Fingerprint)
      const step = parent ? STEPS[0] + (STEPS[1] - STEPS[0]) * uniform() : APART
      const fingerprint = { ...moved(before, step, noise, Math.floor(uniform() * NOISE)), repo: id, revision: `${seed}-${members.length}` }
      const createdAt = Date.UTC(2024, 0, 1) + MINUTE * (60 * n + 30 * uniform())
      const member = { id, fingerprint, facts: { createdAt, declared: [], namedOrigin: null, libraryVersion: null } }
      if (parent) parents.set(id, parent.id)
      families.set(id, family)
      own.push(member)
      if (n === 0 || uniform() < HUBS) hubs.push(member)
      members.push(member)
    }
  }
  return { members, parents, families }
}

/** The same fingerprint with every matrix moved by `size` of its own scale, vectors by a tenth of that. */
function moved(fingerprint: Fingerprint, size: number, noise: Float32Array, from: number): Fingerprint {
  let at = from
  const slabs = fingerprint.slabs.map((slab) => {
    const before = slabValues(slab)
    let square = 0
    for (const value of before) square += value * value
    const scale = (slab.shape.length > 1 ? size : Math.min(size, 1) / 10) * Math.sqrt(square / before.length)
    const values = new Float32Array(before.length)
    for (let i = 0; i < values.length; i++) {
      values[i] = (before[i] as number) + scale * (noise[at] as number)
      at = (at + 1) % noise.length
    }
    return { ...slab, dtype: "F32" as const, bits: new Uint8Array(values.buffer) }
  })
  return { ...fingerprint, slabs, files: [] }
}
