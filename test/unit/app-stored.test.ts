import fc from "fast-check"
import { expect, it } from "vitest"
import { readInspection } from "~src/app/stored"
import { FAMILY, report } from "../e2e/scenes"

it("reads back what was stored", () => {
  const [stored, atlas] = [structuredClone(report({})), structuredClone(FAMILY)]
  expect(readInspection(stored, atlas)).toEqual({ report: report({}), atlas: FAMILY })
})

it("takes nothing that is absent, damaged or of another version", () => {
  const good = report({})
  const bad: unknown[] = [undefined, null, "text", [], {}, { ...good, schema: "pedigree/lineage@2" }, { ...good, verdict: "fine" }]
  for (const key of ["model", "revision", "reason", "parents", "declared", "compared", "notCompared", "sharedInit"])
    bad.push(Object.fromEntries(Object.entries(good).filter(([name]) => name !== key)))
  bad.push(
    { ...good, parents: [{ id: "a/b", relation: "cousin", probability: 1 }] },
    { ...good, compared: [{ id: "a/b", related: "yes" }] },
  )
  for (const one of bad) expect(readInspection(one, FAMILY)).toBe(null)
  for (const atlas of [
    undefined,
    {},
    { ...FAMILY, schema: "pedigree/atlas@0" },
    { ...FAMILY, nodes: [{ id: 1, family: 0 }] },
    { ...FAMILY, edges: [{}] },
  ])
    expect(readInspection(good, atlas)).toBe(null)
})

it("never throws on anything", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (one, other) => {
      expect(readInspection(one, other)).toBe(null)
    }),
  )
})
