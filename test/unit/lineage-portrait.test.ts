import { describe, expect, it } from "vitest"
import { slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import type { Packing } from "~src/formats/types"
import { portraitOf } from "~src/lineage/portrait"
import { isHeadOrEmbedding } from "~src/lineage/roles"
import { fingerprintOf, mapWeights, pairOf, rootWeights, trained } from "./lineage-models"

const base = rootWeights(1)
const packing: Packing = { scheme: "Q4_0", bits: 4, group: 32 }

const portrait = async (parent: Fingerprint, child: Fingerprint) => portraitOf(parent, child, await pairOf(parent, child))

/** Body matrices rounded to 15 levels in groups of 32. */
function packed(fingerprint: Fingerprint): Fingerprint {
  const isPacked = ({ shape, role }: { readonly shape: readonly number[]; readonly role: string }) =>
    shape.length > 1 && !isHeadOrEmbedding(role)
  return {
    ...fingerprint,
    tensors: fingerprint.tensors.map((tensor) => (isPacked(tensor) ? { ...tensor, packing } : tensor)),
    slabs: fingerprint.slabs.map((slab) => {
      if (!isPacked(slab)) return slab
      const values = slabValues(slab)
      const rounded = values.map((value, i) => {
        const group = values.subarray(i - (i % 32), i - (i % 32) + 32)
        const scale = Math.fround(group.reduce((most, one) => Math.max(most, Math.abs(one)), 0) / 7)
        return Math.round(value / scale) * scale
      })
      return { ...slab, packing, bits: new Uint8Array(rounded.buffer) }
    }),
  }
}

describe("what can be seen of a claim", () => {
  it("shows by layer and role how far each tensor moved", async () => {
    // Only the second layer's matrices move, by a tenth of their size.
    const moved = trained(base, 2, 0.1)
    const child = mapWeights(base, ({ values }, name) => (name.includes("layers.1.mlp") ? (moved[name]?.values ?? values) : values))
    const { strip } = await portrait(await fingerprintOf(base), await fingerprintOf(child))
    expect(strip.layers).toEqual([0, 1, null])
    expect(strip.updates).toHaveLength(strip.roles.length * strip.layers.length)
    const at = (role: string, layer: number | null) =>
      strip.updates[strip.roles.indexOf(role) * strip.layers.length + strip.layers.indexOf(layer)]
    expect(at("mlp.up", 0)).toBe(0)
    expect(at("mlp.up", 1)).toBeGreaterThan(0.08)
    expect(at("mlp.up", 1)).toBeLessThan(0.12)
    expect(at("mlp.up", null)).toBeNull()
    expect(at("attn.q", 1)).toBe(0)
  })

  it("shows rows on the diagonal for a relative and none for a stranger", async () => {
    const [parent, child, stranger] = await Promise.all([base, trained(base, 2), rootWeights(9)].map((one) => fingerprintOf(one)))
    const near = (await portrait(parent as Fingerprint, child as Fingerprint)).rows
    const far = (await portrait(parent as Fingerprint, stranger as Fingerprint)).rows
    expect(near?.size).toBe(16)
    for (let i = 0; i < 16; i++) expect(near?.cosines[i * 17]).toBeGreaterThan(95)
    expect(Math.abs(near?.cosines[1] ?? 100)).toBeLessThan(80)
    expect(Math.max(...Array.from({ length: 16 }, (_, i) => far?.cosines[i * 17] ?? 0))).toBeLessThan(80)
  })

  it("shows a merged adapter's few directions over the edge of noise, and none over it for noise", async () => {
    const lowRank = mapWeights(base, ({ shape, values }, name) => {
      if (!name.includes("q_proj")) return values
      const cols = shape[1] ?? 1
      const step = (row: number, col: number, k: number) => (0.02 / k) * Math.sin(1 + k * row) * Math.cos(2 + (k + 2) * col)
      return values.map((value, i) => [1, 2, 5].reduce((sum, k) => sum + step(Math.floor(i / cols), i % cols, k), value))
    })
    const { spectrum } = await portrait(await fingerprintOf(base), await fingerprintOf(lowRank))
    expect(spectrum?.tensor).toContain("q_proj")
    expect(spectrum?.values.filter((value) => value > (spectrum?.edge ?? 0))).toHaveLength(3)
    const noise = (await portrait(await fingerprintOf(base), await fingerprintOf(trained(base, 3)))).spectrum
    expect(noise?.values.filter((value) => value > 1.05 * (noise?.edge ?? 0))).toHaveLength(0)
  })

  it("shows packed values within half a step of their source, and those of a sibling beyond it", async () => {
    const [own, sibling] = [await fingerprintOf(trained(base, 2)), await fingerprintOf(trained(base, 3, 0.3))]
    const child = packed(own)
    const inner = (offsets: readonly number[] | undefined) => {
      const all = offsets?.reduce((sum, n) => sum + n, 0) ?? 0
      return (offsets?.slice(11, 37).reduce((sum, n) => sum + n, 0) ?? 0) / all
    }
    const right = (await portrait(own, child)).packed
    expect(inner(right?.offsets)).toBe(1)
    expect(inner((await portrait(sibling, child)).packed?.offsets)).toBeLessThan(0.95)
    // Packed values stand on their levels, every fourth bin; the source's lie everywhere.
    expect(right?.child.every((n, bin) => n === 0 || bin % 4 === 0)).toBe(true)
    expect(right?.parent.filter((n, bin) => n > 0 && bin % 4 !== 0).length).toBeGreaterThan(30)
    expect((await portrait(own, sibling)).packed).toBeUndefined()
  })

  it("stays within a few kilobytes for a deep model", async () => {
    const deep = rootWeights(1, 60)
    const picture = await portrait(await fingerprintOf(deep), await fingerprintOf(trained(deep, 2)))
    expect(picture.strip.layers.length).toBeLessThanOrEqual(33)
    expect(JSON.stringify(picture).length).toBeLessThan(8_000)
  })
})
