import type { Sketch } from "./sketch"
import { roughDistance } from "./sketch-pair"

/** Members charted jointly at most; a family of more is cut into windows. */
export const WINDOW = 40
/** Members on the way to the middle of the family that a window sees besides its own. */
const CONTEXT = 4
/** Elements of each matrix that place members roughly: two rows of a sketch. */
const ROUGH = 64

/** A part of a family: places of its own members, and of some that belong to other windows and are seen from here. */
export interface Window {
  readonly own: readonly number[]
  readonly context: readonly number[]
}

/**
 * Cuts a large family into windows of near relatives, so that its joint inference stays cheap: the minimum spanning tree of rough
 * distances (Prim 1957) is hung up at its centre and cut from the leaves upward into connected pieces; each sees the member it hangs from
 * and the way from there to the centre. A family of at most {@link WINDOW} members is one window.
 */
export function cutWindows(sketches: readonly Sketch[]): Window[] {
  const everyone = sketches.map((_, place) => place)
  if (sketches.length <= WINDOW) return [{ own: everyone, context: [] }]
  const up = hangUp(spanningTree(sketches))
  const below = new Map<number, number[]>()
  for (const place of up.order) {
    const parent = up.parents[place] as number
    if (parent >= 0) below.set(parent, [...(below.get(parent) ?? []), place])
  }
  const open = new Map<number, number[]>()
  const windows: Window[] = []
  for (const place of [...up.order].reverse()) {
    let bag: number[] = []
    for (const child of below.get(place) ?? []) {
      const more = open.get(child) as number[]
      open.delete(child)
      if (bag.length + more.length >= WINDOW) {
        windows.push({ own: bag, context: wayUp(up.parents, place) })
        bag = more
      } else bag = [...bag, ...more]
    }
    open.set(place, [place, ...bag])
  }
  const centre = up.order[0] as number
  windows.push({ own: open.get(centre) as number[], context: [] })
  return windows.filter(({ own }) => own.length > 0)
}

function wayUp(parents: Int32Array, from: number): number[] {
  const way: number[] = []
  for (let place = from; place >= 0 && way.length < CONTEXT; place = parents[place] as number) way.push(place)
  return way
}

/** The neighbours of every member in the minimum spanning tree, each list in order of joining. */
function spanningTree(sketches: readonly Sketch[]): number[][] {
  const size = sketches.length
  const beside: number[][] = sketches.map(() => [])
  const distance = new Float64Array(size).fill(Number.POSITIVE_INFINITY)
  const nearest = new Int32Array(size)
  const waiting = Array.from({ length: size - 1 }, (_, i) => i + 1)
  let joined = 0
  while (waiting.length > 0) {
    let best = 0
    for (let n = 0; n < waiting.length; n++) {
      const place = waiting[n] as number
      const way = roughDistance(sketches[joined] as Sketch, sketches[place] as Sketch, ROUGH)
      if (way < (distance[place] as number)) {
        distance[place] = way
        nearest[place] = joined
      }
      if ((distance[place] as number) < (distance[waiting[best] as number] as number)) best = n
    }
    joined = waiting[best] as number
    // Order among those that wait decides ties, so it is kept.
    waiting.splice(best, 1)
    beside[joined]?.push(nearest[joined] as number)
    beside[nearest[joined] as number]?.push(joined)
  }
  return beside
}

interface Hung {
  /** The neighbour towards the centre, -1 for the centre itself. */
  readonly parents: Int32Array
  /** The centre first, every member after its parent. */
  readonly order: readonly number[]
}

/** A tree hung up at its centroid: the member whose removal leaves the smallest largest piece. */
function hangUp(beside: readonly (readonly number[])[]): Hung {
  const { parents, order } = hungFrom(0, beside)
  const sizes = new Int32Array(beside.length).fill(1)
  const largest = new Int32Array(beside.length)
  for (const place of [...order].reverse()) {
    largest[place] = Math.max(largest[place] as number, beside.length - (sizes[place] as number))
    const parent = parents[place] as number
    if (parent < 0) continue
    sizes[parent] = (sizes[parent] as number) + (sizes[place] as number)
    largest[parent] = Math.max(largest[parent] as number, sizes[place] as number)
  }
  return hungFrom(largest.indexOf(largest.reduce((a, b) => Math.min(a, b))), beside)
}

function hungFrom(root: number, beside: readonly (readonly number[])[]): Hung {
  const parents = new Int32Array(beside.length).fill(-1)
  const order = [root]
  for (const place of order)
    for (const next of beside[place] ?? [])
      if (next !== parents[place]) {
        parents[next] = place
        order.push(next)
      }
  return { parents, order }
}
