import { readFile } from "node:fs/promises"
import * as ort from "onnxruntime-web"
import { describe, expect, it } from "vitest"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { referenceStatistics, TOLERANCE, worstError } from "~src/inference/reference"
import { sampleBlock, selfTest } from "~src/inference/self-test"
import type { PairBlock } from "~src/inference/types"

const model = () => readFile(new URL("../../assets/pair-statistics.onnx", import.meta.url))
const runner = createPairStatistics({ ort, model, prefer: "wasm" })
const never = new AbortController().signal

async function errorOf(block: PairBlock): Promise<number> {
  const [answer] = await runner.run([block], never)
  return answer ? worstError(answer, referenceStatistics(block)) : Number.POSITIVE_INFINITY
}

function changed(block: PairBlock, side: "a" | "b", edit: (values: Float32Array) => void): PairBlock {
  const values = block[side].slice()
  edit(values)
  return { ...block, [side]: values }
}

describe("numbers against the float64 reference", () => {
  it("agrees on its own self-test and says who answered", async () => {
    const result = await selfTest(runner, never)
    expect(result.provider).toBe("wasm")
    expect(result.worstError).toBeLessThan(TOLERANCE)
    expect(result.milliseconds).toBeGreaterThan(0)
  })

  it.each([
    [1, 1],
    [1, 769],
    [2, 3],
    [7, 1],
    [16, 512],
    [63, 65],
    [64, 33],
    [65, 31],
    [1000, 9],
  ])("agrees on a block of %i x %i", async (rows, cols) => {
    expect(await errorOf(sampleBlock(rows, cols, rows + cols))).toBeLessThan(TOLERANCE)
  })

  it("agrees on changes of a hundred-thousandth, which differences of squares would lose", async () => {
    expect(await errorOf(sampleBlock(16, 512, 5, 1e-5))).toBeLessThan(TOLERANCE)
  })

  it("agrees with outliers a thousand times the rest", async () => {
    const block = changed(sampleBlock(16, 256, 6), "b", (b) => b.set([20, -20, 7], 100))
    expect(await errorOf(block)).toBeLessThan(TOLERANCE)
  })

  it("agrees with rows of zeros, and gives them cosines of 0 where all rows are zero", async () => {
    const block = changed(sampleBlock(8, 32, 7), "a", (a) => a.fill(0, 64, 96))
    expect(await errorOf(block)).toBeLessThan(TOLERANCE)
    const [empty] = await runner.run([changed(block, "a", (a) => a.fill(0))], never)
    expect(empty?.match.every((value) => value === 0)).toBe(true)
    expect(empty?.zeroA).toBe(8 * 32)
  })

  it("finds equal blocks equal: cosine 1 with themselves, no change at all", async () => {
    const { a, rows, cols } = sampleBlock(12, 100, 8)
    const [answer] = await runner.run([{ a, b: a, rows, cols }], never)
    expect(answer).toMatchObject({ equal: 1200, sameSign: 1200, squareDelta: 0, maxAbsDelta: 0 })
    for (let i = 0; i < rows; i++) expect(answer?.match[i * rows + i]).toBeCloseTo(1, 5)
    expect(answer?.deltaGram.every((value) => value === 0)).toBe(true)
  })

  it("calls the rounding noise of identical rows no match", async () => {
    const row = sampleBlock(1, 100, 9).a
    const a = Float32Array.from({ length: 700 }, (_, i) => row[i % 100] ?? 0)
    const [answer] = await runner.run([{ a, b: a, rows: 7, cols: 100 }], never)
    expect(Math.max(...(answer?.match ?? [1]))).toBeLessThan(0.05)
  })
})
