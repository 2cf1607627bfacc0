import { beforeAll, describe, expect, it } from "vitest"
import { concludeMember } from "~src/app/conclude"
import { toAtlas } from "~src/app/family-atlas"
import { closedIds } from "~src/app/ghost-parents"
import type { ModelRecord } from "~src/hub/types"
import { type Centre, centreOf, withoutHeirs } from "~src/lineage/centre"
import type { Family } from "~src/lineage/family"
import { withGhosts } from "~src/lineage/ghosts"
import type { Ghost } from "~src/lineage/types"
import { distancesOf, familyOf, membersOf, rootWeights, step, trained, withFacts } from "./lineage-models"
import { ORIGIN } from "./lineage-trees"

const root = rootWeights(31)
const [a, b, c, d] = [32, 33, 34, 35].map((seed) => trained(root, seed)) as [typeof root, typeof root, typeof root, typeof root]
const SIBLINGS = { "x/a": a, "x/b": b, "x/c": c, "x/d": d }
const NOTHING = { unread: new Set<string>() }
const named = (id: string) => Object.fromEntries(["x/b", "x/c"].map((child) => [child, { declared: [id] }]))
const ids = ({ members }: Family, ghost: Ghost | undefined) => [...(ghost?.children.keys() ?? [])].map((place) => members[place]?.id).sort()
const sureOf = (ghost: Ghost | undefined) => Math.min(...(ghost?.children.values() ?? [0]))

function record(id: string): ModelRecord {
  return {
    ...{ id, revision: "r", createdAt: null, lastModified: null, gated: false, private: false, disabled: false, downloads: 0, likes: 0 },
    ...{ tags: [], declared: [], license: null, pipelineTag: null, libraryName: null, modelType: null, architectures: [] },
    ...{ parameters: null, totalParameters: null, adapterBase: null, paths: null },
  }
}

let orphans: Family
let complete: Family
beforeAll(async () => {
  orphans = await familyOf(await membersOf({ ...SIBLINGS, "x/aa": trained(a, 36) }))
  complete = await familyOf(await membersOf({ "x/root": root, ...SIBLINGS, "x/aa": trained(a, 36) }))
})

