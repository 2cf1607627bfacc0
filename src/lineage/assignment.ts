/**
 * Linear assignment of maximum total weight by successive shortest augmenting paths with potentials
 * (Kuhn 1955, Munkres 1957; the O(n^3) form). `weight` is row-major [n, n]; the answer maps row to column.
 */
export function assignMaximum(weight: ArrayLike<number>, n: number): Int32Array {
  return rowMaxima(weight, n) ?? augmented(weight, n)
}

/** The best of every row, where each is better than all others of its row and no two rows share one: no assignment weighs more. */
function rowMaxima(weight: ArrayLike<number>, n: number): Int32Array | null {
  const answer = new Int32Array(n)
  const used = new Uint8Array(n)
  for (let row = 0; row < n; row++) {
    let [best, most, ties] = [0, Number.NEGATIVE_INFINITY, false]
    for (let col = 0; col < n; col++) {
      const own = weight[row * n + col] as number
      if (own > most) [best, most, ties] = [col, own, false]
      else ties ||= own === most
    }
    if (ties || used[best] || !(most > Number.NEGATIVE_INFINITY)) return null
    used[best] = 1
    answer[row] = best
  }
  return answer
}

function augmented(weight: ArrayLike<number>, n: number): Int32Array {
  const rowPotential = new Float64Array(n + 1)
  const colPotential = new Float64Array(n + 1)
  const rowOfCol = new Int32Array(n + 1)
  const previous = new Int32Array(n + 1)
  for (let row = 1; row <= n; row++) {
    rowOfCol[0] = row
    let col = 0
    const slack = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY)
    const used = new Uint8Array(n + 1)
    do {
      used[col] = 1
      const current = rowOfCol[col] as number
      let best = Number.POSITIVE_INFINITY
      let next = 0
      for (let j = 1; j <= n; j++) {
        if (used[j]) continue
        const cost = -(weight[(current - 1) * n + j - 1] as number) - (rowPotential[current] as number) - (colPotential[j] as number)
        if (cost < (slack[j] as number)) {
          slack[j] = cost
          previous[j] = col
        }
        if ((slack[j] as number) < best) {
          best = slack[j] as number
          next = j
        }
      }
      for (let j = 0; j <= n; j++) {
        if (used[j]) {
          const r = rowOfCol[j] as number
          rowPotential[r] = (rowPotential[r] as number) + best
          colPotential[j] = (colPotential[j] as number) - best
        } else slack[j] = (slack[j] as number) - best
      }
      col = next
    } while (rowOfCol[col] !== 0)
    while (col !== 0) {
      const back = previous[col] as number
      rowOfCol[col] = rowOfCol[back] as number
      col = back
    }
  }
  const answer = new Int32Array(n)
  for (let j = 1; j <= n; j++) answer[(rowOfCol[j] as number) - 1] = j - 1
  return answer
}
