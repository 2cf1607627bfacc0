import { describe, expect, it } from "vitest"
import type { Fingerprint } from "~src/fingerprint/types"
import { commonPart } from "~src/lineage/shared-init"
import { carriedStructure } from "~src/lineage/structure"
import { twinRelation } from "~src/lineage/twins"
import { arrows, familyOf, fingerprintOf, fixture, memberOf, pairOf, rootWeights, trained, withFacts } from "./lineage-models"

const DAY = 86_400_000
const ROOT = "lucidfox/raven-lite"
const CAST = "redshank/ermine-small"
const MERLIN = "rkaplan/merlin-one"
const MERLIN_HALF = "tamarind/finch-a"
const MERLIN_COPY = "tamarind/rowan-2"

async function fixtures(...ids: string[]) {
  return familyOf(await Promise.all(ids.map(async (id) => memberOf(id, await fixture(id)))))
}
async function relation(a: string, b: string) {
  const [x, y] = [await fixture(a), await fixture(b)]
  return twinRelation(x, y, await pairOf(x, y))
}

describe("twins", () => {
  it("know a cast to bfloat16 or float16 from its source, both ways round", async () => {
    expect(await relation(ROOT, CAST)).toBe("a-rounds-to-b")
    expect(await relation(CAST, ROOT)).toBe("b-rounds-to-a")
    expect(await relation(MERLIN, MERLIN_HALF)).toBe("a-rounds-to-b")
  })

  it("know a copy, and no twin in a fine-tune or a stranger", async () => {
    expect(await relation(MERLIN, MERLIN_COPY)).toBe("same-bits")
    expect(await relation(ROOT, MERLIN)).toBe(null)
    expect(await relation(ROOT, "eastgate-research/pebble-v2")).toBe(null)
  })

  it("hang casts below their exact source whatever the dates say", async () => {
    const family = await fixtures(CAST, ROOT)
    for (const late of [CAST, ROOT]) {
      const dated = withFacts(family, { [CAST]: { createdAt: DAY }, [ROOT]: { createdAt: DAY }, [late]: { createdAt: 9 * DAY } })
      expect(arrows(dated)).toEqual([`${ROOT} > ${CAST}`])
      expect(dated.edges[0]).toMatchObject({ kind: "precision", basis: ["information"] })
    }
  })

  it("order copies by date, and leave their direction open without one", async () => {
    const family = await fixtures(MERLIN, MERLIN_COPY)
    expect(family.edges[0]).toMatchObject({ kind: "copy", direction: 0.5, basis: [] })
    const first = (early: string, late: string) =>
      arrows(withFacts(family, { [early]: { createdAt: DAY }, [late]: { createdAt: 2 * DAY } }))
    expect(first(MERLIN, MERLIN_COPY)).toEqual([`${MERLIN} > ${MERLIN_COPY}`])
    expect(first(MERLIN_COPY, MERLIN)).toEqual([`${MERLIN_COPY} > ${MERLIN}`])
    const named = withFacts(family, { [MERLIN]: { declared: [MERLIN_COPY] } })
    expect(arrows(named)).toEqual([`${MERLIN_COPY} > ${MERLIN}`])
    expect(named.edges[0]?.basis).toEqual(["files"])
  })

  it("take a copy's own word for what it was copied from, though others name the copy", async () => {
    const family = await fixtures(ROOT, MERLIN, MERLIN_COPY)
    const named = withFacts(family, { [MERLIN_COPY]: { declared: [MERLIN] }, [ROOT]: { declared: [MERLIN_COPY] } })
    expect(arrows(named)).toContain(`${MERLIN} > ${MERLIN_COPY}`)
    expect(named.edges.find(({ kind }) => kind === "copy")?.direction).toBeGreaterThan(0.8)
  })

  it("put the copy that others name first, and below it those that say so and those that say nothing", async () => {
    const one = await fixture(MERLIN)
    const members = ["x/silent", "x/original", "x/says"].map((id) => memberOf(id, one))
    const family = withFacts(await familyOf(members), { "x/says": { declared: ["x/original"] } })
    expect(arrows(family).sort()).toEqual(["x/original > x/says", "x/original > x/silent"])
    expect(family.edges.find(({ child }) => members[child]?.id === "x/says")?.direction).toBeGreaterThan(0.8)
  })

  it("hang a copy on its original and not on the family's root", async () => {
    const family = await fixtures(ROOT, MERLIN, MERLIN_COPY, MERLIN_HALF)
    const dated = withFacts(
      family,
      Object.fromEntries([ROOT, MERLIN, MERLIN_COPY, MERLIN_HALF].map((id, n) => [id, { createdAt: (n + 1) * DAY }])),
    )
    expect(arrows(dated)).toEqual([`${ROOT} > ${MERLIN}`, `${MERLIN} > ${MERLIN_HALF}`, `${MERLIN} > ${MERLIN_COPY}`].sort())
  })

  it("take the narrow one of two with equal values for the original of an upcast", async () => {
    const narrow = await fingerprintOf(rootWeights(7), "BF16")
    const values = Object.fromEntries(
      narrow.slabs.map(({ name, shape, bits }) => {
        const words = new Uint16Array(bits.slice().buffer)
        return [name, { shape, values: new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer) }]
      }),
    )
    const wide = await fingerprintOf(values)
    expect(wide.slabs.every(({ dtype }) => dtype === "F32")).toBe(true)
    const family = await familyOf([memberOf("x/wide", wide, { createdAt: DAY }), memberOf("x/narrow", narrow, { createdAt: 2 * DAY })])
    expect(arrows(family)).toEqual(["x/narrow > x/wide"])
    expect(family.edges[0]?.kind).toBe("precision")
  })
})

describe("shared initialisation", () => {
  const common = async (a: Fingerprint, b: Fingerprint) => commonPart(await pairOf(a, b), () => carriedStructure(a, b))
  it.each([
    [ROOT, "graniteml/harbor-v0.3"],
    ["thirdshelf/vireo-lite", "northfield-lab/thistle-nano"],
  ])("is seen between %s and %s, and no edge is drawn", async (a, b) => {
    expect(await common(await fixture(a), await fixture(b))).toBe("shared-init")
    const family = await fixtures(a, b)
    expect(family.edges).toEqual([])
    expect(family.sharedInit).toEqual([[0, 1]])
  })

  it.each([
    ["fennel/nimbus-v1", "tomasw-ml/jade-one"],
    [ROOT, "windmill-ai/grove-2"],
    [ROOT, "vesper-lab/teal-a"],
    [ROOT, "bluewharf/bramble-mini"],
    ["windmill-ai/grove-2", "plainsong/kelp-2"],
    ["millrace/juno-lite", "stonecrop/prairie-a"],
    ["redshank/tundra-v2", "p-lindqvist/linnet-v0.3"],
    ["redshank/tundra-v2", "northfield-lab/sable-a"],
    ["thirdshelf/vireo-lite", "quietriver/onyx-24"],
    ["thirdshelf/vireo-lite", "ymori/delta-base"],
  ])("is not seen in the descent %s to %s", async (a, b) => {
    expect(await common(await fixture(a), await fixture(b))).not.toBe("shared-init")
    expect(await common(await fixture(b), await fixture(a))).not.toBe("shared-init")
  })

  it("is not what a long independent training from a parent looks like", async () => {
    const root = rootWeights(3)
    expect(await common(await fingerprintOf(root), await fingerprintOf(trained(root, 4, 0.5)))).not.toBe("shared-init")
  })
})
