import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parse, stringify } from "yaml"
import { editCard } from "~src/app/front-matter"
import { diffLines } from "~src/app/line-diff"

const wanted = { parents: ["acme/base-7b"], relation: "finetune" } as const
const marked = (lines: readonly { kind: string; text: string }[]) =>
  lines.map(({ kind, text }) => `${{ same: " ", old: "-", new: "+", gap: "…" }[kind]}${text}`)

describe("the proposed front matter", () => {
  it("adds the two fields and keeps order, comments, quotes and the card itself", () => {
    const card = "---\n# made by hand\nlicense: \"mit\"   # really\ntags:\n    - a   \n    - 'b'\n---\n# Title\n\n---\ntext: no\n"
    const edit = editCard(card, wanted)
    expect(edit.card).toBe(
      "---\n# made by hand\nlicense: \"mit\"   # really\ntags:\n    - a   \n    - 'b'\nbase_model: acme/base-7b\nbase_model_relation: finetune\n---\n# Title\n\n---\ntext: no\n",
    )
    expect(marked(edit.diff)).toEqual(["…", "     - a   ", "     - 'b'", "+base_model: acme/base-7b", "+base_model_relation: finetune"])
  })

  it("replaces a wrong parent where it stands, with the comment beside it, and adds the relation below", () => {
    const edit = editCard("---\nbase_model: other/base  # from memory\nlicense: mit\n---\ntext\n", wanted)
    expect(edit.frontMatter).toBe("base_model: acme/base-7b  # from memory\nbase_model_relation: finetune\nlicense: mit\n")
    expect(marked(edit.diff)).toEqual([
      "-base_model: other/base  # from memory",
      "+base_model: acme/base-7b  # from memory",
      "+base_model_relation: finetune",
      " license: mit",
    ])
  })

  it.each([
    ["a list", "base_model:\n- a/b\n- c/d\nlicense: mit\n", "base_model: acme/base-7b\nbase_model_relation: finetune\nlicense: mit\n"],
    ["a list in brackets", "base_model: [a/b, c/d]\n", "base_model: acme/base-7b\nbase_model_relation: finetune\n"],
    ["no value", "base_model:\nlicense: mit\n", "base_model: acme/base-7b\nbase_model_relation: finetune\nlicense: mit\n"],
    ["a quoted key", '"base_model": x\n', "base_model: acme/base-7b\nbase_model_relation: finetune\n"],
    [
      "an old relation elsewhere",
      "base_model_relation: merge\nbase_model: x\n",
      "base_model_relation: finetune\nbase_model: acme/base-7b\n",
    ],
    [
      "a folded text",
      "base_model: >-\n  x\n  y\nlicense: mit\n",
      "base_model: acme/base-7b\nbase_model_relation: finetune\nlicense: mit\n",
    ],
  ])("replaces %s", (_, front, after) => {
    expect(editCard(`---\n${front}---\n`, wanted).frontMatter).toBe(after)
  })

  it("names all parents of a merge, and no relation where the Hub has none", () => {
    expect(editCard("---\nlicense: mit\n---\n", { parents: ["a/b", "c/d"], relation: "merge" }).frontMatter).toBe(
      "license: mit\nbase_model:\n  - a/b\n  - c/d\nbase_model_relation: merge\n",
    )
    expect(editCard("---\nlicense: mit\n---\n", { parents: ["a/b"], relation: null }).frontMatter).toBe("license: mit\nbase_model: a/b\n")
  })

  it("makes front matter where there is none, and keeps the card's line ends", () => {
    expect(editCard("", wanted).card).toBe("---\nbase_model: acme/base-7b\nbase_model_relation: finetune\n---\n")
    expect(editCard("# Title\n", wanted).card).toBe("---\nbase_model: acme/base-7b\nbase_model_relation: finetune\n---\n\n# Title\n")
    expect(editCard("---\r\nlicense: mit\r\n---\r\ntext\r\n", wanted).card).toBe(
      "---\r\nlicense: mit\r\nbase_model: acme/base-7b\r\nbase_model_relation: finetune\r\n---\r\ntext\r\n",
    )
  })

  it.each([
    ["no YAML", "license: [mit\n"],
    ["a list", "- a\n- b\n"],
    ["braces", "{license: mit}\n"],
    ["a key twice", "license: mit\nlicense: mit\n"],
    ["an anchor that others need", "base_model: &x acme/other\nname: *x\n"],
    [
      "aliases without end",
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${["b", "c", "d", "e", "f"].map((key, i) => `${key}: &${key} [${Array(10).fill(`*${"abcde"[i]}`).join(", ")}]\n`).join("")}`,
    ],
    ["what is too long", `a: ${"x".repeat(500_000)}\n`],
  ])("refuses %s", (_, front) => {
    expect(() => editCard(`---\n${front}---\n`, wanted)).toThrow(/can't be changed by a program/)
  })

  it("changes nothing else whatever the fields are", () => {
    const key = fc.string({ minLength: 1, maxLength: 12 }).filter((name) => !name.startsWith("base_model") && name !== "__proto__")
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 4 }), fc.constant(null))
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { noNullPrototype: true }),
        fc.constantFrom(undefined, "a/b", ["a/b", "c/d"]),
        (fields, base) => {
          const front = stringify({ ...fields, ...(base ? { base_model: base } : {}) })
          if (Object.keys(fields).length === 0 && !base) return
          const after = parse(editCard(`---\n${front}---\nbody`, wanted).frontMatter)
          expect(after).toEqual({ ...(parse(front) as object), base_model: "acme/base-7b", base_model_relation: "finetune" })
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe("differences by line", () => {
  it("shows what changed with two lines around, and gaps between", () => {
    const before = Array.from({ length: 20 }, (_, i) => `line ${i}`)
    const after = before.with(2, "two").toSpliced(15, 1)
    expect(marked(diffLines(before, after))).toEqual([
      " line 0",
      " line 1",
      "-line 2",
      "+two",
      " line 3",
      " line 4",
      "…",
      " line 13",
      " line 14",
      "-line 15",
      " line 16",
      " line 17",
      "…",
    ])
  })
  it("gives both sides back", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 })
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const all = diffLines(before, after)
        if (all.some(({ kind }) => kind === "gap")) return
        expect(all.filter(({ kind }) => kind !== "new").map(({ text }) => text)).toEqual(before)
        expect(all.filter(({ kind }) => kind !== "old").map(({ text }) => text)).toEqual(after)
      }),
    )
  })
})
