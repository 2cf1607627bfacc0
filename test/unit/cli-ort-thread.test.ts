import { readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import { threadedOrt } from "~src/cli/ort-thread"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { TOLERANCE } from "~src/inference/reference"
import { selfTest } from "~src/inference/self-test"

const graph = () => readFile(new URL("../../assets/pair-statistics.onnx", import.meta.url))
const never = new AbortController().signal

it("ends the thread, and a waiting run with it, when the last session is released", async () => {
  const { Tensor, InferenceSession } = threadedOrt
  const session = await InferenceSession.create(await graph(), { executionProviders: ["wasm"], graphOptimizationLevel: "disabled" })
  const feed = () => new Tensor("float32", new Float32Array(2 ** 22), [1, 64, 2 ** 16])
  const run = session.run({ a: feed(), b: feed() })
  await Promise.all([expect(run).rejects.toThrow("thread"), session.release()])
  await expect(session.run({ a: feed(), b: feed() })).rejects.toThrow("thread")
})

it("gives the right numbers from its thread while this one goes on", async () => {
  let ticks = 0
  const timer = setInterval(() => ticks++, 5)
  const runner = createPairStatistics({ ort: threadedOrt, model: graph, prefer: "wasm" })
  const { provider, worstError } = await selfTest(runner, never)
  clearInterval(timer)
  expect(provider).toBe("wasm")
  expect(worstError).toBeLessThan(TOLERANCE)
  // Started on this thread, the runtime lets no timer run for longer than a few ticks at a time.
  expect(ticks).toBeGreaterThan(20)
})

it("fails with the runtime's words, and starts anew", async () => {
  const broken = createPairStatistics({ ort: threadedOrt, model: async () => new Uint8Array(8), prefer: "wasm" })
  const block = { a: new Float32Array(4), b: new Float32Array(4), rows: 1, cols: 4 }
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(broken.run([block], never)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("ONNX Runtime failed"),
    })
})

it("keeps the thread while another session lives in it", async () => {
  const model = await graph()
  const create = async () =>
    threadedOrt.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "disabled" })
  const [one, two] = [await create(), await create()]
  const feed = () => new threadedOrt.Tensor("float32", new Float32Array([1, 2]), [1, 1, 2])
  await one.release()
  const { moments } = await two.run({ a: feed(), b: feed() })
  expect(moments?.data).toMatchObject({ 4: 5 })
  await two.release()
})