describe("siblings of an unseen parent", () => {
  it("are joined under a nameless ghost, and what was made from one of them stays there", () => {
    const family = withGhosts(orphans, NOTHING)
    expect(family.ghosts).toHaveLength(1)
    const [ghost] = family.ghosts ?? []
    expect(ghost).toMatchObject({ id: "ghost:0", namedBy: [] })
    expect(ids(family, ghost)).toEqual(Object.keys(SIBLINGS))
    expect(family.edges.map(({ parent, child }) => [family.members[parent]?.id, family.members[child]?.id])).toEqual([["x/a", "x/aa"]])
  })

  it("keep their parent where it was read", () => {
    const family = withGhosts(complete, { unread: new Set(["x/gone"]) })
    expect(family.ghosts).toEqual([])
    expect(family.edges).toEqual(complete.edges)
    expect(withGhosts(withFacts(complete, named("x/gone")), { unread: new Set(["x/gone"]) }).ghosts).toEqual([])
  })

  it("are left alone where the oldest of them may stand above the unseen one, unless cards name it", async () => {
    const common = trained(root, 50)
    const alike = { "x/a": root, ...Object.fromEntries(["b", "c", "d", "e"].map((name, n) => [`x/${name}`, trained(common, 51 + n)])) }
    const dated = (family: Family) =>
      withFacts(family, Object.fromEntries(family.members.map(({ id }, n) => [id, { createdAt: 1e12 + n * 1e9 }])))
    const family = dated(await familyOf(await membersOf(alike)))
    expect(withGhosts(family, NOTHING)).toEqual({ ...family, ghosts: [] })
    const [ghost] = withGhosts(withFacts(family, named("acme/closed")), { unread: new Set(["acme/closed"]) }).ghosts ?? []
    expect(ids(family, ghost)).toEqual(["x/b", "x/c", "x/d", "x/e"])
  })

  it("give the ghost the name that two cards agree on, if nobody can read that repository", () => {
    const cards = withFacts(orphans, named("acme/closed"))
    const [ghost] = withGhosts(cards, { unread: new Set(["acme/closed"]) }).ghosts ?? []
    expect(ghost).toMatchObject({ id: "acme/closed", namedBy: ["x/b", "x/c"] })
    expect(sureOf(ghost)).toBeGreaterThan(sureOf(withGhosts(cards, NOTHING).ghosts?.[0]))
    expect(withGhosts(cards, NOTHING).ghosts?.[0]?.id).toBe("ghost:0")
    const one = withFacts(orphans, { "x/b": { declared: ["acme/closed"] } })
    expect(withGhosts(one, { unread: new Set(["acme/closed"]) }).ghosts?.[0]?.id).toBe("ghost:0")
  })

  it("are told of in report and atlas, and nothing is certified", () => {
    const family = withGhosts(withFacts(orphans, named("acme/closed")), { unread: new Set(["acme/closed"]) })
    const around = { unrelated: new Set<string>(), unread: new Map() }
    const place = family.members.findIndex(({ id }) => id === "x/d")
    const said = concludeMember(family, place, record("x/d"), around)
    expect(said.verdict).toBe("unverified")
    expect(said.reason).toContain("acme/closed")
    expect(said.parents).toMatchObject([{ id: "acme/closed", ghost: true, revision: null, namedBy: ["x/b", "x/c"], share: 1 }])
    const cost = { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null }
    const atlas = toAtlas(
      family,
      family.members.map(({ id }) => record(id)),
      around,
      cost,
    )
    expect(atlas.nodes.filter(({ ghost }) => ghost)).toMatchObject([{ id: "acme/closed", declared: [], family: 0 }])
    expect(atlas.edges.filter(({ parent }) => parent === "acme/closed").map(({ child }) => child)).toHaveLength(4)
    expect(new Set(atlas.nodes.map((node) => node.family))).toEqual(new Set([0]))
  })
})

it("takes only closed and missing repositories for unseen parents", () => {
  const failure = (code: "gated" | "not-found" | "unsupported" | "offline") => ({ code, message: "", advice: "" })
  const unread = new Map((["gated", "not-found", "unsupported", "offline"] as const).map((code) => [code, failure(code)] as const))
  expect([...closedIds(unread)]).toEqual(["gated", "not-found"])
})

describe("a centre", () => {
  const arms = [1, 2, 3, 4].map((seed) => step(ORIGIN, seed, seed / 2))
  const everyone = (count: number) => Array.from({ length: count }, (_, n) => n)
  /** Ways in units of a step of size 1. */
  const waysOf = (centre: Centre | null) => centre?.ways.map((way) => way / ORIGIN.length)

  it("is found with each model's way from it, whether or not a model stands there", () => {
    for (const [models, ways] of [
      [
        [ORIGIN, ...arms],
        [0, 1, 2, 3, 4],
      ],
      [arms, [1, 2, 3, 4]],
    ] as const) {
      const centre = centreOf(distancesOf(models), everyone(models.length))
      expect(centre?.residual).toBeLessThan(0.05)
      expect(waysOf(centre)).toEqual(ways.map((n) => expect.closeTo((n / 2) ** 2, 0)))
    }
    expect(centreOf(distancesOf(arms.slice(0, 2)), [0, 1])).toBeNull()
  })

  it("is the parent of those that are said to be its children, wherever the others come from", () => {
    const inner = step(ORIGIN, 7)
    const children = [8, 9].map((seed) => step(inner, seed))
    const ways = waysOf(centreOf(distancesOf([ORIGIN, ...arms, ...children]), [5, 6]))
    expect([ways?.[0], ways?.[5], ways?.[6]]).toEqual([1, 1, 1].map((way) => expect.closeTo(way, 1)))
  })

  it("has no child among what was trained from one of its children", () => {
    const distances = distancesOf([...arms, step(arms[1] as number[], 9)])
    expect(withoutHeirs(distances, centreOf(distances, everyone(5)) as Centre)).toEqual([0, 1, 2, 3])
  })
})
