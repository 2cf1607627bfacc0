import type { Distances } from "./distance"
import type { WeightSample } from "./weight-sample"

/** Inner products of all models of a sample by tensor, about the models' mean and in units of the tensor's typical spread. */
export interface TensorProducts {
  readonly size: number
  /** Row-major [size, size] by tensor. */
  readonly grams: readonly Float64Array[]
}

export function tensorProducts({ values, tensors }: WeightSample): TensorProducts {
  const size = values.length
  const grams = tensors.map(({ from, to }) => {
    const length = to - from
    const mean = new Float64Array(length)
    for (const own of values) for (let e = 0; e < length; e++) mean[e] = (mean[e] as number) + (own[from + e] as number) / size
    const about = values.map((own) => {
      const centred = own.slice(from, to)
      for (let e = 0; e < length; e++) centred[e] = (centred[e] as number) - (mean[e] as number)
      return centred
    })
    const gram = new Float64Array(size * size)
    for (let i = 0; i < size; i++)
      for (let j = i; j < size; j++) {
        const [a, b] = [about[i] as Float64Array, about[j] as Float64Array]
        let sum = 0
        for (let e = 0; e < length; e++) sum += (a[e] as number) * (b[e] as number)
        gram[i * size + j] = sum
        gram[j * size + i] = sum
      }
    const spread = Array.from({ length: size }, (_, i) => gram[i * size + i] as number).sort((a, b) => a - b)[size >> 1] || 1
    return gram.map((product) => product / spread)
  })
  return { size, grams }
}

/** Squared distance of two models in a tensor, from their products [size, size]. */
export function apart(gram: Float64Array, size: number, i: number, j: number): number {
  return (gram[i * size + i] as number) + (gram[j * size + j] as number) - 2 * (gram[i * size + j] as number)
}

/** Distances over all tensors, each in units of its own spread. */
export function pooledDistances({ size, grams }: TensorProducts): Distances {
  const squared = new Float64Array(size * size)
  for (const gram of grams)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        squared[i * size + j] = (squared[i * size + j] as number) + Math.max(0, apart(gram, size, i, j))
      }
  return { size, squared }
}

/** Squared rest beside the nearer part's squared distance below which a pair is looked at element by element; SLERP bends this far. */
const BENT = 0.03
/** Pairs looked at for one model. */
const PAIRS = 8

/** Pairs of candidates near whose line x lies in every tensor, best first. */
export function pairsAround({ size, grams }: TensorProducts, x: number, candidates: readonly number[]): [number, number][] {
  const found: { pair: [number, number]; rest: number }[] = []
  const away = new Float64Array(size)
  const rests = new Float64Array(size * size)
  const nearer = new Float64Array(size * size)
  for (const gram of grams) {
    for (const i of candidates) away[i] = Math.max(0, apart(gram, size, i, x))
    for (let n = 0; n < candidates.length; n++)
      for (let m = n + 1; m < candidates.length; m++) {
        const [i, j] = [candidates[n] as number, candidates[m] as number]
        const between = apart(gram, size, i, j)
        const along = ((away[i] as number) + between - (away[j] as number)) / 2
        const own = Math.min(away[i] as number, away[j] as number)
        const rest = between > 0 ? (away[i] as number) - along ** 2 / between : own
        rests[i * size + j] = (rests[i * size + j] as number) + Math.max(0, rest)
        nearer[i * size + j] = (nearer[i * size + j] as number) + own
      }
  }
  for (const [n, i] of candidates.entries())
    for (const j of candidates.slice(n + 1)) {
      // Where x is one of the two in every tensor, layers may have been taken by turns.
      const rest = rests[i * size + j] as number
      if (rest <= BENT * (nearer[i * size + j] as number) + 1e-9 * grams.length) found.push({ pair: [i, j], rest })
    }
  return found
    .sort((a, b) => a.rest - b.rest)
    .slice(0, PAIRS)
    .map(({ pair }) => pair)
}

/** Parts collected before a model is given up: four, their base, and two taken by mistake on the way. */
const COLLECTED = 7
/** What is left of a candidate beside its whole square when the others have all of it; float64 errs by a thousandth of this. */
const ALIKE = 1e-13
/** Squared rest beside the distance of the nearest candidate at which nothing is left to collect, and up to which the parts are of use. */
const NOTHING_LEFT = 1e-13
const LITTLE_LEFT = 0.02

/**
 * Candidates that together may explain x (group orthogonal matching pursuit, Swirszcz et al. 2009): the nearest, then one after the
 * other that takes most away of what is left, with coefficients of each tensor's own; null where much is left in the end.
 * @param alike every tensor counts alike, however much of it is left: a part like one that was collected may show in a few tensors alone
 */
export function partsAround({ size, grams }: TensorProducts, x: number, candidates: readonly number[], alike: boolean): number[] | null {
  const distance = (i: number) => grams.reduce((sum, gram) => sum + apart(gram, size, i, x), 0)
  const [nearest, ...others] = [...candidates].sort((a, b) => distance(a) - distance(b))
  if (nearest === undefined) return null
  const columns = [x, ...others]
  // By tensor, what is left of every column and its product with what is left of x, about the nearest candidate.
  const left = grams.map((gram) => {
    const about = (i: number, j: number) =>
      (gram[i * size + j] as number) -
      (gram[i * size + nearest] as number) -
      (gram[j * size + nearest] as number) +
      (gram[nearest * size + nearest] as number)
    return {
      about,
      whole: Float64Array.from(columns, (i) => about(i, i)),
      squares: Float64Array.from(columns, (i) => about(i, i)),
      products: Float64Array.from(columns, (i) => about(i, x)),
      projections: [] as Float64Array[],
    }
  })
  const total = left.reduce((sum, { whole }) => sum + (whole[0] as number), 0)
  const parts = [nearest]
  const taken = new Set([0])
  for (;;) {
    const rest = left.reduce((sum, { squares }) => sum + (squares[0] as number), 0) / total
    if (rest <= NOTHING_LEFT || parts.length === COLLECTED) return rest <= LITTLE_LEFT ? parts : null
    let [best, most] = [-1, 0]
    for (let k = 1; k < columns.length; k++) {
      if (taken.has(k)) continue
      let gain = 0
      for (const { squares, products, whole } of left) {
        const rest = squares[0] as number
        if (rest > ALIKE * (whole[0] as number) && (squares[k] as number) > ALIKE * (whole[k] as number))
          gain += (products[k] as number) ** 2 / (squares[k] as number) / (alike ? rest : 1)
      }
      if (gain > most) [best, most] = [k, gain]
    }
    if (best < 0) return rest <= LITTLE_LEFT ? parts : null
    taken.add(best)
    parts.push(columns[best] as number)
    for (const tensor of left) {
      const length = Math.sqrt(tensor.squares[best] as number)
      if (!((tensor.squares[best] as number) > ALIKE * (tensor.whole[best] as number))) continue
      const projection = Float64Array.from(columns, (i, k) => {
        let product = tensor.about(i, columns[best] as number)
        for (const before of tensor.projections) product -= (before[k] as number) * (before[best] as number)
        return product / length
      })
      for (let k = 0; k < columns.length; k++) {
        tensor.squares[k] = Math.max(0, (tensor.squares[k] as number) - (projection[k] as number) ** 2)
        tensor.products[k] = (tensor.products[k] as number) - (projection[k] as number) * (projection[0] as number)
      }
      tensor.projections.push(projection)
    }
  }
}
