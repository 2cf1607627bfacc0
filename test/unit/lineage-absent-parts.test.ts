import { describe, expect, it } from "vitest"
import { concludeMember } from "~src/app/conclude"
import { toAtlas } from "~src/app/family-atlas"
import type { ModelRecord } from "~src/hub/types"
import type { Family } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import { familyOf, gaussian, mapWeights, membersOf, mixed, rootWeights, trained, type Weights, withFacts } from "./lineage-models"

const root = rootWeights(71)
const [p, q, other] = [72, 73, 74].map((seed) => trained(root, seed)) as [Weights, Weights, Weights]
const isAttention = (name: string) => name.includes("self_attn")
/** Trained in the attention alone, as adapters are: norms, embeddings and the rest stay. */
const inAttention = (weights: Weights, seed: number): Weights => {
  const next = trained(weights, seed)
  return mapWeights(weights, (tensor, name) => (isAttention(name) ? (next[name]?.values as Float32Array) : tensor.values))
}
/** An element of the base with some of the parts' changes, each kept with a probability and made larger by as much (DARE). */
const dropped = (base: Weights, parts: readonly Weights[], kept: number, weight: number, seed: number): Weights => {
  const next = gaussian(seed)
  return mapWeights(base, ({ values }, name) =>
    values.map((value, n) =>
      parts.reduce((sum, part) => {
        const change = (part[name]?.values[n] as number) - value
        return sum + (Math.abs(next()) < (kept === 0.5 ? 0.6745 : 1.0364) ? (weight / kept) * change : 0)
      }, value),
    ),
  )
}
const NOTHING = { unread: new Set<string>() }
const chart = async (models: Readonly<Record<string, Weights>>) => withGhosts(await familyOf(await membersOf(models)), NOTHING)
const place = ({ members }: Family, id: string) => members.findIndex((member) => member.id === id)
const childrenOf = ({ ghosts = [], members }: Family) => ghosts.map(({ children }) => [...children.keys()].map((at) => members[at]?.id))
const parentsOf = (family: Family, id: string) =>
  family.edges.flatMap(({ parent, child, share }) => (child === place(family, id) ? [[family.members[parent]?.id, share] as const] : []))

function record(id: string, declared: readonly string[] = []): ModelRecord {
  return {
    ...{ id, revision: "r", createdAt: null, lastModified: null, gated: false, private: false, disabled: false, downloads: 0, likes: 0 },
    ...{ tags: [], license: null, pipelineTag: null, libraryName: null, modelType: null, architectures: [], parameters: null },
    ...{ declared: declared.map((parent) => ({ id: parent, relation: "merge" })), totalParameters: null, adapterBase: null, paths: null },
  }
}

