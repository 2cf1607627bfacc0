import { slabKey, slabsByKey } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import { axesOf, isNeurons, isStream, neuronCounts, streamKey, streamWidths } from "./axes"
import type { Located } from "./blocks"
import { orderedBlock, orderedRow } from "./ordered-blocks"
import { movesPlaces, type Order, pairPlaces } from "./places"
import { rotationFree, streamTest } from "./stream-profile"
import type { Alignment } from "./types"

/** Chance alone: one in a hundred million, as for the plain row match. */
const LOG_P_BAR = Math.log(1e-8)
/** Multiply-adds spent on one order at most. */
const WORK = 1_000_000_000
/** Samples of each place, half of which match and half verify: as many as a tenth of a second allows, but as few as tell places apart. */
const QUICK = 100_000_000
const MOST_SAMPLES = 128
const FEW_SAMPLES = 32
const LEAST_SAMPLES = 16
/** Groups of neurons put in order: enough to measure how far apart two models are. */
const NEURON_GROUPS = 4

/** Orders by axis key; an axis without an entry is numbered alike in both. */
type Orders = ReadonlyMap<string, Order>

/** Two models brought into one order. */
export interface Aligned {
  readonly blocks: readonly Located[]
  readonly alignment: Alignment
  readonly orders: Orders
}

/** Whether two models' residual streams differ in width. */
export function haveOtherWidths(a: Fingerprint, b: Fingerprint): boolean {
  const [inA, inB] = [streamWidths(a), streamWidths(b)]
  return [...inA].some(([tower, width]) => (inB.get(tower) ?? width) !== width)
}

/** Whether some MLP has more hidden neurons in one of two models. */
export function haveOtherNeurons(a: Fingerprint, b: Fingerprint): boolean {
  const inB = neuronCounts(b)
  return [...neuronCounts(a)].some(([key, count]) => (inB.get(key) ?? count) !== count)
}

/**
 * Brings two models into one order whose residual streams are permuted, rotated or of other widths. An exact test that no order changes
 * says first whether they share weights at all.
 * @returns with ln p of that test, or null where chance is not ruled out or nothing had to be moved
 */
export function alignStreams(a: Fingerprint, b: Fingerprint): (Aligned & { readonly logP: number }) | null {
  const { logP, towers } = streamTest(a, b)
  if (logP >= LOG_P_BAR) return null
  const orders = new Map<string, Order>()
  const rotated: string[] = []
  for (const [tower, towerLogP] of towers) {
    if (towerLogP >= LOG_P_BAR) continue
    const order = orderOf(a, b, streamKey(tower), orders, MOST_SAMPLES)
    if (order) orders.set(streamKey(tower), order)
    else rotated.push(tower)
  }
  if (rotated.length === 0 && ![...orders.values()].some(movesPlaces) && !haveOtherWidths(a, b)) return null
  const turned = rotated
    .flatMap((tower) => rotationFree(a, b, tower))
    .map(({ slab, rows, cols, a, b }) => ({ slab, block: { a, b, rows, cols } }))
  const reordered = orders.size > 0 ? orderedBlocks(a, b, orders) : []
  const alignment = rotated.length > 0 ? "rotated" : "reordered"
  return { blocks: [...reordered, ...turned], alignment, orders, logP }
}

/**
 * Brings the hidden neurons of two relatives into one order, where they are permuted or some were taken away.
 * @param orders of their residual streams
 * @returns null where no neuron had to be moved
 */
export function alignNeurons(a: Fingerprint, b: Fingerprint, orders: Orders): Aligned | null {
  const all = new Map(orders)
  for (const key of [...neuronCounts(a).keys()].slice(0, NEURON_GROUPS)) {
    const order = orderOf(a, b, key, orders, FEW_SAMPLES)
    if (order) all.set(key, order)
  }
  const moved = [...all].some(
    ([key, order]) => isNeurons(key) && (movesPlaces(order) || neuronCounts(a).get(key) !== neuronCounts(b).get(key)),
  )
  return moved ? { blocks: orderedBlocks(a, b, all), alignment: "reordered", orders: all } : null
}

