import { perObject } from "~src/core/per-object"
import { commonBlock, slabKey, slabsByKey, slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint, Slab } from "~src/fingerprint/types"
import { isHeadOrEmbedding } from "./roles"
import { roundTo } from "./rounding"

/** A model is packed when this share of its body matrices is: many stay as they were, where a block does not fit their width or only experts are packed. */
const PACKED_SHARE = 0.05
/** Values that surely share one scale: the smallest group of any scheme read. */
const GROUP = 16
/** Float32 arithmetic of packers and readers differs in the last digits. */
const SLACK = 1e-3
/** Elements beside their cell count fully from this many steps on, so that clipped outliers don't outweigh the rest. */
const CAP = 4

/** How the weights are packed, as the most common packing of the body matrices; null for models stored as they are. */
export const packingOf = perObject((fingerprint: Fingerprint) => {
  const body = fingerprint.tensors.filter(({ shape, role }) => shape.length > 1 && !isHeadOrEmbedding(role))
  const packed = body.flatMap(({ packing }) => (packing ? [packing] : []))
  if (packed.length === 0 || packed.length < PACKED_SHARE * body.length) return { packing: null }
  const counts = new Map<string, number>()
  for (const { scheme, bits } of packed) counts.set(`${scheme}|${bits}`, (counts.get(`${scheme}|${bits}`) ?? 0) + 1)
  const [most] = [...counts].sort(([, m], [, n]) => n - m)
  return { packing: packed.find(({ scheme, bits }) => `${scheme}|${bits}` === most?.[0]) ?? null }
})

/** How well one model's weights explain the packed weights of another. */
export interface QuantisationFit {
  /** Elements compared. */
  readonly elements: number
  /**
   * Cost by block of rows: elements stored as they are that differ from the source's rounding, and the squared way by which packed
   * ones lie outside the cell that rounds to them, in steps. A source rounded to nearest costs nothing at all.
   */
  readonly costs: ReadonlyMap<string, number>
  /** Share of packed elements outside their cell. */
  readonly outside: number
}

/** Rows that share one entry of {@link QuantisationFit.costs}. */
const ROWS = 4

/**
 * Element by element: could `source` have been rounded to `packed`? Rounding moves an element by half a step at most, so the true
 * source lies in the cell of every element (but for clipping and error-compensating packers), while a sibling's own training
 * carries elements across.
 */
export function quantisationFit(packed: Fingerprint, source: Fingerprint): QuantisationFit {
  const inSource = slabsByKey(source)
  const costs = new Map<string, number>()
  let [elements, cells, outside] = [0, 0, 0]
  for (const slab of packed.slabs) {
    const other = inSource.get(slabKey(slab))
    const common = other && commonBlock(slab, other)
    if (!common) continue
    const { a, b, rows, cols } = common
    elements += a.length
    const round = roundTo(slab.dtype)
    const width = slab.packing ? (a.length === slab.rows * slab.cols ? wholeSteps(slab) : steps(slab, a, rows, cols)) : null
    for (let row = 0; row < rows; row++) {
      let cost = 0
      for (let i = row * cols; i < (row + 1) * cols; i++) {
        const [value, was] = [a[i] as number, b[i] as number]
        if (width === null) {
          if (round(was) !== value) cost++
          continue
        }
        const step = width(i)
        if (!(step > 0)) continue
        cells++
        const beyond = Math.abs(was - value) / step - 0.5 - SLACK
        if (!(beyond > 0)) continue
        outside++
        cost += Math.min(beyond, CAP) ** 2
      }
      const key = `${slabKey(slab)}|${Math.floor(row / ROWS)}`
      costs.set(key, (costs.get(key) ?? 0) + cost)
    }
  }
  return { elements, costs, outside: cells > 0 ? outside / cells : 0 }
}

