import type { TreeRow } from "./family-tree"

/** Where an arrow key leads in the list: left to the parent, right to the first child, up and down through all rows; null for other keys. */
export function nextRow(rows: readonly Pick<TreeRow, "level">[], from: number, key: string): number | null {
  const level = rows[from]?.level ?? 1
  const last = rows.length - 1
  switch (key) {
    case "ArrowUp":
      return Math.max(0, from - 1)
    case "ArrowDown":
      return Math.min(last, from + 1)
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
