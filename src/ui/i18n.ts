import type english from "~locales/en/messages.json"

/**
 * The words of the interface: `locales/<language>/messages.json` in Chrome's format, with fillings as `{name}`. A key that ends
 * in a plural category (`_one`, `_other`) is one form of the key before it; the value named `count` chooses among the forms.
 */

type Form = "zero" | "one" | "two" | "few" | "many" | "other"
type Base<Key> = Key extends `${infer Stem}_${Form}` ? Stem : Key

/** A key of the English catalogue, which has all there are. */
export type MessageKey = Base<keyof typeof english>

export type Values = Readonly<Record<string, string | number>>

export interface Language {
  /** BCP 47 tag: decides numbers, dates, plurals and lists. */
  readonly locale: string
  /** The catalogue; empty or undefined for a key it lacks. */
  readonly lookup: (key: string) => string | undefined
}

let language: Language = { locale: "en", lookup: () => undefined }
let plurals = new Intl.PluralRules("en")

/** Makes {@link t} and the formats speak this language from now on. */
export function speak(next: Language): void {
  language = next
  plurals = new Intl.PluralRules(next.locale)
}

/** The tag that `Intl` is given everywhere. */
export const locale = (): string => language.locale

/** The text of a key in the person's language; fillings that are not given stay as `{name}`, for elements to take their place. */
export function t(key: MessageKey, values: Values = {}): string {
  const { count } = values
  const form = typeof count === "number" ? language.lookup(`${key}_${plurals.select(count)}`) || language.lookup(`${key}_other`) : undefined
  return fill(form || language.lookup(key) || key, values)
}

/** Whether a key made from data has a text. */
export const isKey = (key: string): key is MessageKey => Boolean(language.lookup(key) || language.lookup(`${key}_other`))

type Underscored<Word extends string> = Word extends `${infer Head}-${infer Tail}` ? `${Head}_${Underscored<Tail>}` : Word

/** A word of the contract as part of a key, which may not have hyphens: `` t(`relation_${code(relation)}`) ``. */
export const code = <Word extends string>(word: Word): Underscored<Word> => word.replaceAll("-", "_") as Underscored<Word>

/** Numbers as the language writes them; each text keeps its own writing direction and cannot bring new fillings. */
function fill(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) return placeholder
    return typeof value === "number" ? new Intl.NumberFormat(language.locale).format(value) : isolate(value)
  })
}

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u

const LONGEST = 500

/**
 * Unicode isolates keep a name of another writing direction from reordering the sentence; others need none. Control and
 * direction marks become spaces; the spaces that bind a number to its unit stay.
 */
function isolate(text: string): string {
  const clean = text.replace(/[\p{C}\u2028\u2029]+/gu, " ").trim()
  const line = clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean
  return RIGHT_TO_LEFT.test(line) ? `\u2068${line}\u2069` : line
}
