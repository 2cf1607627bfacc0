import type { TreeRow } from "./family-tree"

/**
 * Where a key leads in the list: left to the parent, right to the first child, up and down through all rows, with Shift to the
 * sibling before or behind; null for other keys.
 */
export function nextRow(rows: readonly Pick<TreeRow, "level">[], from: number, key: string): number | null {
  const level = rows[from]?.level ?? 1
  const last = rows.length - 1
  switch (key) {
    case "ArrowUp":
      return Math.max(0, from - 1)
    case "ArrowDown":
      return Math.min(last, from + 1)
    case "Shift+ArrowUp":
      return sibling(rows, from, -1)
    case "Shift+ArrowDown":
      return sibling(rows, from, 1)
    case "Home":
      return 0
    case "End":
      return last
    case "ArrowRight":
      return (rows[from + 1]?.level ?? 0) > level ? from + 1 : from
    case "ArrowLeft":
      for (let row = from - 1; row >= 0; row--) if ((rows[row]?.level ?? 1) < level) return row
      return from
    default:
      return null
  }
}

/** The next row of the same level before one of a lesser level ends the parent's part of the list. */
function sibling(rows: readonly Pick<TreeRow, "level">[], from: number, step: 1 | -1): number {
  const level = rows[from]?.level ?? 1
  for (let row = from + step; (rows[row]?.level ?? 0) >= level; row += step) if (rows[row]?.level === level) return row
  return from
}
