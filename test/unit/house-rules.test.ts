import { expect, test } from "vitest"
import { houseFaults } from "~src/tools/house-rules.mjs"

const home = ["", "home", "someone", "x"].join("/")

test.each([
  ["src/ui/a.tsx", "node.innerHTML = name", "become HTML"],
  ["contents/a.ts", "<b dangerouslySetInnerHTML={x} />", "become HTML"],
  ["src/core/a.ts", "eval(text)", "made from text"],
  ["src/core/a.ts", "new Function(text)", "made from text"],
  ["docs/a.md", `Look into ${home}.`, "path of one machine"],
  [
    "package-lock.json",
    JSON.stringify({ packages: { "node_modules/a": { resolved: "https://mirror.example/a.tgz" } } }),
    "registry.npmjs.org",
  ],
])("finds in %s: %s", (file, text, fault) => {
  const faults = houseFaults(file, text)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(fault)
})

test("leaves ordinary files alone", () => {
  expect(houseFaults("src/core/a.ts", `const evaluate = (f: () => Function) => retrieval(f) // https://a.example${home}`)).toEqual([])
  const good = { packages: { "": {}, "node_modules/a": { resolved: "https://registry.npmjs.org/a/-/a-1.0.0.tgz" } } }
  expect(houseFaults("package-lock.json", JSON.stringify(good))).toEqual([])
})
