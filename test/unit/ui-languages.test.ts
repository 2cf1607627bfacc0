import { readdirSync, readFileSync } from "node:fs"
import { afterEach, describe, expect, it } from "vitest"
import { CHOICES } from "~src/app/settings"
import { inRoot } from "~src/tools/project.mjs"
import { ENGLISH } from "~src/ui/english"
import { bytes, count, list, percent } from "~src/ui/format"
import { speak, t } from "~src/ui/i18n"

type Catalogue = Readonly<Record<string, { readonly message: string }>>

const FOLDERS = readdirSync(inRoot("locales")).sort()
const read = (folder: string): Catalogue => JSON.parse(readFileSync(inRoot("locales", folder, "messages.json"), "utf8"))
const tagOf = (folder: string) => folder.replace("_", "-")
const english = read("en")

const FORM = /_(zero|one|two|few|many|other)$/
/** A plural form only where its language's `other` stands beside it. */
const isForm = (catalogue: Catalogue, key: string) => FORM.test(key) && Object.hasOwn(catalogue, key.replace(FORM, "_other"))
const stemOf = (catalogue: Catalogue, key: string) => (isForm(catalogue, key) ? key.replace(FORM, "") : key)
const stems = (catalogue: Catalogue) => [...new Set(Object.keys(catalogue).map((key) => stemOf(catalogue, key)))].sort()
const fillings = (message: string) => [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

const SOURCES = ["background", "contents", "options", "popup", "tabs", "src/ui", "src/cli"].flatMap((folder) =>
  readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(inRoot(folder, file), "utf8")),
)

describe("the catalogues", () => {
  it("are those that can be chosen, each of which knows its own tag", () => {
    expect(FOLDERS.map(tagOf)).toEqual(CHOICES.language.slice(1).toSorted())
    for (const folder of FOLDERS) expect(read(folder).language_tag?.message).toBe(tagOf(folder))
  })

  it.each(FOLDERS)("%s has every key of the English one and no other, with the same fillings", (folder) => {
    const catalogue = read(folder)
    expect(stems(catalogue)).toEqual(stems(english))
    for (const [key, { message }] of Object.entries(catalogue)) {
      expect(message.trim(), key).toBe(message)
      expect(message, key).not.toBe("")
      // Chrome would read a dollar sign as a filling of its own kind.
      expect(message, key).not.toContain("$")
      const original = english[key] ?? english[key.replace(FORM, "_other")]
      expect(fillings(message), key).toEqual(fillings(original?.message ?? ""))
    }
  })

  it.each(FOLDERS)("%s has the plural forms that its language needs", (folder) => {
    const catalogue = read(folder)
    const needed = new Intl.PluralRules(tagOf(folder)).resolvedOptions().pluralCategories.filter((form) => form !== "many")
    for (const stem of stems(english).filter((each) => Object.hasOwn(english, `${each}_other`))) {
      const forms = Object.keys(catalogue).filter((key) => isForm(catalogue, key) && stemOf(catalogue, key) === stem)
      expect(forms.map((key) => FORM.exec(key)?.[1]).sort(), stem).toEqual([...needed].sort())
    }
  })

  it.each(FOLDERS)("%s keeps to what Chrome and its store allow", (folder) => {
    const catalogue = read(folder)
    const keys = Object.keys(catalogue)
    expect(keys.filter((key) => !/^[a-z0-9_]+$/.test(key))).toEqual([])
    expect(catalogue.extension_name?.message.length).toBeLessThanOrEqual(75)
    expect(catalogue.extension_description?.message.length).toBeLessThanOrEqual(132)
  })

  it("hold nothing that nobody says", () => {
    const text = SOURCES.join("\n")
    const literals = new Set([...text.matchAll(/["'`]([a-z0-9_]+)["'`]/g)].map(([, word]) => word))
    // A key made of a family and a word, `relation_${...}`, may be any of the family; the compiler knows the words.
    const families = [...text.matchAll(/`([a-z0-9_]+_)\$\{[^`]*\}`/g)].map(([, family]) => family ?? "")
    const manifest = readFileSync(inRoot("package.json"), "utf8")
    const unused = stems(english).filter(
      (key) => !literals.has(key) && !families.some((family) => key.startsWith(family)) && !manifest.includes(`__MSG_${key}__`),
    )
    expect(unused).toEqual([])
  })
})

describe("a sentence", () => {
  afterEach(() => speak(ENGLISH))
  const speakFolder = (folder: string) => {
    const catalogue = read(folder)
    speak({ locale: tagOf(folder), lookup: (key) => catalogue[key]?.message })
  }

  it("takes the plural form and the numbers of its language", () => {
    const said = (folder: string) => {
      speakFolder(folder)
      return [0, 1, 12345].map((entries) => t("options_rows", { count: entries, size: "1" }))
    }
    expect(said("en")).toEqual(["0 entries, about 1.", "1 entry, about 1.", "12,345 entries, about 1."])
    expect(said("de")).toEqual(["0 Einträge, etwa 1.", "1 Eintrag, etwa 1.", "12.345 Einträge, etwa 1."])
    // French counts nothing as one.
    expect(said("fr")[0]).toBe("0 entrée, environ 1.")
    expect(said("ja")[1]).toBe("1 件、約 1。")
  })

  it("has sizes, shares and lists in its language", () => {
    speakFolder("de")
    expect([bytes(1_500_000), percent(0.995), count(10_000), list(["a", "b", "c"])]).toEqual([
      "1,5 MB",
      "99,5\u00a0%",
      "10.000",
      "a, b und c",
    ])
    speakFolder("ja")
    expect(list(["a", "b", "c"])).toBe("a、b、c")
  })

  it("does not fill a filling", () => {
    expect(t("badge_card", { names: "{count} $1 {names}" })).toBe("card: {count} $1 {names}")
  })
})
