import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterAll, expect, it } from "vitest"
import { readArguments } from "~src/tools/evaluate-arguments.mjs"

const zoo = fs.mkdtempSync(path.join(os.tmpdir(), "zoo-"))
for (const name of ["a", "a-containers", "a-wide", "a-wide-containers", "b", "unfinished"]) {
  fs.mkdirSync(path.join(zoo, name))
  if (name !== "unfinished") fs.writeFileSync(path.join(zoo, name, "truth.json"), "{}")
}
afterAll(() => fs.rmSync(zoo, { recursive: true }))

const at = (name: string) => path.join(zoo, name)
const read = (...words: string[]) => readArguments(words, ["models", "containers"])

it("finds the folders of several splits and what lies beside them", () => {
  const { splits } = read("--split", `${at("a")},${at("b")}`)
  expect(splits).toEqual([
    { name: "a", folder: at("a"), roots: [at("a"), at("a-wide")], containers: [at("a-containers"), at("a-wide-containers")] },
    { name: "b", folder: at("b"), roots: [at("b")], containers: [] },
  ])
})

it("refuses with a sentence that says what to do", () => {
  expect(() => read("--split", at("unfinished"))).toThrow(/no families with a truth\.json.*training\/README\.md/)
  expect(() => read("--split", "never-made")).toThrow("python -m training.zoo --split never-made")
  expect(() => read("--split", at("b"), "--only", "containers")).toThrow("python -m training.containers.zoo")
  expect(() => read("--split", at("a"), "--only", "ghosts")).toThrow("--only takes models, containers")
  expect(() => read("--split", at("a"), "--limit", "some")).toThrow("--limit takes a number")
  expect(() => read("--split", at("a"), "--limit", "5", "--write")).toThrow("whole splits only")
  expect(() => read("--splits", at("a"))).toThrow("usage: npm run evaluate")
})
