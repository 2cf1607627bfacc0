/** How many different numbers there are; 0 and -0 are one, and so are all that are none. */
export function distinctCount(values: Float32Array): number {
  // Sorting a copy is several times as fast as a Set.
  const sorted = values.slice().sort()
  let count = 0
  for (let i = 0; i < sorted.length; i++) {
    const [value, before] = [sorted[i] as number, sorted[i - 1]]
    if (i === 0 || !(value === before || Number.isNaN(before))) count++
  }
  return count
}
