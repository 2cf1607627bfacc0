import { plain } from "~src/hub/ids"

/** Text from outside on one line of a terminal, without control, escape and direction marks. */
export const safe = (text: string): string => plain(text, 2000)

/** Columns as wide as their widest cell, two spaces apart; the first row is the heading. Cells are made safe for a terminal. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(safe))
  const columns = Math.max(0, ...cells.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}
