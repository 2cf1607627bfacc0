import { readFile } from "node:fs/promises"
import * as ort from "onnxruntime-web"
import { describe, expect, it } from "vitest"
import { BATCH_BYTES, planBatches } from "~src/inference/batches"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { referenceStatistics, TOLERANCE, worstError } from "~src/inference/reference"
import { sampleBlock } from "~src/inference/self-test"
import type { Ort } from "~src/inference/session"
import type { PairBlock, PairStatistics } from "~src/inference/types"

const model = () => readFile(new URL("../../assets/pair-statistics.onnx", import.meta.url))
const runner = createPairStatistics({ ort, model, prefer: "wasm" })
const never = new AbortController().signal

function expectRight(answers: readonly PairStatistics[], blocks: readonly PairBlock[]): void {
  expect(answers.map(({ rows, cols }) => [rows, cols])).toEqual(blocks.map(({ rows, cols }) => [rows, cols]))
  for (const [i, block] of blocks.entries()) {
    const answer = answers[i]
    expect(answer && worstError(answer, referenceStatistics(block))).toBeLessThan(TOLERANCE)
  }
}

/**
 * The real runtime, watched: it notes the providers asked for and whether calls overlap. WebGPU does not exist in Node, so here a session
 * asked for on WebGPU either fails to be made, or is made on wasm and is lost at its second run, as when a graphics driver restarts.
 */
function watched(webgpu: "absent" | "lost") {
  const seen = { providers: [] as unknown[], inside: 0, mostInside: 0, runs: 0 }
  const enter = async <T>(job: () => Promise<T>): Promise<T> => {
    seen.mostInside = Math.max(seen.mostInside, ++seen.inside)
    return job().finally(() => seen.inside--)
  }
  const create = (bytes: Uint8Array, options: ort.InferenceSession.SessionOptions) =>
    enter(async () => {
      const [asked] = options.executionProviders ?? []
      seen.providers.push(asked)
      if (asked === "webgpu" && webgpu === "absent") throw new Error("Failed to get GPU adapter.")
      const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] })
      let left = asked === "webgpu" ? 1 : Number.POSITIVE_INFINITY
      const run = (feeds: ort.InferenceSession.FeedsType) =>
        enter(async () => {
          seen.runs++
          if (left-- <= 0) throw new Error("the GPU device was lost")
          return session.run(feeds)
        })
      return { run, release: () => session.release() }
    })
  const face = { Tensor: ort.Tensor, InferenceSession: { create } } as unknown as Ort
  return { seen, face }
}

describe("batches", () => {
  it("keeps the input's order over mixed, repeated, empty shapes", async () => {
    const shapes = [
      [4, 30],
      [1, 7],
      [4, 30],
      [0, 12],
      [70, 5],
      [3, 0],
      [4, 30],
      [1, 7],
    ] as const
    const blocks = shapes.map(([rows, cols], i) => sampleBlock(rows, cols, i + 1))
    expectRight(await runner.run(blocks, never), blocks)
    expect(await runner.run([], never)).toEqual([])
  })

  it("splits a block that is too large for one run and adds it up again, counts exactly", async () => {
    const large = sampleBlock(3000, 900, 1)
    expect(planBatches([large]).length).toBeGreaterThan(1)
    large.a.set([0, 0, 0], 2_000_000)
    expectRight(await runner.run([large], never), [large])
  })

  it("plans every row once, within the limit, whatever the shapes", () => {
    const shapes = [...Array(300)].map((_, i) => ({ rows: (i * 7919) % 5000, cols: 1 + ((i * 104_729) % 3000) }))
    const none = new Float32Array(0)
    const blocks = shapes.map((shape) => ({ ...shape, a: none, b: none }))
    const rows = blocks.map(() => 0)
    for (const batch of planBatches(blocks)) {
      expect(8 * batch.pieces.length * batch.rows * batch.cols).toBeLessThanOrEqual(BATCH_BYTES)
      for (const { block, start } of batch.pieces) {
        expect(start === 0 || start >= 64).toBe(true)
        rows[block] = (rows[block] ?? 0) + batch.rows
      }
    }
    expect(rows).toEqual(blocks.map(({ rows }) => rows))
  })

  it("reads NaN, infinities and absurd magnitudes as 0", async () => {
    const hostile = sampleBlock(8, 64, 3)
    hostile.a.set([Number.NaN, Number.POSITIVE_INFINITY, 3e38, 1e16], 10)
    hostile.b.set([Number.NEGATIVE_INFINITY, -3e38, 5e14, -5e14], 11)
    const answers = await runner.run([hostile], never)
    expectRight(answers, [hostile])
    expect(answers[0]?.zeroA).toBe(4)
    for (const number of [...(answers[0]?.match ?? []), ...(answers[0]?.deltaGram ?? [])]) expect(number).toSatisfy(Number.isFinite)
  })

  it("refuses values that do not fit their shape", async () => {
    await expect(runner.run([{ ...sampleBlock(2, 3, 1), rows: 3 }], never)).rejects.toThrow(RangeError)
  })
})

