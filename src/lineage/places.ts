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

/**
 * Pairs up the places of one axis by what stands there in equally many samples of both models, where enough of them are nearly the same.
 * Mutual best partners are taken round by round: for nearly equal profiles that is the optimal assignment, at n * m dot products instead of a cubic cost.
 * @param a,b profiles, row-major [n, samples] and [m, samples]; one half of the samples is matched, the other verifies
 * @returns null where the verifying half does not agree
 */
export function pairPlaces(a: Float32Array, n: number, b: Float32Array, m: number, samples: number): Order | null {
  const half = samples >> 1
  const [x, y] = [normalised(a, n, samples, 0, half), normalised(b, m, samples, 0, half)]
  const partner = new Int32Array(n).fill(-1)
  let openA = Int32Array.from({ length: n }, (_, i) => i)
  let openB = Int32Array.from({ length: m }, (_, j) => j)
  for (let round = 0; round < ROUNDS && openA.length > 0 && openB.length > 0; round++) {
    const taken = new Set<number>()
    for (const [i, j] of mutualBest(x, openA, y, openB, half)) {
      partner[i] = j
      taken.add(j)
    }
    if (taken.size === 0) break
    openA = openA.filter((i) => partner[i] === -1)
    openB = openB.filter((j) => !taken.has(j))
  }
  const found = Array.from(partner.keys()).filter((i) => partner[i] !== -1)
  const order = { a: Int32Array.from(found), b: Int32Array.from(found, (i) => partner[i] as number) }
  if (found.length < FOUND * Math.min(n, m)) return null
  return verified(normalised(a, n, samples, half, samples), normalised(b, m, samples, half, samples), samples - half, order) ? order : null
}

/** Half of the pairs or more agree in samples that had no part in choosing them; by chance hardly any would. */
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
