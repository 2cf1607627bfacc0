import { describe, expect, test } from "vitest"
import { parseCommand, readList } from "~src/cli/arguments"
import { PedigreeError } from "~src/core/errors"

const parse = (args: string[], environment: Record<string, string> = {}, positionals = 1) =>
  parseCommand(args, { json: { type: "boolean" } }, positionals, environment)

describe("a command's arguments", () => {
  test("have the contract's defaults", () => {
    expect(parse(["a/b"]).common).toEqual({
      endpoint: "https://huggingface.co",
      token: null,
      time: true,
      budget: 1_048_576,
      cache: undefined,
      out: null,
    })
  })

  test("override the environment", () => {
    const environment = { HF_ENDPOINT: "http://127.0.0.1:1/hub/", HF_TOKEN: " hf_x\n" }
    expect(parse(["a/b"], environment).common).toMatchObject({ endpoint: "http://127.0.0.1:1/hub", token: "hf_x" })
    expect(parse(["a/b", "--endpoint", "http://other:2"], environment).common.endpoint).toBe("http://other:2")
  })

  test("are read in any order", () => {
    const { values, common, positionals } = parse(["--no-time", "--budget", "65536", "a/b@main", "--json", "--cache=none"])
    expect(positionals).toEqual(["a/b@main"])
    expect(values.json).toBe(true)
    expect(common).toMatchObject({ time: false, budget: 65_536, cache: null })
  })

  test.each([
    [[]],
    [["a/b", "c/d"]],
    [[""]],
    [["a/b", "--unknown"]],
    [["a/b", "--json=yes"]],
    [["a/b", "--budget"]],
    [["a/b", "--budget", "0"]],
    [["a/b", "--budget", "-1"]],
    [["a/b", "--budget", "1e6"]],
    [["a/b", "--budget", "99999999999999999999"]],
    [["a/b", "--endpoint", "huggingface.co"]],
    [["a/b", "--endpoint", "file:///etc"]],
    [["a/b", "--cache", ""]],
  ])("are refused in one sentence: %j", (args) => {
    const refuse = () => parse(args)
    expect(refuse).toThrow(PedigreeError)
    try {
      refuse()
    } catch (error) {
      expect(error).toMatchObject({ code: "bad-arguments", message: expect.not.stringContaining("\n") })
    }
  })

  test("take lists without empty members", () => {
    expect(readList("candidates", "a/b, c/d")).toEqual(["a/b", "c/d"])
    expect(() => readList("candidates", "a/b,,c/d")).toThrow(PedigreeError)
    expect(() => readList("candidates", "")).toThrow(PedigreeError)
  })
})
