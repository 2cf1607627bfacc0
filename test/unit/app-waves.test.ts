import { expect, it } from "vitest"
import type { Parent } from "~src/app/report"
import type { Found } from "~src/app/search"
import { explain, readInWaves } from "~src/app/waves"
import type { ModelRecord } from "~src/hub/types"

const found = (count: number, more?: number): Found => ({
  candidates: Array.from({ length: count }, (_, n) => ({ id: `acme/m${n}` }) as ModelRecord),
  unreachable: [{ id: "gone/away", failure: { code: "not-found", message: "It is gone.", advice: "Look again." } }],
  ...(more === undefined ? {} : { more }),
})

/** Reads by the answers given, one for each look. */
async function run(what: Found, answers: readonly (string | null)[], model = "some/model") {
  const waves: Found[] = []
  let look = 0
  const left = await readInWaves(
    what,
    model,
    async (wave) => void waves.push(wave),
    async () => answers[look++] ?? null,
  )
  return {
    left,
    looks: look,
    sizes: waves.map(({ candidates }) => candidates.length),
    first: waves[0],
    ids: waves.flatMap((w) => w.candidates),
  }
}

it("leaves off when a wave more changed nothing in the parents", async () => {
  expect(await run(found(40), ["a", "a"])).toMatchObject({ left: 20, sizes: [12, 8] })
  expect(await run(found(40, 60), ["a", "b", "b"])).toMatchObject({ left: 72, sizes: [12, 8, 8] })
})

it("goes on while something is unexplained, to the end", async () => {
  for (const answers of [[], [null, null, null], ["a", null, "a"], ["a", "b", "c"]]) {
    const { left, sizes, ids } = await run(found(40), answers)
    expect({ left, sizes }).toEqual({ left: 0, sizes: [12, 8, 8, 8, 4] })
    expect(ids).toEqual(found(40).candidates)
  }
})

it("reads few at once, and looks at nothing then", async () => {
  expect(await run(found(20), ["a", "a"])).toMatchObject({ left: 0, looks: 0, sizes: [20] })
  expect(await run(found(7, 3), [])).toMatchObject({ left: 3, looks: 0, sizes: [7], first: { unreachable: [{ id: "gone/away" }] } })
  expect(await run(found(0), [])).toMatchObject({ left: 0, looks: 0, sizes: [0] })
})

it("reads those with the model's own name before it leaves off, and looks once more", async () => {
  const named = found(40)
  const like = [{ id: "other/fern-large" }, { id: "third/fern" }] as ModelRecord[]
  const what = { ...named, candidates: [...named.candidates.slice(0, 30), ...like, ...named.candidates.slice(30)] }
  expect(await run(what, ["a", "a", "a"], "me/fern-large-GGUF")).toMatchObject({ left: 20, looks: 3, sizes: [12, 8, 2] })
  const { sizes, ids } = await run(what, ["a", "a", "b", "b"], "me/fern-large-GGUF")
  expect(sizes).toEqual([12, 8, 2, 8])
  expect(new Set(ids).size).toBe(30)
})

it("is not done while a parent is doubtful, a copy, a ghost, or one of a merge is missing", () => {
  const parent = (changed: Partial<Parent> = {}): Parent => ({
    ...{ id: "acme/p", revision: "r", ghost: false, relation: "merge", hubRelation: "merge", probability: 0.96, share: 0.6 },
    ...{ direction: { probability: 0.9, basis: [] }, evidence: [] },
    ...changed,
  })
  expect(explain([parent({ share: 1 })])).toBe(true)
  expect(explain([parent(), parent({ share: 0.4 })])).toBe(true)
  for (const parents of [[], [parent()], [parent({ share: 1, probability: 0.9 })], [parent({ share: 1, relation: "copy" })]])
    expect(explain(parents)).toBe(false)
  expect(explain([parent(), parent({ share: 0.4, ghost: true })])).toBe(false)
})
