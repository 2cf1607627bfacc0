import type { Span } from "~src/formats/container"

/** A gap up to this size is cheaper to read than another request. */
export const MAX_GAP = 16_384

/**
 * Joins spans into requests: touching ones always, others across small gaps, smallest first, while the gap bytes last.
 * @param gapBudget bytes that gaps may cost in all
 * @returns ranges by file and offset; every span lies in exactly one
 */
export function joinSpans(spans: readonly Span[], gapBudget: number): Span[] {
  const sorted = spans
    .filter(({ begin, end }) => end > begin)
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.begin - b.begin || a.end - b.end))
  const touching: { file: string; begin: number; end: number }[] = []
  for (const { file, begin, end } of sorted) {
    const last = touching.at(-1)
    if (last && last.file === file && begin <= last.end) last.end = Math.max(last.end, end)
    else touching.push({ file, begin, end })
  }
  const gaps: { before: number; size: number }[] = []
  for (let i = 1; i < touching.length; i++) {
    const [left, right] = [touching[i - 1], touching[i]]
    if (left && right && left.file === right.file && right.begin - left.end <= MAX_GAP)
      gaps.push({ before: i, size: right.begin - left.end })
  }
  gaps.sort((a, b) => a.size - b.size || a.before - b.before)
  const bridged = new Set<number>()
  let left = gapBudget
  for (const { before, size } of gaps) {
    if (size > left) break
    left -= size
    bridged.add(before)
  }
  const ranges: { file: string; begin: number; end: number }[] = []
  for (const [i, span] of touching.entries()) {
    const last = ranges.at(-1)
    if (last && bridged.has(i)) last.end = span.end
    else ranges.push({ ...span })
  }
  return ranges
}

/**
 * Keeps the longest beginning of `spanLists` (one list per probe, most important first) that needs at most `maxRequests` ranges,
 * found by halving; later probes are dropped.
 */
export function withinRequests(
  spanLists: readonly (readonly Span[])[],
  maxRequests: number,
  gapBudget: number,
): { kept: number; ranges: Span[] } {
  const all = joinSpans(spanLists.flat(), gapBudget)
  if (all.length <= maxRequests) return { kept: spanLists.length, ranges: all }
  let kept = 0
  let ranges: Span[] = []
  let beyond = spanLists.length
  while (beyond - kept > 1) {
    const middle = (kept + beyond) >> 1
    const joined = joinSpans(spanLists.slice(0, middle).flat(), gapBudget)
    if (joined.length <= maxRequests) {
      kept = middle
      ranges = joined
    } else beyond = middle
  }
  return { kept, ranges }
}
