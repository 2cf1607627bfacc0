import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { expect, test } from "vitest"
import { isInstalled } from "~src/tools/ensure-install.mjs"

test("an install is needed when a package is missing or has another version, not when an optional one is", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pedigree-install-"))
  const write = (name: string, packages: object) => {
    fs.writeFileSync(path.join(folder, name), JSON.stringify({ packages }))
    return path.join(folder, name)
  }
  const wanted = {
    "": { version: "1.0.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "2.0.0", optional: true },
  }
  const lock = write("lock.json", wanted)
  expect(isInstalled(lock, path.join(folder, "absent.json"))).toBe(false)
  expect(isInstalled(lock, write("same.json", { "node_modules/a": { version: "1.0.0" } }))).toBe(true)
  expect(isInstalled(lock, write("older.json", { "node_modules/a": { version: "0.9.0" } }))).toBe(false)
  expect(isInstalled(lock, write("empty.json", {}))).toBe(false)
  fs.rmSync(folder, { recursive: true })
})

test("this very project is installed as its lock file says", () => expect(isInstalled()).toBe(true))
