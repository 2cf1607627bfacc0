import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Fingerprint } from "~src/fingerprint/types"
import { alignStreams } from "~src/lineage/align"
import { type Order, pairPlaces } from "~src/lineage/places"
import { describeUpdate, relationOf } from "~src/lineage/relation"
import { streamTest } from "~src/lineage/stream-profile"
import {
  arrows,
  familyOf,
  fingerprintOf,
  gaussian,
  mapWeights,
  memberOf,
  pairOf,
  rootWeights,
  type Tensor,
  trained,
  type Weights,
} from "./lineage-models"
import { uniformNumbers } from "./uniform-numbers"

type Axis = "stream" | "neurons"

/** Sides of a Llama's matrices: the residual stream, the hidden neurons of its MLPs, or neither. */
function sides(name: string): readonly [rows: Axis | null, cols: Axis | null] {
  if (/norm/.test(name)) return ["stream", null]
  if (/(embed_tokens|lm_head|[qkv]_proj)/.test(name)) return [null, "stream"]
  if (/o_proj/.test(name)) return ["stream", null]
  return /(gate|up)_proj/.test(name) ? ["neurons", "stream"] : ["stream", "neurons"]
}

/** The places of one axis picked in a given order throughout a model. */
function picked(weights: Weights, axis: Axis, places: readonly number[]): Weights {
  return mapWeights(weights, ({ shape, values }, name): Tensor => {
    const [rows, cols] = shape.length === 1 ? [shape[0] as number, 1] : (shape as [number, number])
    const [down, across] = sides(name)
    const [i, j] = [down === axis ? places : [...Array(rows).keys()], across === axis ? places : [...Array(cols).keys()]]
    const taken = Float32Array.from({ length: i.length * j.length }, (_, k) => {
      const [row, col] = [i[Math.floor(k / j.length)] as number, j[k % j.length] as number]
      return values[row * cols + col] as number
    })
    return { shape: shape.length === 1 ? [i.length] : [i.length, j.length], values: taken }
  })
}

function shuffled(n: number, seed: number): number[] {
  const next = uniformNumbers(seed)
  const order = [...Array(n).keys()]
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    ;[order[i], order[j]] = [order[j] as number, order[i] as number]
  }
  return order
}

const kept = (n: number, count: number, seed: number) =>
  shuffled(n, seed)
    .slice(0, count)
    .sort((a, b) => a - b)

/** A random rotation: rows made orthonormal one after the other. */
function rotation(n: number, seed: number): Float64Array[] {
  const next = gaussian(seed)
  const rows: Float64Array[] = []
  while (rows.length < n) {
    const row = Float64Array.from({ length: n }, next)
    for (const other of [...rows, ...rows]) {
      const along = row.reduce((sum, value, i) => sum + value * (other[i] as number), 0)
      for (let i = 0; i < n; i++) row[i] = (row[i] as number) - along * (other[i] as number)
    }
    const length = Math.hypot(...row)
    rows.push(row.map((value) => value / length))
  }
  return rows
}

/** The residual stream turned, the norms' gains folded into what reads it, as QuaRot does (Ashkboos et al. 2024). */
function turned(weights: Weights, seed: number): Weights {
  const width = (weights["model.norm.weight"] as Tensor).values.length
  const turn = rotation(width, seed)
  const gains = (name: string) => {
    const norm = name.replace(/self_attn\.[qkv]_proj/, "input_layernorm").replace(/mlp\.(gate|up)_proj/, "post_attention_layernorm")
    return norm === name ? (name === "lm_head.weight" ? weights["model.norm.weight"] : undefined) : weights[norm]
  }
  return mapWeights(weights, ({ shape, values }, name) => {
    if (shape.length === 1) return values.map(() => 1)
    const [rows, cols] = shape as [number, number]
    const gain = gains(name)
    const out = new Float32Array(values.length)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) {
        let sum = 0
        if (sides(name)[1] === "stream")
          for (let k = 0; k < cols; k++)
            sum += (values[i * cols + k] as number) * (gain?.values[k] ?? 1) * ((turn[j] as Float64Array)[k] as number)
        else for (let k = 0; k < rows; k++) sum += ((turn[i] as Float64Array)[k] as number) * (values[k * cols + j] as number)
        out[i * cols + j] = sum
      }
    return out
  })
}

const root = rootWeights(1)
const [source, sibling] = [trained(root, 2), trained(root, 3)]
const CHANGES: Readonly<Record<string, { readonly relation: string; readonly change: (weights: Weights) => Weights }>> = {
  "the residual stream in another order": { relation: "permuted", change: (w) => picked(w, "stream", shuffled(32, 4)) },
  "the residual stream rotated": { relation: "permuted", change: (w) => turned(w, 5) },
  "neurons in another order": { relation: "permuted", change: (w) => picked(w, "neurons", shuffled(64, 6)) },
  "both in another order": {
    relation: "permuted",
    change: (w) => picked(picked(w, "stream", shuffled(32, 10)), "neurons", shuffled(64, 11)),
  },
  "neurons left out": { relation: "pruned", change: (w) => picked(w, "neurons", kept(64, 48, 7)) },
  "some of the residual stream left out": { relation: "pruned", change: (w) => picked(w, "stream", kept(32, 26, 8)) },
}

