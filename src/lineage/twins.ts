import type { DirectionBasis } from "~src/core/words"
import { commonBlock, keptValues, slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import type { ContainerFormat } from "~src/formats/container"
import { bfloat16Count } from "~src/formats/dtypes"
import { sameShape } from "./forms"
import { roundTo } from "./rounding"
import type { Member, PairEvidence } from "./types"

/** How two models with the same weights up to storage stand to each other. */
export type Twin = "same-bits" | "same-values" | "a-rounds-to-b" | "b-rounds-to-a"

/** A cast changes each value by at most half a step: relative mean square at most (2^-9)^2 for bfloat16, with room. */
const CAST_CEILING = 1e-5
/** Elements that must agree exactly. Not all: tools differ in flushing subnormals. */
const EXACT_SHARE = 0.9995

/** Equal stored bits, equal values in another dtype, or one the exact rounding of the other; null when neither. */
export function twinRelation(a: Fingerprint, b: Fingerprint, evidence: PairEvidence): Twin | null {
  if (evidence.tensors.length === 0 || evidence.alignment !== undefined || !sameShape(a, b)) return null
  let delta = 0
  let scale = 0
  for (const tensor of evidence.tensors) {
    delta += tensor.squareDelta
    scale += tensor.squareA
  }
  if (delta === 0) return sameDtypes(a, b) && a.format === b.format ? "same-bits" : "same-values"
  if (delta > CAST_CEILING * scale) return null
  if (isRounding(a, b)) return "a-rounds-to-b"
  if (isRounding(b, a)) return "b-rounds-to-a"
  return null
}

function sameDtypes(a: Fingerprint, b: Fingerprint): boolean {
  const inB = new Map(b.slabs.map((slab) => [slabKey(slab), slab.dtype]))
  return a.slabs.every((slab) => (inB.get(slabKey(slab)) ?? slab.dtype) === slab.dtype)
}

/** True when every sampled element of `coarse` is the rounding of the same element of `fine` to coarse's dtype. */
function isRounding(fine: Fingerprint, coarse: Fingerprint): boolean {
  const inCoarse = slabsByKey(coarse)
  const blocks = fine.slabs.flatMap((slab) => {
    const other = inCoarse.get(slabKey(slab))
    const common = other && commonBlock(slab, other)
    return common ? [{ ...common, round: roundTo(other.dtype) }] : []
  })
  const elements = blocks.reduce((sum, { a }) => sum + a.length, 0)
  let others = 0
  for (const { a, b, round } of blocks)
    for (let i = 0; i < a.length; i++) {
      if (round(a[i] as number) === b[i]) continue
      others++
      if (elements - others < EXACT_SHARE * elements) return false
    }
  return elements > 0
}

/** Containers that models are converted to for running them, hardly ever from. */
const EXPORTS: ReadonlySet<ContainerFormat> = new Set(["gguf", "onnx"])

/** Members whose weights are the same up to storage. `origin` is the one the others were made from. */
export interface TwinClass {
  readonly origin: number
  readonly members: readonly number[]
  /** Edges inside the class: parent, child, and how sure the direction is. */
  readonly edges: readonly {
    readonly parent: number
    readonly child: number
    readonly kind: "copy" | "precision"
    readonly probability: number
    readonly basis: readonly DirectionBasis[]
  }[]
}

/** True when all values of a wide dtype lie on the bfloat16 grid: it was bfloat16 before. */
function onBfloat16Grid(fingerprint: Fingerprint): boolean {
  return fingerprint.slabs.every((slab) => {
    if (slab.dtype === "BF16") return true
    const values = keptValues(slab)
    return bfloat16Count(values) === values.length
  })
}

/**
 * Groups members into classes of twins and orders each class: exact weights before roundings of them, then by date, then
 * by what cards say of the member and its own says.
 */
export function collapseTwins(members: readonly Member[], twin: (i: number, j: number) => Twin | null): TwinClass[] {
  const classOf = members.map((_, i) => i)
  for (let i = 0; i < members.length; i++)
    for (let j = i + 1; j < members.length; j++) {
      if (classOf[j] === classOf[i] || twin(i, j) === null) continue
      const [keep, drop] = [classOf[i] as number, classOf[j] as number]
      for (let k = 0; k < members.length; k++) if (classOf[k] === drop) classOf[k] = keep
    }
  const groups = new Map<number, number[]>()
  for (const [i, group] of classOf.entries()) groups.set(group, [...(groups.get(group) ?? []), i])
  const names = (i: number, j: number) => {
    const [facts, other] = [(members[i] as Member).facts, (members[j] as Member).id]
    return facts.declared.includes(other) || facts.namedOrigin === other
  }
  return [...groups.values()].map((group) => orderClass(members, group, twin, names))
}

function orderClass(
  members: readonly Member[],
  group: readonly number[],
  twin: (i: number, j: number) => Twin | null,
  names: (i: number, j: number) => boolean,
): TwinClass {
  const member = (i: number) => members[i] as Member
  const counts = new Map(group.map((i) => [i, members.filter((_, j) => names(j, i)).length]))
  const named = (i: number) => counts.get(i) as number
  // Of those that cards name, who names none of the class was first; of the others, who says what it was made from comes before a silent copy.
  const standing = new Map(
    group.map((i) => {
      const says = group.some((j) => names(i, j))
      return [i, named(i) > 0 ? (says ? 1 : 0) : says ? 2 : 3] as const
    }),
  )
  const isExport = (i: number) => EXPORTS.has(member(i).fingerprint.format)
  const exported = group.some(isExport) && !group.every(isExport)
  // Storage ranks: 0 exact weights; 1 stored wider than its grid (an upcast) or exported; 2 a rounding of another member.
  const rank = new Map(
    group.map((i) => {
      const rounded = group.some((j) => j !== i && (i < j ? twin(i, j) === "b-rounds-to-a" : twin(j, i) === "a-rounds-to-b"))
      if (rounded) return [i, 2]
      const wide =
        group.some((j) => j !== i && twin(Math.min(i, j), Math.max(i, j)) === "same-values") && !storedNarrow(member(i).fingerprint)
      return [i, (exported && isExport(i)) || (wide && onBfloat16Grid(member(i).fingerprint)) ? 1 : 0]
    }),
  )
  const time = (i: number) => member(i).facts.createdAt ?? Number.POSITIVE_INFINITY
  const sorted = [...group].sort(
    (i, j) =>
      (rank.get(i) as number) - (rank.get(j) as number) ||
      (time(i) === time(j) ? 0 : time(i) - time(j)) ||
      (standing.get(i) as number) - (standing.get(j) as number) ||
      named(j) - named(i) ||
      Number(member(i).fingerprint.format !== "safetensors") - Number(member(j).fingerprint.format !== "safetensors") ||
      (member(i).id < member(j).id ? -1 : 1),
  )
  const origin = sorted[0] as number
  const relation = (i: number, j: number) => twin(Math.min(i, j), Math.max(i, j))
  const edges = sorted.slice(1).map((child, n): TwinClass["edges"][number] => {
    const before = sorted.slice(0, n + 1)
    const bits = before.find((j) => relation(j, child) === "same-bits")
    const parent = bits ?? before.find((j) => relation(j, child) === "same-values") ?? origin
    const kind = bits === undefined ? "precision" : "copy"
    // Rounding and export have one direction; equal values in files of one kind have none by themselves.
    if (rank.get(parent) !== rank.get(child) || isExport(parent) !== isExport(child))
      return { parent, child, kind, probability: 0.99, basis: ["information"] }
    const moreNamed = Number(names(child, parent)) - Number(names(parent, child)) || named(parent) - named(child)
    const direction = copyDirection(time(parent), time(child), moreNamed)
    // Two equal exports don't tell which was first, but both come from the original.
    if (direction.basis.length === 0 && isExport(child) && !isExport(origin))
      return { parent: origin, child, kind: "precision", probability: 0.99, basis: ["information"] }
    const converted = member(parent).fingerprint.format !== member(child).fingerprint.format
    return { parent, child, kind, ...(converted && direction.basis.length === 0 ? CONVERTED : direction) }
  })
  return { origin, members: sorted, edges }
}

/** Equal values in two containers, of which neither is an export, and nothing else known: safetensors is where most are made today. */
const CONVERTED: { readonly probability: number; readonly basis: readonly DirectionBasis[] } = { probability: 0.6, basis: ["information"] }

/** Which of two equal files was first: by date, else by which one the cards of others name. */
function copyDirection(before: number, after: number, moreNamed: number): { probability: number; basis: DirectionBasis[] } {
  if (Number.isFinite(before) && Number.isFinite(after) && before < after) return { probability: 0.97, basis: ["time"] }
  return moreNamed > 0 ? { probability: 0.85, basis: ["files"] } : { probability: 0.5, basis: [] }
}

function storedNarrow(fingerprint: Fingerprint): boolean {
  return fingerprint.slabs.every((slab) => slab.dtype === "BF16" || slab.dtype === "F16")
}
