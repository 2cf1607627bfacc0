import { expect, test } from "vitest"
import { isModelId, isPath, isRevision, parseModelId, plain } from "~src/hub/ids"

test.each(["gpt2", "openai-community/gpt2", "a/b", "a_b/c.d-e_1", `o/${"n".repeat(96)}`])("%s is a model's id", (id) => {
  expect(isModelId(id)).toBe(true)
})

test.each([
  "",
  "/",
  "a/",
  "/b",
  "a/b/c",
  "a--b/c",
  "a/b..c",
  "../x",
  "a/.b",
  "a/b-",
  "a/b c",
  "a/b?x",
  "a/b.git",
  `o/${"n".repeat(97)}`,
  "./models/x",
])("%s is not", (id) => {
  expect(isModelId(id)).toBe(false)
})

test("reads an id with and without revision", () => {
  expect(parseModelId(" owner/name ")).toEqual({ id: "owner/name", revision: null })
  expect(parseModelId("owner/name@refs/pr/1")).toEqual({ id: "owner/name", revision: "refs/pr/1" })
  expect(() => parseModelId("owner/name@")).toThrowError(expect.objectContaining({ code: "bad-arguments" }))
  expect(() => parseModelId("https://huggingface.co/a/b")).toThrowError(expect.objectContaining({ code: "bad-arguments" }))
  expect(() => parseModelId("a/b@../../x")).toThrowError(expect.objectContaining({ code: "bad-arguments" }))
})

test("paths and revisions cannot lead elsewhere", () => {
  expect(isPath("onnx/model.onnx")).toBe(true)
  expect(["", "/etc", "a//b", "a/../b", ".", "a\\b", "a\nb"].filter(isPath)).toEqual([])
  expect(["main", "v1.0", "refs/pr/12"].every(isRevision)).toBe(true)
  expect(["", "..", "a/../../b", "a b", "a?b", "a#b"].filter(isRevision)).toEqual([])
})

test("words from outside become one short line", () => {
  expect(plain("a\n\u0007 b\u202e", 10)).toBe("a b")
  expect(plain("x".repeat(50), 10)).toHaveLength(10)
})
