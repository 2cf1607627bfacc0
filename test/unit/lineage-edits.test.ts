import { beforeAll, describe, expect, it } from "vitest"
import { slabValues } from "~src/fingerprint/slabs"
import { describeUpdate, hubRelation, relationOf } from "~src/lineage/relation"
import {
  arrows,
  familyOf,
  fingerprintOf,
  fixture,
  gaussian,
  mapWeights,
  memberOf,
  pairOf,
  type Tensor,
  type Weights,
} from "./lineage-models"

const ROOT = "lucidfox/raven-lite"
const SOURCE = "windmill-ai/grove-2"
const KIN = [ROOT, SOURCE, "windmill-ai/willow-24"]

/** A fixture model's weights; the fingerprint holds models of this size whole. */
async function weightsOf(id: string): Promise<Weights> {
  const { slabs, tensors } = await fixture(id)
  expect(slabs).toHaveLength(tensors.length)
  return Object.fromEntries(
    slabs.map((slab) => {
      expect(slab.rows * slab.cols).toBe(slab.shape.reduce((product, side) => product * side, 1))
      return [slab.name, { shape: slab.shape, values: slabValues(slab).slice() }]
    }),
  )
}

const isBody = (name: string, { shape }: Tensor) => shape.length === 2 && name.includes(".layers.")
const body = (weights: Weights, change: (tensor: Tensor, name: string) => Float32Array) =>
  mapWeights(weights, (tensor, name) => (isBody(name, tensor) ? change(tensor, name) : tensor.values))
const layerOf = (name: string) => Number(/\.layers\.(\d+)\./.exec(name)?.[1] ?? -1)

/** Half of each matrix, the smallest values, set to zero. */
const pruned = (weights: Weights) =>
  body(weights, ({ values }) => {
    const bar = [...values].map(Math.abs).sort((a, b) => a - b)[values.length >> 1] as number
    return values.map((value) => (Math.abs(value) < bar ? 0 : value))
  })

/** Blocks of 32 on a grid of 15 levels, as 4-bit quantisers leave them. */
const gridded = (weights: Weights) =>
  body(weights, ({ values }) => {
    const made = values.slice()
    for (let start = 0; start < made.length; start += 32) {
      const block = made.subarray(start, start + 32)
      const scale = Math.max(...block.map(Math.abs)) / 7 || 1
      for (const [i, value] of block.entries()) block[i] = Math.fround(Math.round(value / scale) * Math.fround(scale))
    }
    return made
  })

/** The hidden units of every feed-forward block in reverse order: the same function, other rows. */
const permuted = (weights: Weights) =>
  mapWeights(weights, ({ shape, values }, name) => {
    const [rows, cols] = shape as [number, number]
    const at = (row: number, col: number) => values[row * cols + col] as number
    if (/(gate|up)_proj/.test(name)) return values.map((_, i) => at(rows - 1 - Math.floor(i / cols), i % cols))
    if (/down_proj/.test(name)) return values.map((_, i) => at(Math.floor(i / cols), cols - 1 - (i % cols)))
    return values
  })

const withVocabulary = (weights: Weights, more: number) =>
  mapWeights(weights, ({ shape, values }, name) => {
    if (!/embed_tokens|lm_head/.test(name)) return values
    const [rows, cols] = shape as [number, number]
    const longer = new Float32Array((rows + more) * cols)
    longer.set(values)
    return { shape: [rows + more, cols], values: longer }
  })

const withoutLastLayer = (weights: Weights) => {
  const last = Math.max(...Object.keys(weights).map(layerOf))
  return Object.fromEntries(Object.entries(weights).filter(([name]) => layerOf(name) !== last))
}

const withLastLayerTwice = (weights: Weights) => {
  const last = Math.max(...Object.keys(weights).map(layerOf))
  const again = Object.entries(weights).filter(([name]) => layerOf(name) === last)
  return { ...weights, ...Object.fromEntries(again.map(([name, tensor]) => [name.replace(`.${last}.`, `.${last + 1}.`), tensor])) }
}

let source: Weights
beforeAll(async () => {
  source = await weightsOf(SOURCE)
})

