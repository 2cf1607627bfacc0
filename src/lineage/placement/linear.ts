/** Inverse of a square matrix, row-major [size, size]; null where it is singular. By Gauss and Jordan, with row exchanges. */
export function invert(matrix: Float64Array, size: number): Float64Array | null {
  const work = matrix.slice()
  const inverse = new Float64Array(size * size)
  for (let i = 0; i < size; i++) inverse[i * size + i] = 1
  for (let pivot = 0; pivot < size; pivot++) {
    let best = pivot
    for (let row = pivot + 1; row < size; row++)
      if (Math.abs(work[row * size + pivot] as number) > Math.abs(work[best * size + pivot] as number)) best = row
    const value = work[best * size + pivot] as number
    if (!(Math.abs(value) > 0) || !Number.isFinite(value)) return null
    if (best !== pivot) for (const part of [work, inverse]) exchange(part, size, pivot, best)
    for (const part of [work, inverse])
      for (let col = 0; col < size; col++) part[pivot * size + col] = (part[pivot * size + col] as number) / value
    for (let row = 0; row < size; row++) {
      const factor = work[row * size + pivot] as number
      if (row === pivot || factor === 0) continue
      for (const part of [work, inverse])
        for (let col = 0; col < size; col++)
          part[row * size + col] = (part[row * size + col] as number) - factor * (part[pivot * size + col] as number)
    }
  }
  return inverse
}

function exchange(part: Float64Array, size: number, one: number, two: number): void {
  for (let col = 0; col < size; col++) {
    const kept = part[one * size + col] as number
    part[one * size + col] = part[two * size + col] as number
    part[two * size + col] = kept
  }
}
