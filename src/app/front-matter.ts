import { isMap, isNode, isScalar, parseDocument, stringify } from "yaml"
import { PedigreeError } from "~src/core/errors"
import { type DiffLine, diffLines } from "./line-diff"
import type { WantedCard } from "./wanted-card"

export interface CardEdit {
  /** The whole card with the change. */
  readonly card: string
  /** The front matter with the change, without its fences. */
  readonly frontMatter: string
  readonly diff: readonly DiffLine[]
}

/** Bytes [from, to) of the front matter and what is to stand there. */
interface Change {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Front matter beyond this many characters is left to its author. */
const MOST_CHARACTERS = 400_000

/**
 * Puts `base_model` and `base_model_relation` into a card's front matter and touches nothing else: the document is parsed for the places
 * of the two keys, and only those places are rewritten, so that order, comments, quotes and line ends of all others stay as they are.
 * @param card README.md as it is, "" where there is none
 * @throws PedigreeError "malformed" when the front matter is no plain YAML mapping
 */
export function editCard(card: string, wanted: WantedCard): CardEdit {
  const eol = /^[^\n]*\r\n/.test(card) ? "\r\n" : "\n"
  const [, head = "", front = "", foot = ""] = /^(\uFEFF?---[ \t]*\r?\n)([\s\S]*?)(^---[ \t]*(?:\r?\n|$)[\s\S]*)$/m.exec(card) ?? []
  if (front.length > MOST_CHARACTERS) throw unreadable("it is too long")
  const fields = new Map<string, unknown>([["base_model", wanted.parents.length === 1 ? wanted.parents[0] : wanted.parents]])
  if (wanted.relation !== null) fields.set("base_model_relation", wanted.relation)
  let frontMatter = front
  for (const [key, value] of fields) {
    const { from, to, text } = changeOf(frontMatter, key, value, eol)
    frontMatter = frontMatter.slice(0, from) + text + frontMatter.slice(to)
  }
  prove(front, frontMatter, fields)
  const edited = head === "" ? `---${eol}${frontMatter}---${eol}${card === "" ? "" : eol}${card}` : `${head}${frontMatter}${foot}`
  return { card: edited, frontMatter, diff: diffLines(linesOf(front), linesOf(frontMatter)) }
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).slice(0, -1)

/** Where the key's entry stands and what is to stand there; a new relation follows the base model, anything else new goes to the end. */
function changeOf(front: string, key: string, value: unknown, eol: string): Change {
  const text = stringify({ [key]: value }, { lineWidth: 0 }).replaceAll("\n", eol)
  const found = placeOf(front, key)
  if (found) {
    const whole = front.slice(...found).endsWith("\n")
    return { from: found[0], to: found[1], text: whole ? text : text.slice(0, -eol.length) }
  }
  const base = placeOf(front, "base_model")
  // A list's place ends behind its last line's end, a plain value's before it.
  const after = base ? (front[base[1] - 1] === "\n" ? base[1] : front.indexOf("\n", base[1]) + 1) : front.length
  return { from: after, to: after, text }
}

/** From the key to the end of its value. */
function placeOf(front: string, key: string): [from: number, to: number] | null {
  const { contents, errors } = parseDocument(front)
  if (errors.length > 0) throw unreadable("it is no valid YAML")
  if (contents === null) return null
  if (!isMap(contents) || contents.flow) throw unreadable("it is no list of fields")
  const pair = contents.items.find((item) => isScalar(item.key) && item.key.value === key)
  if (!pair || !isScalar(pair.key) || !pair.key.range) return null
  const [from, afterKey] = pair.key.range
  // Without a value the colon is all that follows.
  const to = isNode(pair.value) && pair.value.range ? pair.value.range[1] : 0
  return [from, Math.max(to, front.indexOf(":", afterKey) + 1)]
}

/** Read again, the two keys are as wanted and everything else is as it was; otherwise nothing is proposed. */
function prove(before: string, after: string, wanted: ReadonlyMap<string, unknown>): void {
  const [was, is] = [fieldsOf(before), fieldsOf(after)]
  for (const [key, value] of wanted) {
    if (JSON.stringify(is.get(key)) !== JSON.stringify(value)) throw unreadable("it cannot be edited safely")
    was.delete(key)
    is.delete(key)
  }
  if (JSON.stringify([...was]) !== JSON.stringify([...is])) throw unreadable("it cannot be edited safely")
}

function fieldsOf(text: string): Map<string, unknown> {
  try {
    const document = parseDocument(text)
    if (document.errors.length === 0) return new Map(Object.entries((document.toJS({ maxAliasCount: 100 }) ?? {}) as object))
  } catch {
    // Aliases that unfold without end.
  }
  throw unreadable("it cannot be read whole")
}

function unreadable(why: string): PedigreeError {
  return new PedigreeError(
    "malformed",
    `The card's front matter can't be changed by a program: ${why}.`,
    "Open the Hub's editor and add the two lines by hand.",
    { worded: { as: "front_matter", values: { detail: why } } },
  )
}