describe("a merge one of whose parts was not read", () => {
  it("is a mean with it where the absent part kept the base's weights", async () => {
    const absent = inAttention(root, 75)
    const family = await chart({
      "x/root": root,
      "x/p": p,
      "x/o": other,
      "x/s": q,
      "x/m": mixed([
        [0.6, p],
        [0.4, absent],
      ]),
    })
    expect(family.ghosts).toMatchObject([{ id: "ghost:0", namedBy: [], part: { method: "mean" } }])
    expect(childrenOf(family)).toEqual([["x/m"]])
    expect(family.ghosts?.[0]?.part?.share).toBeCloseTo(0.4, 3)
    const [[parent, share] = []] = parentsOf(family, "x/m")
    expect(parent).toBe("x/p")
    expect(share).toBeCloseTo(0.6, 3)
  })

  it("is a mean with it where an heir of the absent part kept its weights, and the heir is no parent", async () => {
    const heir = inAttention(q, 76)
    const family = await chart({
      "x/root": root,
      "x/p": p,
      "x/o": other,
      "x/heir": heir,
      "x/m": mixed([
        [0.3, p],
        [0.7, q],
      ]),
    })
    expect(family.ghosts?.map(({ part }) => part?.share.toFixed(2))).toEqual(["0.70"])
    expect(parentsOf(family, "x/m").map(([parent]) => parent)).toEqual(["x/p"])
  })

  it("is one though it has an heir that kept most of its weights, and the heir is none", async () => {
    const merge = mixed([
      [0.6, p],
      [0.4, inAttention(root, 75)],
    ])
    const family = await chart({ "x/root": root, "x/p": p, "x/o": other, "x/heir": inAttention(merge, 91), "x/m": merge })
    expect(childrenOf(family)).toEqual([["x/m"]])
    expect(parentsOf(family, "x/heir").map(([parent]) => parent)).toEqual(["x/m"])
  })

  it("took some elements of it (DARE)", async () => {
    const merge = dropped(root, [p, q], 0.7, 0.5, 77)
    const family = await chart({ "x/root": root, "x/p": p, "x/o": other, "x/s": trained(root, 78), "x/m": merge })
    expect(family.ghosts).toMatchObject([{ part: { method: "selection", share: 0.5 } }])
    expect(childrenOf(family)).toEqual([["x/m"]])
    expect(parentsOf(family, "x/m")).toEqual([["x/p", 0.5]])
  })

  it("is told by its card where the weights are a relative's that carries but a part of the other's step", async () => {
    const models = {
      "x/root": root,
      "x/p": p,
      "x/o": other,
      "x/s": trained(root, 79),
      "x/m": mixed([
        [0.5, p],
        [0.5, q],
      ]),
    }
    const facts = { "x/m": { merged: true, declared: ["x/p", "acme/closed"] } }
    const unread = new Set(["acme/closed"])
    const family = withGhosts(withFacts(await familyOf(await membersOf(models)), facts), { unread })
    expect(family.ghosts).toMatchObject([{ id: "acme/closed", namedBy: ["x/m"], part: { share: 0.5, method: "card" } }])
    expect(parentsOf(family, "x/m")).toEqual([["x/p", 0.5]])
    // A card alone makes no merge: these weights carry the whole step.
    const heir = { ...models, "x/m": trained(p, 80) }
    expect(withGhosts(withFacts(await familyOf(await membersOf(heir)), facts), { unread }).ghosts).toEqual([])
    expect(withGhosts(family, { unread: new Set() }).edges).toEqual(family.edges)
  })

  it("is reported with both parents, and nothing is certified of the absent one", async () => {
    const merge = mixed([
      [0.6, p],
      [0.4, inAttention(root, 75)],
    ])
    const charted = await familyOf(await membersOf({ "x/root": root, "x/p": p, "x/o": other, "x/s": q, "x/m": merge }))
    const around = { unrelated: new Set<string>(), unread: new Map() }
    const declared = ["x/p", "acme/closed"]
    const family = withGhosts(withFacts(charted, { "x/m": { declared } }), { unread: new Set(["acme/closed"]) })
    const said = concludeMember(family, place(family, "x/m"), record("x/m", declared), around)
    expect(said).toMatchObject({
      verdict: "documented",
      reason: "The weights match a merge of x/p with acme/closed, which is not readable here.",
      parents: [
        { id: "x/p", ghost: false, relation: "merge" },
        { id: "acme/closed", ghost: true, revision: null, relation: "merge", namedBy: ["x/m"] },
      ],
    })
    expect(said.parents.map(({ share }) => share).reduce((sum, share) => sum + share)).toBeCloseTo(1, 6)
    const cost = { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null }
    const records = family.members.map(({ id }) => record(id, id === "x/m" ? declared : []))
    const atlas = toAtlas(family, records, around, cost)
    expect(atlas.edges.filter(({ child }) => child === "x/m")).toMatchObject([
      { parent: "x/p", relation: "merge" },
      { parent: "acme/closed", relation: "merge", declared: true },
    ])
    expect(atlas.nodes.filter(({ ghost }) => ghost).map(({ id }) => id)).toEqual(["acme/closed"])
    const unnamed = withGhosts(charted, NOTHING)
    const alone = concludeMember(unnamed, place(unnamed, "x/m"), record("x/m"), around)
    expect(alone).toMatchObject({ verdict: "undocumented", parents: [{ id: "x/p" }, { id: "ghost:0", ghost: true }] })
  })
})

describe("no part is missed from", () => {
  const half = (a: Weights, b: Weights) =>
    mixed([
      [0.5, a],
      [0.5, b],
    ])
  const halfway = trained(root, 82)
  const cases: Record<string, Record<string, Weights>> = {
    "trained children and their children": { "x/c": trained(p, 81), "x/cc": trained(trained(p, 81), 82) },
    "partial training": { "x/c": inAttention(p, 81), "x/cc": inAttention(inAttention(p, 81), 83) },
    "an adapter merged at two strengths": {
      "x/c": mixed([
        [0.5, p],
        [0.5, inAttention(p, 81)],
      ]),
      "x/cc": inAttention(p, 81),
    },
    "checkpoints of one training and their averages": {
      "x/c": halfway,
      "x/cc": trained(halfway, 84),
      "x/mean": half(halfway, trained(halfway, 84)),
    },
    noise: { "x/c": trained(p, 85, 0.003) },
    "small weights set to zero": { "x/c": mapWeights(p, ({ values }) => values.map((value) => (Math.abs(value) < 0.02 ? 0 : value))) },
    "a mean whose parts are all there": { "x/c": half(p, other) },
    "weights decayed where nothing was learnt": {
      "x/c": mapWeights(inAttention(p, 86), ({ values }, name) => (isAttention(name) ? values : values.map((value) => value * 0.999))),
      "x/cc": mapWeights(inAttention(p, 87), ({ values }, name) => (isAttention(name) ? values : values.map((value) => value * 0.998))),
    },
    "partial training after a mean": { "x/c": half(p, root), "x/cc": inAttention(half(p, root), 89) },
    "partial training after a selection": {
      "x/c": dropped(root, [p, other], 0.7, 0.5, 88),
      "x/cc": inAttention(dropped(root, [p, other], 0.7, 0.5, 88), 90),
    },
    "selected elements of parts that are all there": { "x/c": dropped(root, [p, other], 0.7, 0.5, 88) },
  }
  it.each(Object.entries(cases))("%s", async (_, models) => {
    const family = await chart({ "x/root": root, "x/p": p, "x/o": other, "x/s": q, ...models })
    expect(family.ghosts?.filter(({ part }) => part)).toEqual([])
  })
})
