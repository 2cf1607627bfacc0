import { describe, expect, it } from "vitest"
import { slabValues } from "~src/fingerprint/slabs"
import type { Fingerprint } from "~src/fingerprint/types"
import type { Packing } from "~src/formats/types"
import { packingOf, quantisationFit, quantisedFrom } from "~src/lineage/quantized"
import { isHeadOrEmbedding } from "~src/lineage/roles"
import { arrows, familyOf, fingerprintOf, memberOf, mixed, rootWeights, trained, type Weights } from "./lineage-models"

/** Rounds the body matrices to `bits` bits in groups of 32 along the rows, symmetric about zero, as 4-bit packers do. */
function pack(fingerprint: Fingerprint, bits: number): Fingerprint {
  const packing: Packing = { scheme: "Q4_0", bits, group: 32 }
  const packed = ({ shape, role }: { readonly shape: readonly number[]; readonly role: string }) =>
    shape.length > 1 && !isHeadOrEmbedding(role)
  const most = 2 ** (bits - 1) - 1
  return {
    ...fingerprint,
    format: "gguf",
    tensors: fingerprint.tensors.map((tensor) => (packed(tensor) ? { ...tensor, packing } : tensor)),
    slabs: fingerprint.slabs.map((slab) => {
      if (!packed(slab)) return slab
      const values = slabValues(slab)
      const rounded = new Float32Array(values.length)
      for (let start = 0; start < values.length; start += 32) {
        const group = values.subarray(start, start + 32)
        const scale = Math.fround(group.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / most)
        for (const [i, value] of group.entries()) rounded[start + i] = Math.round(value / scale) * scale
      }
      return { ...slab, packing, bits: new Uint8Array(rounded.buffer) }
    }),
  }
}

const base = rootWeights(1)
const tuned = trained(base, 2, 0.01)
const sibling = trained(base, 3, 0.01)
const prints = async (weights: readonly Weights[]) => Promise.all(weights.map((one) => fingerprintOf(one)))
const listed = (fingerprints: readonly Fingerprint[]) => fingerprints.map((fingerprint, index) => ({ index, fingerprint, named: false }))

describe("the source of packed weights", () => {
  it("has every element in the cell that rounds to it, a sibling has not", async () => {
    const [own, other] = (await prints([tuned, sibling])) as [Fingerprint, Fingerprint]
    const packed = pack(own, 4)
    expect(quantisationFit(packed, own).outside).toBe(0)
    expect(quantisationFit(packed, other).outside).toBeGreaterThan(0.005)
    expect(packingOf(packed).packing).toMatchObject({ scheme: "Q4_0", bits: 4 })
    expect(packingOf(own).packing).toBeNull()
  })

  it.each([2, 3, 4, 8])("is told from its parent, its sibling and their mean at %i bits", async (bits) => {
    const fingerprints = await prints([
      base,
      tuned,
      sibling,
      mixed([
        [0.5, tuned],
        [0.5, sibling],
      ]),
    ])
    for (const [source, fingerprint] of fingerprints.entries()) {
      const found = quantisedFrom(pack(fingerprint, bits), listed(fingerprints))
      expect(found?.source).toBe(source)
      expect(found?.probability).toBeGreaterThan(0.9)
    }
  })

  it("stays open between two that the packed weights cannot tell apart", async () => {
    const [own] = (await prints([tuned])) as [Fingerprint]
    expect(quantisedFrom(pack(own, 4), listed([own, own]))?.probability).toBeCloseTo(0.49)
    expect(quantisedFrom(pack(own, 4), [])).toBeNull()
  })

  it("is the one that the card names where the weights leave it open, not where they don't", async () => {
    const [own, other] = (await prints([tuned, sibling])) as [Fingerprint, Fingerprint]
    const open = quantisedFrom(pack(own, 4), [
      { index: 0, fingerprint: own, named: false },
      { index: 1, fingerprint: own, named: true },
    ])
    expect(open?.source).toBe(1)
    expect(open?.probability).toBeGreaterThan(0.75)
    const clear = quantisedFrom(pack(own, 4), [
      { index: 0, fingerprint: own, named: false },
      { index: 1, fingerprint: other, named: true },
    ])
    expect(clear?.source).toBe(0)
    expect(clear?.probability).toBeGreaterThan(0.95)
  })

  it("is its parent in the family's chart, and it is nobody's", async () => {
    const [root, child, other] = (await prints([base, tuned, sibling])) as [Fingerprint, Fingerprint, Fingerprint]
    const members = [memberOf("x/root", root), memberOf("x/a", child), memberOf("x/b", other), memberOf("x/q", pack(child, 4))]
    const family = await familyOf(members)
    expect(arrows(family).filter((arrow) => arrow.includes("x/q"))).toEqual(["x/a > x/q"])
    expect(family.edges.find(({ child: at }) => at === 3)).toMatchObject({ kind: "quantized", basis: ["information"] })
  })
})
