import { type Distances, innerProduct, squaredDistance } from "./distance"

/** How a member was made from others by a step that shows in the weights themselves. */
export interface Mixture {
  /** A weighted mean or sum of several, or an edit of one. */
  readonly kind: "merge" | "edit"
  /** Indices of the models mixed, by falling share. */
  readonly parts: readonly number[]
  readonly shares: readonly number[]
  /** Squared distance left unexplained, relative to the squared distance of the nearest part. */
  readonly residual: number
}

interface Fit {
  readonly parts: readonly number[]
  readonly shares: readonly number[]
  readonly squared: number
}

/** More parts always fit better, and the mean of many children falls on their parent: few parts only. */
const MAX_PARTS = 4
/** Smallest share worth the name of a parent. */
const MIN_SHARE = 0.08
/** A linear merge leaves rounding alone; siblings, chains and parents leave a quarter and more. */
const MAX_RESIDUAL = 0.03
/** A further part must remove most of what was left. */
const WORTH = 0.4

/**
 * Barycentric least squares: shares a (summing to 1) that minimise |x - sum a_i m_i|^2, from squared distances alone.
 * Shares may come out negative; callers reject those.
 */
export function solveShares(distances: Distances, x: number, parts: readonly number[]): { shares: number[]; squared: number } | null {
  const k = parts.length
  const gram: number[][] = parts.map((i) => parts.map((j) => innerProduct(distances, x, i, j)))
  // Lagrange: gram * a = mu * 1, sum a = 1; solved by elimination with partial pivoting on gram * y = 1, then a = y / sum y.
  const trace = gram.reduce((sum, row, i) => sum + (row[i] as number), 0)
  const rows = gram.map((row, i) => [...row.map((value, j) => (i === j ? value + 1e-9 * trace : value)), 1])
  for (let col = 0; col < k; col++) {
    let pivot = col
    for (let r = col + 1; r < k; r++) if (Math.abs(rows[r]?.[col] ?? 0) > Math.abs(rows[pivot]?.[col] ?? 0)) pivot = r
    const head = rows[pivot] as number[]
    rows[pivot] = rows[col] as number[]
    rows[col] = head
    const lead = head[col] as number
    if (Math.abs(lead) < 1e-300) return null
    for (let r = 0; r < k; r++) {
      if (r === col) continue
      const row = rows[r] as number[]
      const factor = (row[col] as number) / lead
      for (let c = col; c <= k; c++) row[c] = (row[c] as number) - factor * (head[c] as number)
    }
  }
  const y = rows.map((row, i) => (row[k] as number) / (row[i] as number))
  const total = y.reduce((sum, value) => sum + value, 0)
  if (!Number.isFinite(total) || total === 0) return null
  const shares = y.map((value) => value / total)
  let squared = 0
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) squared += (shares[i] as number) * (shares[j] as number) * (gram[i]?.[j] as number)
  // Distances over different tensors need not fit into one space: what is left may come out negative, and then means as little.
  return { shares, squared: Math.abs(squared) }
}

/** What x is mixed from lies further apart than the nearer part from x; twins and strangers do not qualify. */
function apart(distances: Distances, x: number, i: number, j: number): boolean {
  const between = squaredDistance(distances, i, j)
  return Number.isFinite(between) && between >= Math.min(squaredDistance(distances, x, i), squaredDistance(distances, x, j))
}

/**
 * The best explanation of x as a weighted mean of two to four of `candidates`, or null. Pairs exhaustively, then greedily a
 * third and fourth. Candidates at (nearly) no distance from each other must have been collapsed before.
 */
function findMixture(distances: Distances, x: number, candidates: readonly number[]): Mixture | null {
  const usable = candidates.filter((i) => i !== x && Number.isFinite(squaredDistance(distances, x, i)))
  let best: Fit | null = null
  const consider = (parts: readonly number[], current: Fit | null): Fit | null => {
    for (let a = 0; a < parts.length; a++)
      for (let b = a + 1; b < parts.length; b++) if (!apart(distances, x, parts[a] as number, parts[b] as number)) return current
    const answer = solveShares(distances, x, parts)
    if (!answer || answer.shares.some((share) => share < MIN_SHARE)) return current
    return current === null || answer.squared < current.squared ? { parts, ...answer } : current
  }
  for (const [n, i] of usable.entries()) for (const j of usable.slice(n + 1)) best = consider([i, j], best)
  // Three equal parts leave a poor best pair, so triples start from every pair of a small neighbourhood.
  const near = [...usable].sort((i, j) => squaredDistance(distances, x, i) - squaredDistance(distances, x, j)).slice(0, 12)
  let wider: Fit | null = null
  for (const [n, i] of near.entries())
    for (const [m, j] of near.slice(n + 1).entries()) for (const k of near.slice(n + m + 2)) wider = consider([i, j, k], wider)
  // Four equal parts leave a poor best triple too, so a fourth is tried before the triple is weighed against the pair.
  while (wider !== null && wider.parts.length < MAX_PARTS) {
    const { parts, squared }: Fit = wider
    let more: Fit | null = null
    for (const k of near) if (!parts.includes(k)) more = consider([...parts, k], more)
    if (!more || more.squared >= WORTH * squared) break
    wider = more
  }
  if (wider && (best === null || wider.squared < WORTH * best.squared)) best = wider
  if (!best) return null
  const { parts, shares } = best
  const nearest = Math.min(...parts.map((i) => squaredDistance(distances, x, i)))
  const residual = nearest > 0 ? best.squared / nearest : 1
  if (residual > MAX_RESIDUAL) return null
  const order = parts.map((_, n) => n).sort((p, q) => (shares[q] as number) - (shares[p] as number))
  return { kind: "merge", parts: order.map((n) => parts[n] as number), shares: order.map((n) => shares[n] as number), residual }
}

/**
 * Members that are weighted means of others, or sums of task vectors. A merge of merges is also made of their parts, so plain
 * members are preferred as parts; and a merge is never a part of its own part.
 * @param taskMerge explains a member by task vectors of others, see `findTaskMerge`
 */
export function findMerges(
  distances: Distances,
  origins: readonly number[],
  taskMerge: (x: number, from: readonly number[]) => Mixture | null,
): Map<number, Mixture> {
  const means = origins.filter((x) => findMixture(distances, x, origins))
  const others = origins.filter((x) => !means.includes(x))
  const sums = others.filter((x) => taskMerge(x, others))
  const plain = others.filter((x) => !sums.includes(x))
  const found: [number, Mixture][] = []
  for (const x of means) found.push([x, (findMixture(distances, x, plain) ?? findMixture(distances, x, origins)) as Mixture])
  for (const x of sums) {
    const mixture = taskMerge(x, plain)
    if (mixture) found.push([x, mixture])
  }
  found.sort(([, a], [, b]) => a.residual - b.residual)
  const accepted = new Map<number, Mixture>()
  const ancestors = (node: number): number[] => (accepted.get(node)?.parts ?? []).flatMap((part) => [part, ...ancestors(part)])
  for (const [x, mixture] of found) if (!mixture.parts.some((part) => ancestors(part).includes(x))) accepted.set(x, mixture)
  return accepted
}
