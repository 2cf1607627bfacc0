import { describe, expect, test } from "vitest"
import { importsOf, layerFaults, layerOf, readSources } from "~src/tools/layers.mjs"

const faultsOf = (sources: Record<string, string>) => layerFaults(new Map(Object.entries(sources)))

test("the project keeps to its layers", () => {
  const sources = readSources()
  expect([...sources.keys()].filter((file) => layerOf(file) !== null).length).toBeGreaterThan(20)
  expect(layerFaults(sources)).toEqual([])
})

describe("the rule itself", () => {
  test("reads every way of importing, and nothing from comments or texts", () => {
    const text = `
      import type { A } from "~src/a"
      import b, {
        c,
      } from "./b"
      import "side.css"
      export * from "../d"
      const e = await import("e")
      // import f from "f"
      /* import g from "g" */
      const h = "import i from 'i'"`
    expect(importsOf(text)).toEqual(["~src/a", "./b", "side.css", "../d", "e"])
  })

  test("lets imports point downwards", () => {
    expect(faultsOf({ "src/lineage/a.ts": `import { b } from "~src/hub/b"`, "src/hub/b.ts": "export const b = 1" })).toEqual([])
  })

  test("finds an import that points upwards, of types too", () => {
    const faults = faultsOf({ "src/hub/a.ts": `import type { B } from "~src/lineage/b"`, "src/lineage/b.ts": "export type B = 1" })
    expect(faults).toEqual(["src/hub/a.ts: imports src/lineage/b.ts, but hub lies below lineage; imports point downwards only"])
  })

  test("finds a cycle between files of one layer", () => {
    const faults = faultsOf({ "src/atlas/a.ts": `import "./b"`, "src/atlas/b.ts": `import "./c"`, "src/atlas/c.ts": `import "./a"` })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain("src/atlas/a.ts -> src/atlas/b.ts -> src/atlas/c.ts -> src/atlas/a.ts")
  })

  test.each([
    ["src/core/a.ts", "document.title", "uses document"],
    ["src/app/a.ts", "const w: HTMLDivElement | null = null", "uses HTMLDivElement"],
    ["src/storage/a.ts", "window.setTimeout(f)", "uses window"],
    ["src/hub/a.ts", "localStorage.clear()", "uses localStorage"],
    ["src/hub/a.ts", "chrome.runtime.id", "uses chrome.*"],
    ["src/formats/a.ts", `import fs from "node:fs"`, "imports node:fs"],
    ["src/app/a.ts", "process.env.X", "uses Node's process"],
    ["src/atlas/a.ts", `import { useState } from "react"`, "imports react"],
    ["src/atlas/a.ts", `import { tree } from "d3"`, "imports d3"],
    ["src/lineage/a.ts", `import { startHub } from "~test/hub/start"`, "must not depend on its tools or tests"],
    ["contents/a.ts", "const x = 1\n".repeat(61), "has 61 lines"],
  ])("finds in %s: %s", (file, text, fault) => {
    const faults = faultsOf({ [file]: text })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })

  test("does not mistake a property, a text or a comment for the page", () => {
    expect(
      faultsOf({
        "src/hub/a.ts": `// document.title\nconst limits = { window: 1 }\nlimits.window\nconst say = "window.open, chrome.tabs"`,
      }),
    ).toEqual([])
  })
})
