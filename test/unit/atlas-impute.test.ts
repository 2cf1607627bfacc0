import { describe, expect, it } from "vitest"
import { type DescribedNode, impute } from "~src/atlas/impute"
import { datasetsOf, languagesOf } from "~src/hub/tags"

const node = (id: string, more: Partial<DescribedNode> = {}): DescribedNode => ({ id, ...more })
const edge = (parent: string, child: string, probability = 0.95) => ({ parent, child, probability })

describe("imputation from relatives", () => {
  const strangers = ["s1", "s2", "s3", "s4"].map((id) => node(id, { license: "mit", task: "fill-mask" }))
  const base = node("base", { license: "apache-2.0", task: "text-generation", languages: ["en", "fr"], datasets: ["web"] })
  const sibling = node("sibling", { license: "apache-2.0", task: "text-generation", languages: ["en"] })
  const graph = { nodes: [base, sibling, node("mute"), ...strangers], edges: [edge("base", "sibling"), edge("base", "mute")] }

  it("takes what parent and siblings agree on, and says from whom", () => {
    const { license, task, languages } = impute(graph, "mute")
    expect(license).toMatchObject({ value: "apache-2.0", from: ["base", "sibling"] })
    expect(task?.value).toBe("text-generation")
    expect(languages?.value).toBe("en")
    for (const one of [license, task, languages]) {
      expect(one?.probability).toBeGreaterThan(0.5)
      expect(one?.probability).toBeLessThan(1)
    }
  })

  it("leaves alone what the card says, and models without relatives", () => {
    expect(impute(graph, "base")).toEqual({})
    expect(impute(graph, "s1")).toEqual({})
    expect(impute(graph, "nobody")).toEqual({})
  })

  it("says nothing where relatives disagree, and less over doubtful edges", () => {
    const split = { ...graph, nodes: graph.nodes.map((one) => (one.id === "sibling" ? { ...one, license: "openrail" } : one)) }
    expect(impute(split, "mute").license?.probability ?? 0).toBeLessThan(impute(graph, "mute").license?.probability ?? 0)
    const quarrel = {
      nodes: [node("m"), ...["a", "b", "c"].map((id) => node(id, { license: id }))],
      edges: ["a", "b", "c"].map((id) => edge(id, "m")),
    }
    expect(impute(quarrel, "m")).toEqual({})
    const doubtful = { ...graph, edges: graph.edges.map((one) => ({ ...one, probability: 0.5 })) }
    expect(impute(doubtful, "mute").license?.probability ?? 0).toBeLessThan(impute(graph, "mute").license?.probability ?? 0)
  })
})

it("reads datasets and languages from the Hub's tags and nothing else", () => {
  const tags = ["pytorch", "tf", "en", "de", "dataset:squad", "license:mit", "region:us", "xx"]
  expect(datasetsOf({ tags })).toEqual(["squad"])
  expect(languagesOf({ tags })).toEqual(["en", "de"])
})
