/** One line of a difference as people read it; a gap stands for unchanged lines left out. */
export interface DiffLine {
  readonly kind: "same" | "old" | "new" | "gap"
  readonly text: string
}

/** Unchanged lines shown round a change. */
const AROUND = 2
/** Middles beyond this many lines a side are shown as wholly replaced: the table of the longest common part would be too large. */
const MOST_LINES = 1_500

/** The lines that differ, by their longest common subsequence, with a little around them. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: "same", text }))
  const middle = between(before.slice(head, before.length - tail), after.slice(head, after.length - tail))
  return shortened([...same(before.slice(0, head)), ...middle, ...same(before.slice(before.length - tail))])
}

function between(before: readonly string[], after: readonly string[]): DiffLine[] {
  const [rows, cols] = [before.length, after.length]
  if (Math.max(rows, cols) > MOST_LINES)
    return [...before.map((text): DiffLine => ({ kind: "old", text })), ...after.map((text): DiffLine => ({ kind: "new", text }))]
  // length[i][j]: common lines of before[i..] and after[j..].
  const length = new Uint16Array((rows + 1) * (cols + 1))
  const at = (i: number, j: number) => length[i * (cols + 1) + j] as number
  for (let i = rows - 1; i >= 0; i--)
    for (let j = cols - 1; j >= 0; j--)
      length[i * (cols + 1) + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < rows || j < cols) {
    if (i < rows && j < cols && before[i] === after[j]) {
      lines.push({ kind: "same", text: before[i] as string })
      i++
      j++
    } else if (i < rows && (j === cols || at(i + 1, j) >= at(i, j + 1))) lines.push({ kind: "old", text: before[i++] as string })
    else lines.push({ kind: "new", text: after[j++] as string })
  }
  return lines
}

function shortened(lines: readonly DiffLine[]): DiffLine[] {
  const near = (at: number) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== "same")
  return lines.flatMap((line, i): DiffLine[] => {
    if (near(i)) return [line]
    return i > 0 && !near(i - 1) ? [] : [{ kind: "gap", text: "" }]
  })
}
