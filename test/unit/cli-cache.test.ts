import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { endpointFolder, openFolderStore } from "~src/cli/cache"
import { PedigreeError } from "~src/core/errors"

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "pedigree-cache-"))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const key = "owner/name@0123456789abcdef"

test("keeps structured values for the next process", async () => {
  const value = { bits: new Uint8Array([1, 2, 255]), nested: new Map([["a", 1n]]), none: null }
  await openFolderStore(folder).put("fingerprints", key, value)
  const again = openFolderStore(folder)
  expect(await again.get("fingerprints", key)).toEqual(value)
  expect(await again.keys("fingerprints")).toEqual([key])
  expect(await again.get("records", key)).toBeUndefined()
  expect((await again.usage()).fingerprints).toMatchObject({ rows: 1, bytes: expect.any(Number) })
})

test("keys cannot leave their folder", async () => {
  const store = openFolderStore(path.join(folder, "inside"))
  await store.put("records", "../../escaped", 1)
  expect(fs.readdirSync(folder)).toEqual(["inside"])
  expect(await store.keys("records")).toEqual(["../../escaped"])
})

test("an unreadable row reads as absent, and a half-written one is never seen", async () => {
  const store = openFolderStore(folder)
  await store.put("records", key, { a: 1 })
  const [name = ""] = fs.readdirSync(path.join(folder, "records"))
  fs.writeFileSync(path.join(folder, "records", name), "not a row")
  fs.writeFileSync(path.join(folder, "records", `${name}.123.new`), "half")
  expect(await store.get("records", key)).toBeUndefined()
  expect(await store.keys("records")).toEqual([key])
})

test("deletes and clears, settings stay", async () => {
  const store = openFolderStore(folder)
  await store.put("settings", "a", 1)
  await store.put("records", "b", 2)
  await store.put("records", "c", 3)
  await store.delete("records", "b")
  expect(await store.keys("records")).toEqual(["c"])
  await store.clear()
  expect(await store.keys("records")).toEqual([])
  expect(await store.get("settings", "a")).toBe(1)
})

test("many writers of one row leave a whole row", async () => {
  const store = openFolderStore(folder)
  await Promise.all(Array.from({ length: 50 }, (_, index) => store.put("records", key, { index, filler: "x".repeat(10_000) })))
  expect(await store.get("records", key)).toMatchObject({ filler: "x".repeat(10_000) })
  expect(fs.readdirSync(path.join(folder, "records"))).toHaveLength(1)
})

test("says what to do when it cannot write", async () => {
  const file = path.join(folder, "file")
  fs.writeFileSync(file, "")
  const failure = openFolderStore(file).put("records", key, 1)
  await expect(failure).rejects.toBeInstanceOf(PedigreeError)
  await expect(failure).rejects.toMatchObject({ code: "quota", advice: expect.stringContaining("--cache") })
})

test("two endpoints never share rows", () => {
  expect(endpointFolder(folder, "https://a.example")).not.toBe(endpointFolder(folder, "https://b.example"))
})
