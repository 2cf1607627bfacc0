import { readdirSync, readFileSync } from "node:fs"
import { afterEach, expect, it } from "vitest"
import { PedigreeError, toFailure } from "~src/core/errors"
import type { Evidence, Worded } from "~src/core/words"
import { badTorch } from "~src/formats/torch/errors"
import { refusalError } from "~src/hub/errors"
import { inRoot } from "~src/tools/project.mjs"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { adviceText, evidenceText, failureWords, noteLabel, reasonText, unreadText, weightsText } from "~src/ui/sentences"

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
  const files = readdirSync(inRoot("src", "lineage"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
  const lineage = files.map((file) => readFileSync(inRoot("src", "lineage", file), "utf8"))
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

it("has a text for every failure that is told as data, and no other", () => {
  const sources = ["core", "hub", "storage", "formats", "inference", "app", "ui"]
    .flatMap((folder) =>
      readdirSync(inRoot("src", folder), { recursive: true, encoding: "utf8" }).map((file) => inRoot("src", folder, file)),
    )
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n")
  const told = new Set([...sources.matchAll(/\{ as: "(\w+)", values:/g)].map(([, as]) => as))
  const english = Object.keys(read("en"))
  const known = english.filter((key) => key.startsWith("failed_")).map((key) => key.slice("failed_".length))
  expect([...told].sort()).toEqual(known.sort())
  const advised = english.filter((key) => key.startsWith("advice_for_")).map((key) => key.slice("advice_for_".length))
  expect(advised.filter((as) => !told.has(as))).toEqual([])
})

it("words failures, keeps rare details in English, and tells the two apart", () => {
  speakGerman()
  const answer = { url: "https://huggingface.co/api/models/acme/x", status: 403, bytes: new Uint8Array() }
  const gated = refusalError({ ...answer, headers: new Headers({ "x-error-code": "GatedRepo" }) } as never, { id: "acme/x" })
  expect(failureWords(toFailure(gated))).toEqual({
    said: "acme/x ist zugangsbeschränkt: Ohne Erlaubnis lassen sich die Dateien nicht lesen.",
    english: null,
  })
  expect(failureWords(toFailure(badTorch("model.bin", "it ends too early")))).toEqual({
    said: "model.bin ist beschädigt oder nicht, was der Name sagt.",
    english: "it ends too early",
  })
  expect(failureWords(toFailure(new TypeError("x is not a function")))).toEqual({
    said: "Etwas Unerwartetes ist geschehen.",
    english: "x is not a function",
  })
  // What no catalogue knows stays as it is.
  const rare = toFailure(new PedigreeError("unsupported", "A rare case.", "Do this.", { worded: { as: "../__proto__", values: {} } }))
  expect(failureWords(rare)).toEqual({ said: null, english: "A rare case." })
  expect(failureWords(toFailure(new PedigreeError("unsupported", "A rare case.", "Do this.")))).toEqual({
    said: null,
    english: "A rare case.",
  })
  expect(adviceText({ code: "malformed", advice: "x", worded: { as: "no_backup", values: {} } })).toBe(
    "Wählen Sie eine Datei, die Pedigree exportiert hat.",
  )
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

it("names what weight files state, and how weights are packed", () => {
  const sources = ["formats", "fingerprint"].flatMap((folder) =>
    readdirSync(inRoot("src", folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(inRoot("src", folder, file), "utf8")),
  )
  // A note is a pair whose first is a label, or a key of the file and its label.
  const labels = sources.flatMap((text) =>
    [...text.matchAll(/\["([A-Z][a-z][^"]*)", |\["(?:modelspec\.|ss_)[a-z_]+", "([^"]+)"\]/g)].map(([, one, other]) => one ?? other ?? ""),
  )
  expect(labels.length).toBeGreaterThan(24)
  const keys = new Set(labels.map((label) => `note_${label.toLowerCase().replace(/[^a-z0-9]+/g, "_")}`))
  keys.delete("note_size")
  expect([...keys].sort()).toEqual(
    Object.keys(read("en"))
      .filter((key) => key.startsWith("note_"))
      .sort(),
  )
  speakGerman()
  expect([noteLabel("Quantised by"), noteLabel("Something new")]).toEqual(["Quantisiert von", "Something new"])
  const weights = { format: "gguf", scheme: "Q4_K", bits: 4, group: 32, text: "GGUF, 4-bit Q4_K in groups of 32", notes: [] } as const
  expect(weightsText(weights)).toBe("GGUF, 4 Bit Q4_K in Gruppen zu 32")
  expect(weightsText({ ...weights, scheme: null, bits: null, text: "safetensors, float32" })).toBe("safetensors, float32")
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