/**
 * Which place of an axis in A is which in B, by sampled rows whose columns it is; null where no order fits.
 * @param known orders of the rows' own axes
 */
function orderOf(a: Fingerprint, b: Fingerprint, key: string, known: Orders, most: number): Order | null {
  const inB = slabsByKey(b)
  const [axesA, axesB] = [axesOf(a), axesOf(b)]
  const both = a.slabs.flatMap((own) => {
    const [other, axes] = [inB.get(slabKey(own)), axesA.get(slabKey(own))]
    if (!other || axes?.cols !== key || axesB.get(slabKey(own))?.cols !== key) return []
    // Rows of neurons that may be permuted themselves say nothing.
    if (axes.rows !== null && isNeurons(axes.rows) && !known.has(axes.rows)) return []
    const block = orderedRow(own, other, known.get(axes.rows ?? ""))
    return block ? [block] : []
  })
  const [first] = both
  if (!first) return null
  const [n, m] = [first.widthA, first.widthB]
  if (n * m * LEAST_SAMPLES > 2 * WORK) return null
  const samples = Math.max(LEAST_SAMPLES, Math.min(most, Math.floor((2 * QUICK) / (n * m))))
  const rows = inTurns(
    both.map(({ rows }) => rows),
    samples,
  )
  if (rows.length < LEAST_SAMPLES) return null
  const [x, y] = [new Float32Array(n * rows.length), new Float32Array(m * rows.length)]
  for (const [k, [at, row]] of rows.entries()) {
    const { a: own, b: other } = (both[at] as (typeof both)[number]).read(row)
    for (let place = 0; place < n; place++) x[place * rows.length + k] = own[place] as number
    for (let place = 0; place < m; place++) y[place * rows.length + k] = other[place] as number
  }
  const order = pairPlaces({ a: x, n, b: y, m, samples: rows.length }, knownOrders(a, b, key))
  if (order && order.a.length === Math.min(n, m)) {
    remember(a, key, order)
    remember(b, key, flipped(order))
  }
  return order
}

/** Whole orders found before, by model and axis: its own places and the other's. Relatives share one, so that an odd model has the same to all of them. */
const found = new WeakMap<Fingerprint, Map<string, Order>>()

function remember(model: Fingerprint, key: string, order: Order): void {
  const orders = found.get(model) ?? new Map<string, Order>()
  found.set(model, orders.set(key, order))
}

function knownOrders(a: Fingerprint, b: Fingerprint, key: string): Order[] {
  const [own, other] = [found.get(a)?.get(key), found.get(b)?.get(key)]
  return [...(own ? [own] : []), ...(other ? [flipped(other)] : [])]
}

const flipped = ({ a, b }: Order): Order => ({ a: b, b: a })

/** `count` rows taken from the tensors in turn, as [tensor, row], every other one in the second half, so that both halves hold all tensors. */
function inTurns(rows: readonly number[], count: number): [number, number][] {
  const picked: [number, number][] = []
  for (let row = 0; picked.length < count && rows.some((own) => own > row); row++)
    for (const [at, own] of rows.entries()) if (row < own && picked.length < count) picked.push([at, row])
  return [...picked.filter((_, k) => k % 2 === 0), ...picked.filter((_, k) => k % 2 === 1)]
}

/** The tensors of both brought into one order: where streams or neurons were put in order, those that lie in others are left out. */
function orderedBlocks(a: Fingerprint, b: Fingerprint, orders: Orders): Located[] {
  const inB = slabsByKey(b)
  const axes = axesOf(a)
  const [streams, neurons] = [isStream, isNeurons].map((kind) => [...orders.keys()].some(kind))
  return a.slabs.flatMap((own) => {
    const [other, at] = [inB.get(slabKey(own)), axes.get(slabKey(own))]
    if (!other) return []
    if (streams && !(at && orders.has(streamKey(at.tower)))) return []
    if (neurons && at && at.neurons !== null && !orders.has(at.neurons)) return []
    const block = orderedBlock(own, other, orders.get(at?.rows ?? ""), orders.get(at?.cols ?? ""))
    return block ? [{ slab: own, block }] : []
  })
}
