import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import type { ModelRecord } from "~src/hub/types"
import { openCopies, ROOTS, rootsLike } from "~src/lineage/roots"

const like = (modelType: string | null, parameters: number | null, tags: readonly string[] = []) =>
  rootsLike({ modelType, tags } as ModelRecord, parameters === null ? null : { min: parameters, max: parameters }).map(({ id }) => id)

it("lists well-formed facts, each with its source, and no repository twice", () => {
  // Loading the list has checked it already; here stands what a reader may rely on.
  expect(ROOTS.length).toBeGreaterThan(150)
  for (const { id, type, parameters, source, copies } of ROOTS) {
    expect(id).toMatch(/^[\w.-]+\/[\w.-]+$/)
    expect(type).toMatch(/^[a-z][\w-]*$|^diffusers:\w+Pipeline$/)
    for (const address of [source, ...copies.map((copy) => copy.source)]) expect(new URL(address).protocol).toBe("https:")
    if (parameters === null) expect(type).toMatch(/^diffusers:/)
  }
  const ids = ROOTS.flatMap(({ id, copies }) => [id, ...copies.map((copy) => copy.id)]).map((id) => id.toLowerCase())
  expect(new Set(ids).size).toBe(ids.length)
  expect(readFileSync("assets/roots.json").length).toBeLessThan(60_000)
})

it("agrees with the sizes in the names, where names give one", () => {
  let named = 0
  for (const { id, type, parameters } of ROOTS) {
    const [, size, unit] = /[-_](\d+(?:\.\d+)?)(b|m)(?![a-z\d])/i.exec(id) ?? []
    if (size === undefined || parameters === null || type === "mixtral") continue
    named += 1
    const said = Number(size) * (unit?.toLowerCase() === "b" ? 1e9 : 1e6)
    // Names round, and some leave the embeddings out.
    expect(parameters / said, id).toBeGreaterThan(0.7)
    expect(parameters / said, id).toBeLessThan(1.35)
  }
  expect(named).toBeGreaterThan(90)
})

it("offers the roots of a model's type and size, bases first, and none of another", () => {
  expect(like("llama", 8_030_261_248).slice(0, 2)).toEqual(["meta-llama/Meta-Llama-3-8B", "meta-llama/Meta-Llama-3-8B-Instruct"])
  expect(like("llama", 8_030_265_344)).toHaveLength(4)
  expect(like("gpt2", 124_439_808)).toEqual(["openai-community/gpt2"])
  // A tied head that is stored twice.
  expect(like("gpt2", 124_439_808 + 38_597_376 / 2)[0]).toBe("openai-community/gpt2")
  expect(like("llama", 1_000_000)).toEqual([])
  expect(like("llama", null)).toEqual([])
  expect(like("made-up", 8_030_261_248)).toEqual([])
  expect(like(null, null, ["diffusers", "diffusers:StableDiffusionXLPipeline"])).toEqual(["stabilityai/stable-diffusion-xl-base-1.0"])
})

it("knows open copies of closed models in any spelling", () => {
  expect(openCopies("meta-llama/Llama-2-7b-hf").map(({ id }) => id)).toContain("unsloth/llama-2-7b")
  expect(openCopies("META-LLAMA/llama-2-7b-hf")).toEqual(openCopies("meta-llama/Llama-2-7b-hf"))
  expect(openCopies("nobody/nothing")).toEqual([])
})