/** Width of the cell of each element: what the levels in its group leave between them, or a float's own spacing; 0 where a group has one level. */
export function steps(slab: Slab, values: Float32Array, rows: number, cols: number): (i: number) => number {
  if (slab.packing?.scheme === "FP8") return (i) => Math.abs(values[i] as number) / 8
  const perRow = Math.ceil(cols / GROUP)
  const widths = new Float32Array(rows * perRow)
  for (let row = 0; row < rows; row++)
    for (let group = 0; group < perRow; group++) {
      const start = row * cols + group * GROUP
      const levels = [...new Set(values.subarray(start, Math.min(start + GROUP, (row + 1) * cols)))].sort((x, y) => x - y)
      const range = (levels.at(-1) ?? 0) - (levels[0] ?? 0)
      let least = Number.POSITIVE_INFINITY
      for (let i = 1; i < levels.length; i++) {
        const gap = (levels[i] as number) - (levels[i - 1] as number)
        // Two ways to write one level differ in the last digits only.
        if (gap > SLACK * range) least = Math.min(least, gap)
      }
      widths[row * perRow + group] = Number.isFinite(least) ? least : 0
    }
  return (i) => widths[Math.floor(i / cols) * perRow + Math.floor((i % cols) / GROUP)] as number
}

/** The same for all of a slab, which most candidates are compared with; computed once. */
const wholeSteps = perObject((slab: Slab) => steps(slab, slabValues(slab), slab.rows, slab.cols))

/** The member that a packed model was made from, and how sure that is. */
export interface QuantisedFrom {
  readonly source: number
  readonly probability: number
  /** Share of packed elements that the source's weights would not have rounded to. */
  readonly outside: number
}

/** A clear choice is right as often as its best rival is really another model and not an unread nearer one. */
const SURE = 0.98
/** Log-odds of a source that the packed model's card or files name: where the weights are clear they outweigh it by far. */
const NAMED = 1.5

/** A model that a packed one may have been made from. */
export interface PossibleSource {
  readonly index: number
  readonly fingerprint: Fingerprint
  /** Whether the packed model's card or files name it. */
  readonly named: boolean
}

/**
 * Picks the source among candidates: the one that the packed elements contradict least. Against it, each other one is as improbable as
 * the difference of their costs, block by block, is significant: a normal likelihood in standard errors.
 * @returns null without candidates
 */
export function quantisedFrom(packed: Fingerprint, candidates: readonly PossibleSource[]): QuantisedFrom | null {
  const fits = candidates
    .map((candidate) => ({ ...candidate, fit: quantisationFit(packed, candidate.fingerprint) }))
    .filter(({ fit }) => fit.elements > 0)
  const total = ({ fit }: (typeof fits)[number]) => [...fit.costs.values()].reduce((sum, cost) => sum + cost, 0) / fit.elements
  const [least] = fits.sort((a, b) => total(a) - total(b) || a.index - b.index)
  if (!least) return null
  const ranked = fits
    .map(({ index, named, fit }) => ({
      index,
      outside: fit.outside,
      odds: Math.exp((named ? NAMED : 0) - errorsBehind(fit, least.fit) ** 2 / 2),
    }))
    .sort((a, b) => b.odds - a.odds)
  const [best] = ranked
  if (!best) return null
  const all = ranked.reduce((sum, { odds }) => sum + odds, 0)
  return { source: best.index, probability: (SURE * best.odds) / all, outside: best.outside }
}

/** By how many standard errors one fit is worse than the best, over the blocks of rows that both have. */
function errorsBehind(fit: QuantisationFit, best: QuantisationFit): number {
  const differences: number[] = []
  for (const [key, cost] of best.costs) {
    const other = fit.costs.get(key)
    if (other !== undefined) differences.push(other - cost)
  }
  const mean = differences.reduce((sum, value) => sum + value, 0) / Math.max(1, differences.length)
  if (mean <= 0) return 0
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, differences.length - 1)
  return variance > 0 ? mean / Math.sqrt(variance / differences.length) : Number.POSITIVE_INFINITY
}
