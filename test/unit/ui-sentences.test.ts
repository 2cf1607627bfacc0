import { readdirSync, readFileSync } from "node:fs"
import { afterEach, expect, it } from "vitest"
import type { Evidence, Worded } from "~src/core/words"
import { inRoot } from "~src/tools/project.mjs"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { adviceText, evidenceText, reasonText, unreadText } from "~src/ui/sentences"

afterEach(() => speak(ENGLISH))

const read = (folder: string): Record<string, { message: string } | undefined> =>
  JSON.parse(readFileSync(inRoot("locales", folder, "messages.json"), "utf8"))
function speakGerman() {
  const german = read("de")
  speak({ locale: "de", lookup: (key) => german[key]?.message })
}
const evidence = (worded: Worded | undefined, text = "Its own English."): Evidence => ({
  kind: "x",
  value: null,
  says: "for",
  text,
  ...(worded ? { worded } : {}),
})

it("has a text for every sentence of the engine, and no other", () => {
  const lineage = readdirSync(inRoot("src", "lineage")).map((file) => readFileSync(inRoot("src", "lineage", file), "utf8"))
  const codes = lineage.flatMap((text) => [
    // Codes stand behind `as:`, alone or as one of two or more, or are an argument of the helpers that word cards and reasons.
    ...[...text.matchAll(/\bas(?: =|:) ([^,{}]*)/g)]
      .flatMap(([, choice = ""]) => [...choice.matchAll(/[?:] "(\w+)"|^"(\w+)"/g)])
      .map((one) => one[1] ?? one[2]),
  ])
  const english = Object.keys(read("en"))
  const known = (family: string) =>
    english.filter((key) => key.startsWith(family)).map((key) => key.slice(family.length).replace(/_(one|other)$/, ""))
  const keys = new Set([...known("evidence_"), ...known("reason_")])
  for (const code of codes) expect(keys, code).toContain(code)
  const source = lineage.join("\n")
  for (const key of keys) expect(source, key).toMatch(new RegExp(`"${key}"`))
})

it("words evidence and reasons in the person's language", () => {
  speakGerman()
  expect(evidenceText(evidence({ as: "rows", values: { matched: 1200, rows: 1200, tensors: 6, name: "acme/base" } }))).toBe(
    "1.200 von 1.200 gelesenen Zeilen in 6 Tensoren passen am besten zu denselben Zeilen von acme/base; bei fremden Gewichten sind es etwa 6.",
  )
  expect(evidenceText(evidence({ as: "differs", values: { share: 0.0123, unrelated: 1.4 } }))).toContain("um 1,2\u00a0% ihrer Größe")
  expect(evidenceText(evidence({ as: "earlier", values: { name: "a/b", span: 3 * 86_400_000 } }))).toBe(
    "a/b wurde früher angelegt, um 3 Tage.",
  )
  expect(reasonText({ reason: "x", worded: { as: "no_relative", values: { count: 1 } } })).toBe(
    "Kein Verwandter gefunden; 1 Modell wurde verglichen.",
  )
  expect(unreadText({ reason: "It is gated.", code: "gated" })).toBe("Zugang beschränkt")
})

it("gives the advice for a failure's kind, and in English the failure's own unless it is the command line's", () => {
  const failure = { code: "offline", advice: "Check the cable." } as const
  expect(adviceText(failure)).toBe("Check the cable.")
  expect(adviceText({ code: "gated", advice: "Set HF_TOKEN." })).toContain("in its options")
  speakGerman()
  expect(adviceText(failure)).toBe("Prüfen Sie die Verbindung und versuchen Sie es noch einmal.")
})

it("keeps the engine's English where there is no data for a sentence, or none that is known", () => {
  speakGerman()
  expect(evidenceText(evidence(undefined))).toBe("Its own English.")
  for (const as of ["", "nothing", "../x", "__proto__", "@@ui_locale"])
    expect(evidenceText(evidence({ as, values: {} }))).toBe("Its own English.")
  expect(unreadText({ reason: "It was not found." })).toBe("It was not found.")
  speak(ENGLISH)
  expect(unreadText({ reason: "It is gated.", code: "gated" })).toBe("It is gated.")
})
