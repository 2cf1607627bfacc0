import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { planProbes } from "~src/fingerprint/plan"
import { joinSpans, MAX_GAP, withinRequests } from "~src/fingerprint/ranges"
import { dtypeSize } from "~src/formats/dtypes"
import { canonicalNames } from "~src/formats/names"
import type { CanonicalTensor, Dtype } from "~src/formats/types"
import { llamaShapes, type Shapes } from "./generated-repo"

function layOut(shapes: Shapes, dtype: Dtype): CanonicalTensor[] {
  const places = canonicalNames(shapes.map(([name]) => name))
  return shapes.map(([name, shape]) => ({
    name,
    ...(places.get(name) as { role: string; layer: number | null }),
    dtype,
    shape,
    packing: null,
    bytes: shape.reduce((product, side) => product * side, dtypeSize(dtype)),
    along: "rows",
  }))
}

const side = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 2_000_000 }))
const shape = fc.oneof(
  fc.tuple(side),
  fc.tuple(side, side),
  fc.constant([]),
  fc.tuple(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 512 }), fc.constantFrom(1, 3, 7)),
)
const name = fc
  .tuple(
    fc.constantFrom("layers", "other"),
    fc.nat(90),
    fc.constantFrom("self_attn.q_proj", "mlp.up_proj", "input_layernorm", "x", "experts.3.w"),
    fc.constantFrom("weight", "bias"),
  )
  .map(([stack, layer, part, kind]) => `model.${stack}.${layer}.${part}.${kind}`)
const models: fc.Arbitrary<Shapes> = fc
  .uniqueArray(fc.tuple(name, shape), { selector: ([key]) => key, maxLength: 60 })
  .map((list) => list.sort(([x], [y]) => (x < y ? -1 : 1)))

const byName = (tensors: readonly CanonicalTensor[], budget: number) =>
  new Map(planProbes(tensors, budget).map(({ tensor, row0, rows }) => [tensor.name, [row0, row0 + rows] as const]))

describe("planProbes", () => {
  it("stays within the budget and inside each tensor, and opens none twice", () => {
    fc.assert(
      fc.property(models, fc.constantFrom<Dtype>("F32", "BF16", "U8"), fc.integer({ min: 0, max: 2_000_000 }), (shapes, dtype, budget) => {
        const probes = planProbes(layOut(shapes, dtype), budget)
        let bytes = 0
        for (const { tensor, row0, rows } of probes) {
          const all = tensor.shape.length > 1 ? (tensor.shape[0] as number) : 1
          expect(rows > 0 && row0 >= 0 && row0 + rows <= all).toBe(true)
          bytes += (tensor.bytes / all) * rows
        }
        expect(bytes).toBeLessThanOrEqual(budget)
        expect(new Set(probes.map(({ tensor }) => tensor)).size).toBe(probes.length)
      }),
    )
  })

  it("does not hang on the order of tensors in the file", () => {
    fc.assert(
      fc.property(models, (shapes) => {
        const plan = (list: Shapes) => planProbes(layOut(list, "BF16"), 200_000).map(({ tensor, row0, rows }) => [tensor.name, row0, rows])
        expect(plan([...shapes].reverse())).toEqual(plan(shapes))
      }),
    )
  })

  it("gives a coarser copy all rows of the finer one", () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 0, max: 2_000_000 }), (shapes, budget) => {
        const fine = byName(layOut(shapes, "F32"), budget)
        const coarse = byName(layOut(shapes, "BF16"), budget)
        for (const [key, [begin, end]] of fine) {
          const [from, to] = coarse.get(key) ?? [Number.POSITIVE_INFINITY, 0]
          expect(from <= begin && end <= to).toBe(true)
        }
      }),
    )
  })

  it("takes a model that fits whole, except what is constant", () => {
    const shapes: Shapes = [
      ...llamaShapes(16, 32, 2, 5_000),
      ["model.layers.0.self_attn.rotary_emb.inv_freq", [8]],
      ["logit_bias", [9_000]],
    ]
    const probes = planProbes(layOut(shapes, "F32"), 10_000_000)
    expect(probes).toHaveLength(shapes.length - 1)
    for (const { tensor, row0, rows } of probes) expect([row0, rows]).toEqual([0, tensor.shape.length > 1 ? tensor.shape[0] : 1])
  })

  it("reads large vocabularies from token 1000, small ones from 0", () => {
    const large = byName(layOut(llamaShapes(64, 128, 2, 50_000), "BF16"), 300_000)
    expect(large.get("model.embed_tokens.weight")?.[0]).toBe(1_000)
    expect(large.get("lm_head.weight")?.[0]).toBe(1_000)
    const small = byName(layOut(llamaShapes(64, 128, 2, 4_000), "BF16"), 300_000)
    expect(small.get("model.embed_tokens.weight")?.[0]).toBe(0)
  })

  it("probes first, middle and last layers and gives the queries of the middle layer most rows", () => {
    const probes = planProbes(layOut(llamaShapes(4096, 11008, 32, 32000), "BF16"), 950_272)
    expect(new Set(probes.map(({ tensor }) => tensor.layer))).toEqual(new Set([0, 15, 31, null]))
    const most = probes.reduce((best, probe) => (probe.rows > best.rows ? probe : best))
    expect(most.tensor).toMatchObject({ role: "attn.q", layer: 15 })
    expect(most.rows).toBeGreaterThanOrEqual(48)
  })
})

describe("ranges", () => {
  const spans = fc.array(
    fc.tuple(fc.constantFrom("a", "b"), fc.nat(200_000), fc.nat(9_000)).map(([file, begin, size]) => ({ file, begin, end: begin + size })),
    { maxLength: 80 },
  )

  it("cover every span in one piece, apart from each other, for no more than the gap budget", () => {
    fc.assert(
      fc.property(spans, fc.nat(60_000), (list, gaps) => {
        const ranges = joinSpans(list, gaps)
        for (const span of list.filter(({ begin, end }) => end > begin)) {
          expect(ranges.filter((range) => range.file === span.file && range.begin <= span.begin && span.end <= range.end)).toHaveLength(1)
        }
        for (const [i, right] of ranges.entries()) {
          const left = ranges[i - 1]
          if (left && left.file === right.file) expect(left.end).toBeLessThan(right.begin)
        }
        const size = (joined: readonly { begin: number; end: number }[]) => joined.reduce((sum, { begin, end }) => sum + end - begin, 0)
        expect(size(ranges) - size(joinSpans(list, 0))).toBeLessThanOrEqual(gaps)
      }),
    )
  })

  it("never bridge a gap that costs more than a request", () => {
    const two = [
      { file: "a", begin: 0, end: 10 },
      { file: "a", begin: 10 + MAX_GAP + 1, end: 20 + MAX_GAP },
    ]
    expect(joinSpans(two, 1_000_000)).toHaveLength(2)
  })

  it("drop the last probes beyond the allowed requests", () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 12 }), (list, most) => {
        const { kept, ranges } = withinRequests(
          list.map((span) => [span]),
          most,
          0,
        )
        expect(ranges.length).toBeLessThanOrEqual(most)
        expect(ranges).toEqual(joinSpans(list.slice(0, kept), 0))
        if (kept < list.length) expect(joinSpans(list, 0).length).toBeGreaterThan(most)
      }),
    )
  })
})
