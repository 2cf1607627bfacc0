import { readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import type { Family } from "~src/lineage/family"
import { CONFIDENCE_BAR } from "~src/lineage/verdict"
import {
  arrows,
  FIXTURES,
  familyOf,
  fingerprintOf,
  fixture,
  memberOf,
  membersOf,
  mixed,
  rootWeights,
  trained,
  withFacts,
} from "./lineage-models"
import { descendsNowhere } from "./lineage-shape"

const DAY = 86_400_000
const root = rootWeights(1)
const [a, b, c] = [2, 3, 4].map((seed) => trained(root, seed)) as [typeof root, typeof root, typeof root]
const MODELS = {
  "x/root": root,
  "x/a": a,
  "x/b": b,
  "x/c": c,
  "x/aa": trained(a, 5),
  "x/ab": trained(a, 6),
  "x/merge": mixed([
    [0.7, b],
    [0.3, c],
  ]),
  "y/stranger": rootWeights(99),
}
const TRUTH = ["x/a > x/aa", "x/a > x/ab", "x/b > x/merge", "x/c > x/merge", "x/root > x/a", "x/root > x/b", "x/root > x/c"]
const created = (order: readonly string[]) => Object.fromEntries(order.map((id, n) => [id, { createdAt: (n + 1) * DAY }]))
const ORDER = ["x/root", "x/a", "x/b", "x/c", "x/aa", "x/ab", "x/merge", "y/stranger"]

let family: Family
beforeAll(async () => {
  family = await familyOf(await membersOf(MODELS))
})

describe("a family of known making", () => {
  it("is charted as it was made, with dates", () => {
    const dated = withFacts(family, created(ORDER))
    expect(arrows(dated)).toEqual(TRUTH)
    for (const { direction, attachment } of dated.edges) expect(direction * attachment).toBeGreaterThan(CONFIDENCE_BAR)
    expect(dated.edges.filter(({ kind }) => kind === "tree").every(({ basis }) => basis.includes("time"))).toBe(true)
  })

  it("keeps its tree when one parent was uploaded again last", () => {
    expect(arrows(withFacts(family, { ...created(ORDER), "x/root": { createdAt: 500 * DAY } }))).toEqual(TRUTH)
  })

  it("names the parts of a merge with their shares", () => {
    const shares = family.edges
      .filter(({ kind }) => kind === "merge")
      .map(({ parent, share }) => [family.members[parent]?.id, share] as const)
    expect(shares.map(([id]) => id).sort()).toEqual(["x/b", "x/c"])
    for (const [id, share] of shares) expect(share).toBeCloseTo(id === "x/b" ? 0.7 : 0.3, 2)
  })

  it("is a forest but for merges, with probabilities, without dates too", () => {
    descendsNowhere(family)
    for (const { direction, attachment } of family.edges)
      for (const value of [direction, attachment]) {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1)
      }
  })

  it("leaves strangers without edges", () => {
    expect(family.edges.some(({ parent, child }) => [parent, child].includes(7))).toBe(false)
  })

  it("comes out the same in any order of its members", async () => {
    const wanted = arrows(withFacts(family, created(ORDER)))
    const undated = arrows(family)
    for (const turn of [3, 5]) {
      const members = family.members.map((_, i, all) => all[(i * turn + 2) % all.length]).filter((member) => member !== undefined)
      expect(members).toHaveLength(family.members.length)
      const again = await familyOf(members)
      expect(arrows(withFacts(again, created(ORDER)))).toEqual(wanted)
      expect(arrows(again)).toEqual(undated)
    }
  })
})

it("lets a named origin decide between two that nothing else tells apart", async () => {
  const pair = await familyOf([memberOf("x/one", await fingerprintOf(root)), memberOf("x/two", await fingerprintOf(a))])
  expect(pair.edges).toHaveLength(1)
  expect(arrows(withFacts(pair, { "x/two": { namedOrigin: "x/one" } }))).toEqual(["x/one > x/two"])
  expect(arrows(withFacts(pair, { "x/one": { namedOrigin: "x/two" } }))).toEqual(["x/two > x/one"])
  expect(withFacts(pair, { "x/two": { namedOrigin: "x/one" } }).edges[0]?.basis).toContain("files")
})

it("charts one model, none, and strangers without any edge", async () => {
  expect((await familyOf([])).edges).toEqual([])
  expect((await familyOf(family.members.slice(0, 1))).edges).toEqual([])
  expect((await familyOf([family.members[0], family.members[7]].filter((member) => member !== undefined))).edges).toEqual([])
})

it("charts the fixtures' Llamas, trained for real, as they were made, with their dates and cards", async () => {
  const [hub, truth] = ["hub.json", "truth.json"].map((name) => JSON.parse(readFileSync(`${FIXTURES}${name}`, "utf8")))
  const created = new Map<string, string>(hub.repos.map(({ id, createdAt }: { id: string; createdAt: string }) => [id, createdAt]))
  const models: readonly { id: string; architecture: string; declared: string[]; parents: { id: string }[] }[] = truth.models
  const llamas = models.filter(({ architecture }) => architecture === "llama")
  expect(llamas.length).toBeGreaterThan(12)
  const charted = await familyOf(
    await Promise.all(
      llamas.map(async ({ id, declared }) =>
        memberOf(id, await fixture(id), { declared, createdAt: Date.parse(created.get(id) as string) }),
      ),
    ),
  )
  expect(arrows(charted)).toEqual(llamas.flatMap(({ id, parents }) => parents.map((parent) => `${parent.id} > ${id}`)).sort())
  descendsNowhere(charted)
})