describe("a model with", () => {
  it.each(Object.entries(CHANGES))("%s hangs below the very model it was made from", async (_, { relation, change }) => {
    const made = change(source)
    const members = await Promise.all(
      Object.entries({ "x/root": root, "x/source": source, "x/sibling": sibling, "x/made": made, "x/further": trained(made, 9, 0.05) }).map(
        async ([id, weights]) => memberOf(id, await fingerprintOf(weights)),
      ),
    )
    const family = await familyOf(members)
    const found = arrows(family).filter((arrow) => /made|further/.test(arrow))
    expect(found).toEqual(["x/made > x/further", "x/source > x/made"])
    const [, parent, , child] = members as [never, (typeof members)[number], never, (typeof members)[number]]
    for (const [a, b, swapped] of [[parent, child, false] as const, [child, parent, true] as const]) {
      const pair = await pairOf(a.fingerprint, b.fingerprint)
      expect(pair.related).toBeGreaterThan(0.99)
      expect(relationOf(parent.fingerprint, child.fingerprint, describeUpdate(pair), swapped, undefined).relation).toBe(relation)
    }
  })

  it.each(["some of the residual stream left out", "the residual stream rotated"])(
    "%s is related where gains are stored less one",
    async (name) => {
      const lessOne = (weights: Weights) =>
        mapWeights(weights, ({ shape, values }) => (shape.length === 1 ? values.map((value) => value - 1) : values))
      const { change } = CHANGES[name] as (typeof CHANGES)[string]
      const [parent, child] = await Promise.all([source, change(source)].map((weights) => fingerprintOf(lessOne(weights))))
      expect(streamTest(parent as Fingerprint, child as Fingerprint).logP).toBeLessThan(Math.log(1e-20))
    },
  )

  it("no relative finds none, however it is turned", async () => {
    const strangers = [rootWeights(21), picked(rootWeights(22), "stream", shuffled(32, 23)), turned(rootWeights(24), 25)]
    const own = await fingerprintOf(root)
    for (const stranger of strangers) expect(alignStreams(own, await fingerprintOf(stranger))).toBeNull()
  })
})

describe("a model without", () => {
  const [deep, stranger] = [rootWeights(31, 4), rootWeights(32, 4)]
  const made = trained(deep, 33)
  const without = (weights: Weights, dropped: readonly number[]): Weights => {
    const kept = [0, 1, 2, 3].filter((layer) => !dropped.includes(layer))
    return Object.fromEntries(
      Object.entries(weights).flatMap(([name, tensor]) => {
        const layer = /\.layers\.(\d)\./.exec(name)?.[1]
        if (layer === undefined) return [[name, tensor]]
        const at = kept.indexOf(Number(layer))
        return at < 0 ? [] : [[name.replace(`.${layer}.`, `.${at}.`), tensor]]
      }),
    )
  }

  it.each([[[0]], [[1]], [[0, 2]], [[3]]])("the layers %j hangs below the one it was cut from", async (dropped) => {
    const members = await Promise.all(
      Object.entries({ "x/root": deep, "x/made": made, "x/cut": without(made, dropped), "x/stranger": without(stranger, dropped) }).map(
        async ([id, weights]) => memberOf(id, await fingerprintOf(weights)),
      ),
    )
    const family = await familyOf(members)
    expect(arrows(family).filter((arrow) => /cut|stranger/.test(arrow))).toEqual(["x/made > x/cut"])
    const [, parent, child] = members as [never, (typeof members)[number], (typeof members)[number]]
    const pair = await pairOf(parent.fingerprint, child.fingerprint)
    expect(relationOf(parent.fingerprint, child.fingerprint, describeUpdate(pair), false, undefined).relation).toBe("layer-pruned")
  })
})

describe("the test that no order changes", () => {
  it("gives independent models small p-values as seldom as it says", async () => {
    const models = await Promise.all(Array.from({ length: 16 }, (_, i) => fingerprintOf(rootWeights(100 + i))))
    const logPs = models.flatMap((a, i) => models.slice(i + 1).map((b) => streamTest(a, b).logP))
    for (const level of [0.2, 0.05, 0.01]) {
      const expected = level * logPs.length
      expect(logPs.filter((logP) => logP <= Math.log(level)).length, `${level}`).toBeLessThanOrEqual(expected + 4 * Math.sqrt(expected))
    }
  })

  it("says the same of a model before and after its stream is permuted or rotated", async () => {
    const own = await fingerprintOf(root)
    const before = streamTest(own, await fingerprintOf(source)).logP
    expect(before).toBeLessThan(Math.log(1e-20))
    for (const made of [picked(source, "stream", shuffled(32, 4)), turned(source, 5)])
      expect(streamTest(own, await fingerprintOf(made)).logP).toBeCloseTo(before, 6)
  })
})

describe("pairing places", () => {
  const profile = (places: number, samples: number, seed: number) => Float32Array.from({ length: places * samples }, gaussian(seed))
  const asMap = (order: Order | null) => new Map(order ? Array.from(order.a, (place, n) => [place, order.b[n] as number] as const) : [])

  it("finds any order, and any choice of places, again under noise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 20, max: 60 }), (seed, count) => {
        const [places, samples] = [60, 64]
        const a = profile(places, samples, seed)
        const order = shuffled(places, seed).slice(0, count)
        const noise = gaussian(seed + 1)
        const b = Float32Array.from({ length: count * samples }, (_, k) => {
          const place = order[Math.floor(k / samples)] as number
          return (a[place * samples + (k % samples)] as number) + 0.1 * noise()
        })
        expect(asMap(pairPlaces({ a, n: places, b, m: count, samples }))).toEqual(new Map(order.map((place, n) => [place, n] as const)))
      }),
      { numRuns: 30 },
    )
  })

  it("finds none between strangers", () => {
    for (let seed = 1; seed <= 20; seed++)
      expect(pairPlaces({ a: profile(60, 32, seed), n: 60, b: profile(60, 32, seed + 100), m: 60, samples: 32 })).toBeNull()
  })
})
