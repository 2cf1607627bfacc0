import { expect, it } from "vitest"
import { backupLines, restoreLines } from "~src/app/backup"
import { CHOICES, parseSettings, readsByItself } from "~src/app/settings"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { openMemoryStore } from "~src/storage/memory"
import { fileOfLines, linesOfFile } from "~src/ui/options/backup-file"

const SETTINGS = parseSettings({ mode: "click", language: "ja", budget: 262_144 })
const BITS = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)

async function filled() {
  const store = openMemoryStore()
  await store.put("fingerprints", "a/b@1", { slabs: [{ name: "x", bits: BITS }], note: null })
  await store.put("reports", "a/b@1#e#1", { verdict: "documented", text: "<b>\u202eא</b>\n" })
  await store.put("jobs", "a/b", { model: "a/b" })
  await store.put("settings", "token", "hf_secret")
  return store
}

it("brings everything back from a file, and never has the token in it", async () => {
  const store = await filled()
  const file = await fileOfLines(backupLines(store, SETTINGS))
  let text = ""
  for await (const line of linesOfFile(file)) text += line
  expect(text).not.toContain("hf_secret")
  const other = openMemoryStore()
  expect(await restoreLines(other, linesOfFile(file))).toEqual({ settings: SETTINGS, rows: 2 })
  for (const [name, key] of [["fingerprints", "a/b@1"] as const, ["reports", "a/b@1#e#1"] as const]) {
    expect(await other.get(name, key)).toEqual(await store.get(name, key))
  }
  expect(await other.keys("jobs")).toEqual([])
  expect(await other.keys("settings")).toEqual([])
})

it("refuses what is no backup", async () => {
  const head = JSON.stringify({ schema: "pedigree/backup@1", settings: {} })
  const row = (value: object) => JSON.stringify({ store: "reports", key: "k", value: 1, ...value })
  for (const lines of [
    [],
    ["{"],
    ["null"],
    [JSON.stringify({ schema: "pedigree/backup@2", settings: {} })],
    [head, row({ store: "settings" })],
    [head, row({ store: "jobs" })],
    [head, row({ store: "__proto__" })],
    [head, row({ key: "" })],
    [head, row({ key: 7 })],
    [head, row({ value: { $base64: "%" } })],
  ]) {
    const stream = (async function* () {
      yield* lines
    })()
    await expect(restoreLines(openMemoryStore(), stream)).rejects.toMatchObject({ code: "malformed" })
  }
  const restored = restoreLines(openMemoryStore(), linesOfFile(new Blob(["not packed"])))
  await expect(restored).rejects.toMatchObject({ code: "malformed" })
})

it("reads settings whatever is stored", () => {
  const defaults = Object.fromEntries(Object.entries(CHOICES).map(([key, [first]]) => [key, first]))
  expect(parseSettings({})).toEqual(defaults)
  expect(parseSettings({ mode: "always", budget: "1", language: 7, badges: "yes", __proto__: { provider: "x" }, token: "t" })).toEqual(
    defaults,
  )
  expect(parseSettings({ mode: "off", badges: true })).toEqual({ ...defaults, mode: "off", badges: true })
  expect(CHOICES.budget[0]).toBe(DEFAULT_BUDGET)
})

it("reads by itself unless told otherwise, by the person or by the browser's data saver", () => {
  const of = (stored: object, saveData: boolean) => readsByItself(parseSettings({ ...stored }), saveData)
  expect([of({}, false), of({}, true), of({ saver: false }, true), of({ mode: "click" }, false)]).toEqual([true, false, true, false])
})
