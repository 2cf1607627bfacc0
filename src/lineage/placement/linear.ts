/** Inverse of a square matrix, row-major [size, size]; null where it is singular. By Gauss and Jordan in place, with row exchanges. */
export function invert(matrix: Float64Array, size: number): Float64Array | null {
  const work = matrix.slice()
  const exchanged = new Int32Array(size)
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot
    for (let row = pivot + 1; row < size; row++)
      if (Math.abs(work[row * size + pivot] as number) > Math.abs(work[best * size + pivot] as number)) best = row
    const value = work[best * size + pivot] as number
    if (!(Math.abs(value) > 0) || !Number.isFinite(value)) return null
    exchanged[pivot] = best
    if (best !== pivot) exchange(work, size, [pivot * size, best * size], 1)
    work[pivot * size + pivot] = 1
    for (let col = 0; col < size; col++) work[pivot * size + col] = (work[pivot * size + col] as number) / value
    for (let row = 0; row < size; row++) {
      const factor = work[row * size + pivot] as number
      if (row === pivot || factor === 0) continue
      work[row * size + pivot] = 0
      for (let col = 0; col < size; col++)
        work[row * size + col] = (work[row * size + col] as number) - factor * (work[pivot * size + col] as number)
    }
  }
  for (let pivot = size - 1; pivot >= 0; pivot--)
    if (exchanged[pivot] !== pivot) exchange(work, size, [pivot, exchanged[pivot] as number], size)
  return work
}

/** Exchanges two rows (`step` 1) or two columns (`step` size), given where they begin. */
function exchange(work: Float64Array, size: number, [one, two]: readonly [number, number], step: number): void {
  for (let n = 0; n < size * step; n += step) {
    const kept = work[one + n] as number
    work[one + n] = work[two + n] as number
    work[two + n] = kept
  }
}