describe("the one runtime", () => {
  it("never lets calls overlap, also between runners, and answers each caller rightly", async () => {
    const { seen, face } = watched("absent")
    const runners = [1, 2].map(() => createPairStatistics({ ort: face, model, prefer: "auto", gpu: {} }))
    const jobs = [...Array(6)].map((_, i) => [sampleBlock(3 + i, 20, i + 1), sampleBlock(2, 9 + i, i + 1)])
    const answers = await Promise.all(jobs.map((blocks, i) => runners[i % 2]?.run(blocks, never)))
    for (const [i, blocks] of jobs.entries()) expectRight(answers[i] ?? [], blocks)
    expect(seen.mostInside).toBe(1)
    expect(seen.runs).toBe(12)
  })

  it("falls back to wasm where there is no adapter, once and for good", async () => {
    const { seen, face } = watched("absent")
    const lazy = createPairStatistics({ ort: face, model, prefer: "auto", gpu: {} })
    expect(lazy.provider).toBeNull()
    const blocks = [sampleBlock(5, 40, 1)]
    expectRight(await lazy.run(blocks, never), blocks)
    await lazy.run(blocks, never)
    expect(lazy.provider).toBe("wasm")
    expect(seen.providers).toEqual(["webgpu", "wasm"])
  })

  it("repeats a batch on wasm when the device is lost in the middle", async () => {
    const { seen, face } = watched("lost")
    const survivor = createPairStatistics({ ort: face, model, prefer: "auto", gpu: {} })
    const blocks = [sampleBlock(5, 40, 1), sampleBlock(6, 40, 2), sampleBlock(7, 40, 3)]
    await survivor.run([sampleBlock(2, 2, 1)], never)
    expect(survivor.provider).toBe("webgpu")
    expectRight(await survivor.run(blocks, never), blocks)
    expect(survivor.provider).toBe("wasm")
    expect(seen.providers).toEqual(["webgpu", "wasm"])
    expect(seen.runs).toBe(1 + 1 + 3)
  })

  it("asks for wasm alone where there is no navigator.gpu", async () => {
    const { seen, face } = watched("absent")
    await createPairStatistics({ ort: face, model, prefer: "auto" }).run([sampleBlock(2, 2, 1)], never)
    expect(seen.providers).toEqual(["wasm"])
  })

  it("says in a plain sentence when no provider is left, and tries again at the next call", async () => {
    const { seen, face } = watched("absent")
    const stubborn = createPairStatistics({ ort: face, model, prefer: "webgpu", gpu: {} })
    for (const times of [1, 2]) {
      await expect(stubborn.run([sampleBlock(2, 2, 1)], never)).rejects.toMatchObject({ name: "PedigreeError", code: "unsupported" })
      expect(seen.providers).toHaveLength(times)
    }
  })

  it("stops between batches when cancelled, and the queue goes on", async () => {
    const { seen, face } = watched("absent")
    const cancel = new AbortController()
    const cancelled = createPairStatistics({
      ort: face,
      prefer: "wasm",
      model: () => {
        cancel.abort()
        return model()
      },
    })
    const blocks = [sampleBlock(5, 40, 1), sampleBlock(6, 40, 2)]
    await expect(cancelled.run(blocks, cancel.signal)).rejects.toMatchObject({ name: "AbortError" })
    expect(seen.runs).toBe(1)
    expectRight(await cancelled.run(blocks, never), blocks)
  })
})
