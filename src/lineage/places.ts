/** Places along one axis that belong together in two models: `a[n]` in A is `b[n]` in B. */
export interface Order {
  readonly a: Int32Array
  readonly b: Int32Array
}

export function movesPlaces({ a, b }: Order): boolean {
  return a.some((place, n) => place !== b[n])
}

/** Correlation from which two places may be the same. */
const ALIKE = 0.5
/** Rounds of taking mutual best partners; what is left after them has no clear partner. */
const ROUNDS = 4
/** Share of the shorter axis that must find a partner. */
const FOUND = 0.5

/** Places tried before all are: enough to tell one order from none. */
const PILOT = 32

/** What stands at each place of one axis in equally many samples of both models, row-major [places, samples]. */
export interface Profiles {
  readonly a: Float32Array
  readonly n: number
  readonly b: Float32Array
  readonly m: number
  readonly samples: number
}

/**
 * Pairs up the places of one axis by what stands there, where enough of them are nearly the same.
 * Mutual best partners are taken round by round: for nearly equal profiles that is the optimal assignment, at n * m dot products instead of a cubic cost.
 * One half of the samples is matched, the other verifies.
 * @param known orders that other pairs had, taken if they fit
 * @returns null where the verifying half does not agree
 */
export function pairPlaces({ a, n, b, m, samples }: Profiles, known: readonly Order[] = []): Order | null {
  const half = samples >> 1
  const [x, y] = [normalised(a, n, samples, 0, half), normalised(b, m, samples, 0, half)]
  const [u, v] = [normalised(a, n, samples, half, samples), normalised(b, m, samples, half, samples)]
  const agrees = (order: Order) => verified(u, v, samples - half, order)
  const fits = (order: Order) => order.a.length === Math.min(n, m) && order.a.every((i) => i < n) && order.b.every((j) => j < m)
  const before = known.find((order) => fits(order) && agrees(order) && verified(x, y, half, order))
  if (before) return before
  const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i)
  const pilot = n <= m ? ordered(x, someOf(n), y, all(m), half) : ordered(x, all(n), y, someOf(m), half)
  if (pilot.a.length < FOUND * Math.min(PILOT, n, m) || !agrees(pilot)) return null
  const order = ordered(x, all(n), y, all(m), half)
  return order.a.length >= FOUND * Math.min(n, m) && agrees(order) ? order : null
}

/** Places spread over an axis. */
function someOf(count: number): Int32Array {
  const some = Math.min(PILOT, count)
  return Int32Array.from({ length: some }, (_, k) => Math.floor((k * count) / some))
}

function ordered(x: Float32Array, placesA: Int32Array, y: Float32Array, placesB: Int32Array, samples: number): Order {
  const partner = new Map<number, number>()
  let [openA, openB] = [placesA, placesB]
  for (let round = 0; round < ROUNDS && openA.length > 0 && openB.length > 0; round++) {
    const pairs = mutualBest(x, openA, y, openB, samples)
    if (pairs.length === 0) break
    for (const [i, j] of pairs) partner.set(i, j)
    const taken = new Set(pairs.map(([, j]) => j))
    openA = openA.filter((i) => !partner.has(i))
    openB = openB.filter((j) => !taken.has(j))
  }
  const found = placesA.filter((i) => partner.has(i))
  return { a: found, b: found.map((i) => partner.get(i) as number) }
}

/** Half of the pairs or more agree in these samples; of pairs by chance hardly any would. */
function verified(x: Float32Array, y: Float32Array, samples: number, { a, b }: Order): boolean {
  let alike = 0
  for (let n = 0; n < a.length; n++) if (dot(x, a[n] as number, y, b[n] as number, samples) >= ALIKE) alike++
  return 2 * alike >= a.length
}

function mutualBest(x: Float32Array, openA: Int32Array, y: Float32Array, openB: Int32Array, samples: number): [number, number][] {
  const bestOfB = new Float32Array(openB.length).fill(ALIKE)
  const forB = new Int32Array(openB.length).fill(-1)
  const forA = new Int32Array(openA.length).fill(-1)
  for (let i = 0; i < openA.length; i++) {
    let best = ALIKE
    for (let j = 0; j < openB.length; j++) {
      const value = dot(x, openA[i] as number, y, openB[j] as number, samples)
      if (value > best) {
        best = value
        forA[i] = j
      }
      if (value > (bestOfB[j] as number)) {
        bestOfB[j] = value
        forB[j] = i
      }
    }
  }
  const pairs: [number, number][] = []
  for (let i = 0; i < openA.length; i++) {
    const j = forA[i] as number
    if (j >= 0 && forB[j] === i) pairs.push([openA[i] as number, openB[j] as number])
  }
  return pairs
}

function dot(x: Float32Array, i: number, y: Float32Array, j: number, samples: number): number {
  let sum = 0
  const [p, q] = [i * samples, j * samples]
  for (let k = 0; k < samples; k++) sum += (x[p + k] as number) * (y[q + k] as number)
  return sum
}

/** Samples [from, to) of all places: each sample with mean 0 and variance 1 over the places, then each place with length 1. */
function normalised(values: Float32Array, places: number, samples: number, from: number, to: number): Float32Array {
  const width = to - from
  const out = new Float32Array(places * width)
  for (let k = 0; k < width; k++) {
    let [sum, square] = [0, 0]
    for (let i = 0; i < places; i++) {
      const value = values[i * samples + from + k] as number
      sum += value
      square += value * value
    }
    const mean = sum / places
    const spread = Math.sqrt(Math.max(0, square / places - mean * mean)) || 1
    for (let i = 0; i < places; i++) out[i * width + k] = ((values[i * samples + from + k] as number) - mean) / spread
  }
  for (let i = 0; i < places; i++) {
    let square = 0
    for (let k = 0; k < width; k++) square += (out[i * width + k] as number) ** 2
    const length = Math.sqrt(square) || 1
    for (let k = 0; k < width; k++) out[i * width + k] = (out[i * width + k] as number) / length
  }
  return out
}