const EDITS: Readonly<Record<string, (weights: Weights) => Weights>> = {
  pruned,
  quantized: gridded,
  permuted,
  "vocab-changed": (weights) => withVocabulary(weights, 8),
  "layer-pruned": withoutLastLayer,
  "depth-upscaled": withLastLayerTwice,
}

describe("the source of an edit", () => {
  it.each(Object.entries(EDITS))("shows when it was %s, and nothing hangs on it", async (_, edit) => {
    const edited = await fingerprintOf(edit(source))
    const members = await Promise.all(KIN.map(async (id) => memberOf(id, await fixture(id))))
    const family = await familyOf([...members, memberOf("x/edited", edited)])
    const found = arrows(family).filter((arrow) => arrow.includes("x/edited"))
    expect(found).toEqual([`${SOURCE} > x/edited`])
  })
})

/** Trained further with all matrices of the lower layer frozen. */
const trainedAbove = (weights: Weights) => {
  const next = gaussian(5)
  return body(weights, ({ values }, name) => (layerOf(name) === 0 ? values : values.map((value) => value + 0.01 * next())))
}

it("is not hidden by a relative that keeps as much, frozen when it was trained", async () => {
  const members = await Promise.all(KIN.map(async (id) => memberOf(id, await fixture(id))))
  const frozen = memberOf("x/frozen", await fingerprintOf(trainedAbove(source)))
  const family = await familyOf([...members, frozen, memberOf("x/edited", await fingerprintOf(pruned(source)))])
  expect(arrows(family)).toContain(`${SOURCE} > x/edited`)
})

it("does not make an edit of training with another head", async () => {
  const next = gaussian(6)
  const members = await Promise.all(
    [1, 2, 3].map(async (n) => {
      const tuned = body(source, ({ values }) => values.map((value) => value + 0.004 * n * next()))
      const { "lm_head.weight": _, ...headless } = tuned
      return memberOf(
        `x/tuned-${n}`,
        await fingerprintOf({ ...headless, "score.weight": { shape: [n + 1, 48], values: new Float32Array((n + 1) * 48).map(next) } }),
      )
    }),
  )
  const family = await familyOf([memberOf(SOURCE, await fixture(SOURCE)), ...members])
  expect(arrows(family).sort()).toEqual([1, 2, 3].map((n) => `${SOURCE} > x/tuned-${n}`))
})

/** A permutation is seen by the family only: what names the others rests on rows in equal order or on shapes. */
const NAMED = Object.entries(EDITS).filter(([relation]) => relation !== "permuted")

describe("the relation of an edit", () => {
  it.each(NAMED)("is %s", async (relation, edit) => {
    const [parent, child] = [await fixture(SOURCE), await fingerprintOf(edit(source))]
    const forth = describeUpdate(await pairOf(parent, child))
    expect(relationOf(parent, child, forth, false, undefined).relation).toBe(relation)
    const back = describeUpdate(await pairOf(child, parent))
    expect(relationOf(parent, child, back, true, undefined).relation).toBe(relation)
  })
})

describe("relations of the fixtures", () => {
  it.each([
    [ROOT, "bluewharf/bramble-mini", "lora-merged"],
    ["millrace/juno-lite", "lucidfox/flint-v1", "lora-merged"],
    [ROOT, SOURCE, "finetune"],
    ["millrace/juno-lite", "thirdshelf/sorrel-xs", "finetune"],
    [ROOT, "vesper-lab/teal-a", "continued"],
  ])("%s to %s is %s", async (parent, child, relation) => {
    const [a, b] = [await fixture(parent), await fixture(child)]
    expect(relationOf(a, b, describeUpdate(await pairOf(a, b)), false, undefined).relation).toBe(relation)
  })

  it("have the Hub's words where it has one", () => {
    expect(["quantized", "adapter", "merge"].map((word) => hubRelation(word as "merge"))).toEqual(["quantized", "adapter", "merge"])
    expect([hubRelation("copy"), hubRelation("precision"), hubRelation("lora-merged"), hubRelation("pruned")]).toEqual([
      null,
      null,
      "finetune",
      "finetune",
    ])
  })
})
