import { beforeAll, describe, expect, it } from "vitest"
import { concludeMember, describeParent, edgeProbability, type Surroundings } from "~src/app/conclude"
import { toAtlas } from "~src/app/family-atlas"
import type { Failure } from "~src/core/errors"
import type { ModelRecord } from "~src/hub/types"
import { negativeControl } from "~src/lineage/evidence"
import type { Family } from "~src/lineage/family"
import { CONFIDENCE_BAR } from "~src/lineage/verdict"
import {
  arrows,
  familyOf,
  fingerprintOf,
  mapWeights,
  memberOf,
  mixed,
  pairOf,
  rootWeights,
  trained,
  type Weights,
  withFacts,
} from "./lineage-models"

const DAY = 86_400_000
const ROOT = "acme/root"
const GROVE = "acme/grove"
const WILLOW = "acme/willow"
const KELP = "acme/kelp"
const MERGE = "acme/merge"
const CAST = "acme/cast"
const SEEDMATE = "other/seedmate"
const STRANGER = "other/stranger"
const HOSTILE = "<script>alert(1)</script>/$&"
/** In the order in which they were made. */
const IDS = [ROOT, GROVE, WILLOW, KELP, MERGE, CAST, SEEDMATE] as const

/** Initial weights: norms are still one, so that what differs in them later is training alone. */
const initial = mapWeights(rootWeights(1), ({ shape, values }) => (shape.length === 1 ? values.fill(1) : values))
const root = trained(initial, 2, 0.5)
const grove = trained(root, 3)
const willow = trained(root, 4)
const WEIGHTS: Readonly<Record<(typeof IDS)[number], Weights>> = {
  [ROOT]: root,
  [GROVE]: grove,
  [WILLOW]: willow,
  [KELP]: trained(grove, 5),
  [MERGE]: mixed([
    [0.6, grove],
    [0.4, willow],
  ]),
  [CAST]: root,
  [SEEDMATE]: trained(initial, 6, 0.5),
}
const read = (id: (typeof IDS)[number]) => fingerprintOf(WEIGHTS[id], id === CAST ? "BF16" : "F32")

const record = (id: string, ...declared: string[]): ModelRecord => ({
  ...{ id, revision: null, createdAt: null, lastModified: null, gated: false, private: false, disabled: false, downloads: 7, likes: 0 },
  ...{
    tags: [],
    declared: declared.map((parent) => ({ id: parent, relation: null })),
    license: null,
    pipelineTag: null,
    libraryName: null,
  },
  ...{ modelType: "llama", architectures: [], parameters: null, totalParameters: null, adapterBase: null, paths: null },
})
const alone: Surroundings = { unrelated: new Set(), unread: new Map() }
const failure: Failure = { code: "gated", message: "It is gated.", advice: "Ask for access." }

let family: Family
beforeAll(async () => {
  const members = await Promise.all(IDS.map(async (id, n) => memberOf(id, await read(id), { createdAt: (n + 1) * DAY })))
  family = await familyOf(members)
})
const about = (id: (typeof IDS)[number], declared: readonly string[] = [], around = alone) =>
  concludeMember(family, IDS.indexOf(id), record(id, ...declared), around)

describe("verdicts on a family of known making", () => {
  it("rests on the true tree", () => {
    expect(arrows(family)).toEqual(
      [
        `${ROOT} > ${GROVE}`,
        `${ROOT} > ${WILLOW}`,
        `${GROVE} > ${KELP}`,
        `${GROVE} > ${MERGE}`,
        `${WILLOW} > ${MERGE}`,
        `${ROOT} > ${CAST}`,
      ].sort(),
    )
  })

  it("agrees with a right card, with an ancestor, and with a twin of the parent", () => {
    expect(about(GROVE, [ROOT])).toMatchObject({
      // The made steps are random noise, and told as such.
      verdict: "documented",
      parents: [{ id: ROOT, relation: "noised", hubRelation: "finetune", share: 1 }],
    })
    expect(about(KELP, [ROOT])).toMatchObject({ verdict: "documented", parents: [{ id: GROVE }] })
    expect(about(KELP, [ROOT]).reason).toContain("ancestor")
    expect(about(GROVE, [CAST])).toMatchObject({ verdict: "documented", parents: [{ id: ROOT }] })
  })

  it("names what a silent card leaves out, both parents of a merge with their shares", () => {
    expect(about(GROVE)).toMatchObject({ verdict: "undocumented", parents: [{ id: ROOT }] })
    const { verdict, parents } = about(MERGE)
    expect(verdict).toBe("undocumented")
    expect(parents.map(({ id, relation }) => [id, relation])).toEqual([
      [GROVE, "merge"],
      [WILLOW, "merge"],
    ])
    expect(parents[0]?.share).toBeCloseTo(0.6, 2)
    expect(about(CAST).parents).toMatchObject([{ id: ROOT, relation: "precision", hubRelation: null }])
  })

  it("contradicts a card that names a stranger, a sibling or a descendant", () => {
    const around = { unrelated: new Set([STRANGER]), unread: new Map() }
    expect(about(GROVE, [STRANGER], around)).toMatchObject({ verdict: "contradicted", parents: [{ id: ROOT }] })
    expect(about(GROVE, [STRANGER], around).reason).toContain("do not match")
    expect(about(WILLOW, [GROVE])).toMatchObject({ verdict: "contradicted" })
    expect(about(ROOT, [GROVE])).toMatchObject({ verdict: "contradicted", parents: [] })
    expect(about(ROOT, [GROVE]).reason).toContain("the other way")
  })

  it("does not judge a card by what could not be read", () => {
    const around = { unrelated: new Set<string>(), unread: new Map([["closed/door", failure]]) }
    expect(about(GROVE, ["closed/door"], around)).toMatchObject({ verdict: "unverified" })
    expect(about(GROVE, ["closed/door"], around).reason).toContain("It is gated.")
    expect(about(GROVE, ["never/found"])).toMatchObject({ verdict: "unverified" })
    expect(about(GROVE, [GROVE])).toMatchObject({ verdict: "unverified" })
  })

  it("calls a root independent, and a shared seed no descent", () => {
    expect(about(ROOT)).toMatchObject({ verdict: "independent", parents: [], sharedInit: [SEEDMATE] })
    expect(about(SEEDMATE)).toMatchObject({ verdict: "independent", parents: [] })
    expect(about(SEEDMATE).reason).toContain("which is not descent")
  })
})

