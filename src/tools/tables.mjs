// Tables of text for a terminal and for Markdown, and the sections of a Markdown file that a command fills in.
import fs from "node:fs"
import { Refusal } from "./project.mjs"

/** @param {readonly (readonly string[])[]} rows */
export function textTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (/** @type {readonly string[]} */ row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")
  return rows.map((row) => line(row).trimEnd()).join("\n")
}

/** The first row is the head. @param {readonly (readonly string[])[]} rows */
export function markdownTable([head = [], ...rows]) {
  const line = (/** @type {readonly string[]} */ row) => `| ${row.map((cell) => cell.trim().replaceAll("|", "\\|")).join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}

/**
 * Replaces what stands between `<!-- name -->` and `<!-- /name -->`.
 * @param {string} file @param {string} name @param {string} content
 */
export function fillSection(file, name, content) {
  const text = fs.readFileSync(file, "utf8")
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Refusal(`${file} has no section ${begin} ... ${end} to write to.`)
  fs.writeFileSync(file, `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`)
}
