import { createRequire } from "node:module"
import { Worker } from "node:worker_threads"
import * as ort from "onnxruntime-web"
import type { Ort, OrtSession, Outputs } from "~src/inference/session"

interface Start {
  /** Where the thread finds ONNX Runtime. */
  readonly runtime: string
  readonly model: Uint8Array
  readonly options: Parameters<Ort["InferenceSession"]["create"]>[1]
}
type Feeds = Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>
/** One answer for the start and for each run. */
type Answer = { readonly outputs: Outputs } | { readonly failure: string }

/**
 * ONNX Runtime in a thread of its own, one per session: starting it takes as long as several round trips to the Hub, and on the main thread
 * every answer would wait for it.
 */
export const threadedOrt: Ort = {
  Tensor: ort.Tensor,
  InferenceSession: {
    async create(model, options) {
      const start: Start = { runtime: createRequire(import.meta.url).resolve("onnxruntime-web"), model, options }
      const thread = new Worker(`(${serve})(require)`, { eval: true, workerData: start })
      const session = openSession(thread)
      try {
        await session.ready
      } catch (error) {
        await session.release()
        throw error
      }
      return session
    },
  },
}

/** Speaks with the thread; an idle one does not keep the process alive. */
function openSession(thread: Worker): OrtSession & { readonly ready: Promise<Outputs> } {
  const waiting: { readonly resolve: (outputs: Outputs) => void; readonly reject: (error: Error) => void }[] = []
  let ended: Error | null = null
  const next = () =>
    new Promise<Outputs>((resolve, reject) => {
      if (ended !== null) return reject(ended)
      waiting.push({ resolve, reject })
      thread.ref()
    })
  thread.on("message", (answer: Answer) => {
    const asker = waiting.shift()
    if (waiting.length === 0) thread.unref()
    if ("outputs" in answer) asker?.resolve(answer.outputs)
    else asker?.reject(new Error(answer.failure))
  })
  const end = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  thread.on("error", end)
  thread.on("exit", () => end(new Error("its thread ended")))
  return {
    ready: next(),
    run(feeds) {
      const sent: Feeds = Object.fromEntries(
        Object.entries(feeds).map(([name, { data, dims }]) => [name, { data: data as Float32Array, dims }]),
      )
      // Given away, not copied: with one provider nobody runs the same feeds again.
      thread.postMessage(
        sent,
        Object.values(sent).map(({ data }) => data.buffer as ArrayBuffer),
      )
      return next()
    },
    async release() {
      await thread.terminate()
    },
  }
}

/** What the thread runs. It is handed over as text, so it may use nothing but its parameter. */
function serve(require: NodeJS.Require): void {
  const { parentPort, workerData } = require("node:worker_threads") as typeof import("node:worker_threads")
  const { setFlagsFromString } = require("node:v8") as typeof import("node:v8")
  // A tenth as eager as by itself to compile functions anew: for a command's few seconds that is half of all its work.
  setFlagsFromString("--wasm-tiering-budget=18000000")
  const { runtime, model, options } = workerData as Start
  const { env, InferenceSession, Tensor } = require(runtime) as typeof import("onnxruntime-web")
  env.wasm.numThreads = 1
  const answer = async (make: () => Promise<Outputs>) => {
    try {
      const outputs = await make()
      const data = Object.values(outputs).map((output) => (output.data as Float32Array).buffer as ArrayBuffer)
      parentPort?.postMessage({ outputs } satisfies Answer, data)
    } catch (error) {
      parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) } satisfies Answer)
    }
  }
  const session = InferenceSession.create(model, options)
  void answer(async () => {
    await session
    return {}
  })
  parentPort?.on("message", (feeds: Feeds) =>
    answer(async () => {
      const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [name, new Tensor("float32", data, dims)] as const)
      const outputs = await (await session).run(Object.fromEntries(tensors))
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, { data }]))
    }),
  )
}