describe("evidence", () => {
  it("is whole sentences that name the parent, with finite numbers", () => {
    expect(family.edges.length).toBeGreaterThan(5)
    for (const edge of family.edges) {
      const parent = describeParent(family, edge)
      expect(parent.probability).toBe(edgeProbability(family, edge))
      expect(parent.probability).toBeLessThanOrEqual(1)
      expect(parent.evidence.length).toBeGreaterThan(1)
      expect(parent.evidence.some(({ text }) => text.includes(parent.id))).toBe(true)
      for (const { text, value, p } of parent.evidence) {
        expect(text).toMatch(/^[A-Z0-9a-z].*\.$/)
        expect(text).not.toMatch(/NaN|Infinity|undefined|null/)
        expect(value === null || Number.isFinite(value)).toBe(true)
        expect(p === undefined || (p > 0 && p <= 1)).toBe(true)
      }
      expect(JSON.parse(JSON.stringify(parent))).toEqual(parent)
    }
  })

  it("says what each relation rests on", () => {
    const kinds = (child: string) => about(child as (typeof IDS)[number]).parents[0]?.evidence.map(({ kind }) => kind) ?? []
    expect(kinds(GROVE)).toEqual(expect.arrayContaining(["row-match", "relative-update", "date"]))
    expect(kinds(MERGE)).toEqual(expect.arrayContaining(["row-match", "merge-fit"]))
    expect(kinds(CAST)).toEqual(expect.arrayContaining(["row-match", "rounding"]))
  })

  it("keeps hostile ids as they are written", async () => {
    const members = [
      memberOf(HOSTILE, await read(ROOT), { createdAt: DAY }),
      memberOf("x/child", await read(GROVE), { createdAt: 9 * DAY }),
    ]
    const odd = await familyOf(members)
    const { reason, parents } = concludeMember(odd, 1, record("x/child"), alone)
    expect(reason).toContain(HOSTILE)
    expect(parents[0]?.evidence.some(({ text }) => text.includes(HOSTILE))).toBe(true)
  })

  it("has a negative control from a real stranger, or from chance", async () => {
    const pair = await pairOf(await read(ROOT), await fingerprintOf(rootWeights(99)))
    expect(pair.related).toBeLessThan(0.01)
    expect(negativeControl([{ id: STRANGER, pair }])).toMatchObject({ kind: "negative-control", value: pair.matched, says: "neutral" })
    expect(negativeControl([{ id: STRANGER, pair }]).text).toContain(STRANGER)
    expect(negativeControl([]).text).toContain("chance")
  })
})

describe("the atlas of a family", () => {
  const cost = { requests: 1, bytes: 2, weightBytes: 3, milliseconds: 4, provider: null }
  const records = IDS.map((id) => (id === KELP ? record(id, GROVE) : record(id)))

  it("has every member with its verdict and family, and every edge above the bar", () => {
    const atlas = toAtlas(family, records, alone, cost)
    expect(atlas.nodes.map(({ id, family: number }) => [id, number])).toEqual(IDS.map((id) => [id, id === SEEDMATE ? 1 : 0]))
    for (const [index, node] of atlas.nodes.entries())
      expect(node.verdict).toBe(concludeMember(family, index, records[index] as ModelRecord, alone).verdict)
    expect(atlas.edges.map(({ parent, child }) => `${parent} > ${child}`).sort()).toEqual(arrows(family))
    expect(atlas.edges.filter(({ declared }) => declared)).toMatchObject([{ parent: GROVE, child: KELP }])
    for (const { probability } of atlas.edges) expect(probability).toBeGreaterThanOrEqual(CONFIDENCE_BAR)
    expect(atlas.nodes[0]).not.toHaveProperty("createdAt")
    expect(JSON.parse(JSON.stringify(atlas))).toEqual(atlas)
  })

  it("leaves doubtful edges out, and the verdict open", async () => {
    const two = await familyOf([memberOf(ROOT, await read(ROOT)), memberOf(GROVE, await read(GROVE))])
    const undecided = withFacts(two, { [ROOT]: { createdAt: null }, [GROVE]: { createdAt: null } })
    const [edge] = undecided.edges
    if (!edge) throw new Error("the two are related")
    const atlas = toAtlas(undecided, [record(ROOT), record(GROVE)], alone, cost)
    const sure = edgeProbability(undecided, edge) >= CONFIDENCE_BAR
    expect(atlas.edges).toHaveLength(sure ? 1 : 0)
    const child = concludeMember(undecided, edge.child, record(IDS[edge.child] as string), alone)
    expect(child.verdict, "who came first is not known").toBe("unverified")
  })
})
