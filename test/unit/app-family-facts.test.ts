import { describe, expect, it } from "vitest"
import { licenceFlow } from "~src/app/licence-flow"
import { readPortrait } from "~src/app/portrait-schema"
import { relatives } from "~src/app/relatives"
import type { AtlasReport } from "~src/app/report"
import { FAMILY, parent, report } from "../e2e/scenes"

const node = (id: string, more: object = {}): AtlasReport["nodes"][number] => ({
  ...{ id, family: 0, ghost: false, verdict: "documented", declared: [] },
  ...more,
})
const edge = (above: string, child: string): AtlasReport["edges"][number] => ({
  ...{ parent: above, child, relation: "finetune", probability: 0.9, share: 1, declared: true },
})
const MODEL = "acme/coder-7b"

describe("licences and access up the line", () => {
  const family: AtlasReport = {
    ...FAMILY,
    nodes: [
      node(MODEL, { license: "mit" }),
      node("acme/base-7b", { license: "cc-by-nc-4.0", access: "gated" }),
      node("acme/root", { license: "apache-2.0", access: "disabled" }),
    ],
    edges: [edge("acme/base-7b", MODEL), edge("acme/root", "acme/base-7b")],
  }

  it("lists ancestors nearest first, with state and what the model's licence drops", () => {
    expect(licenceFlow(report({}), family)).toEqual({
      own: "mit",
      ancestors: [
        { id: "acme/base-7b", license: "cc-by-nc-4.0", access: "gated", by: "weights", dropped: ["noncommercial"] },
        { id: "acme/root", license: "apache-2.0", access: "disabled", by: "weights", dropped: [] },
      ],
      imputed: {},
    })
  })

  it("counts a declared parent that could not be read, and none that was read and does not match", () => {
    const told = report({
      parents: [],
      declared: [
        { id: "closed/base-7b", relation: null },
        { id: "other/base-7b", relation: null },
      ],
      notCompared: [{ id: "closed/base-7b", reason: "It is gated.", code: "gated", license: "llama3" }],
    })
    expect(licenceFlow(told, family).ancestors).toEqual([
      { id: "closed/base-7b", license: "llama3", access: "gated", by: "card", dropped: ["own-terms", "use-limits"] },
    ])
  })

  it("ends where families go in circles, and says nothing it does not know", () => {
    const ghosts = {
      ...family,
      nodes: [...family.nodes, node("ghost:1", { ghost: true })],
      edges: [...family.edges, edge("ghost:1", "acme/root")],
    }
    expect(licenceFlow(report({}), ghosts).ancestors).toHaveLength(2)
    const circle = { ...family, nodes: [node(MODEL)], edges: [edge("acme/base-7b", MODEL), edge(MODEL, "acme/base-7b")] }
    expect(licenceFlow(report({}), circle).ancestors).toEqual([
      { id: "acme/base-7b", license: null, access: "open", by: "weights", dropped: [] },
    ])
    expect(licenceFlow(report({}), null)).toMatchObject({ own: null, ancestors: [{ id: "acme/base-7b" }], imputed: {} })
  })

  it("guesses from relatives a licence that the card leaves out", () => {
    const silent = { ...family, nodes: [node(MODEL), ...family.nodes.slice(1).map((one) => ({ ...one, license: "apache-2.0" }))] }
    const { own, imputed } = licenceFlow(report({}), silent)
    expect(own).toBeNull()
    expect(imputed.license).toMatchObject({ value: "apache-2.0" })
  })
})

describe("relatives", () => {
  it("tells children, siblings and ancestors apart and leaves parents out", () => {
    const family = {
      ...FAMILY,
      edges: [
        edge("acme/base-7b", MODEL),
        edge("acme/root", "acme/base-7b"),
        edge("acme/base-7b", "acme/chat"),
        edge(MODEL, "acme/child"),
        edge("acme/child", "acme/grandchild"),
      ],
    }
    const near = ["acme/base-7b", "acme/chat", "acme/grandchild", "acme/root", "acme/stranger"].map((id, i) => ({ id, update: i / 10 }))
    const found = relatives(report({ near, parents: [parent("acme/base-7b")] }), family)
    expect(found.map(({ id, kin }) => [id, kin])).toEqual([
      ["acme/child", "child"],
      ["acme/chat", "sibling"],
      ["acme/grandchild", "descendant"],
      ["acme/root", "ancestor"],
      ["acme/stranger", "relative"],
    ])
    expect(found[0]).toMatchObject({ relation: "finetune", probability: 0.9, update: null })
    expect(relatives(report({}), null)).toEqual([])
  })
})

describe("stored pictures", () => {
  const strip = { roles: ["a"], layers: [0, null], updates: [0.1, null] }
  it.each([
    [{ strip }, true],
    [{ strip, rows: { tensor: "x", size: 1, cosines: [100] } }, true],
    [{ strip: { ...strip, updates: [1] } }, false],
    [{ strip, rows: { tensor: "x", size: 2, cosines: [100] } }, false],
    [{ strip, spectrum: { tensor: "x", values: [], edge: 1 } }, false],
    [undefined, false],
    ["<b>", false],
  ])("are drawn or left out: %j", (value, drawn) => expect(readPortrait(value) !== null).toBe(drawn))
})
