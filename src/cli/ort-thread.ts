import { createRequire } from "node:module"
import { Worker } from "node:worker_threads"
import * as ort from "onnxruntime-web"
import type { Ort, OrtSession, Outputs } from "~src/inference/session"

interface Start {
  /** Where the thread finds ONNX Runtime. */
  readonly runtime: string
}
type Feeds = Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>
type CreateOptions = Parameters<Ort["InferenceSession"]["create"]>[1]
/** What the thread is asked, of a session by its number. It answers in the order in which it was asked. */
type Question = { readonly session: number } & (
  | { readonly model: Uint8Array; readonly options: CreateOptions }
  | { readonly feeds: Feeds }
  | { readonly release: true }
)
type Answer = { readonly outputs: Outputs } | { readonly failure: string }

/**
 * ONNX Runtime in a thread of its own, one for all sessions: starting it takes as long as several round trips to the Hub, and on the main
 * thread every answer would wait for it. The thread ends when its last session is released.
 */
export const threadedOrt: Ort = {
  Tensor: ort.Tensor,
  InferenceSession: {
    async create(model, options) {
      thread ??= openThread()
      const session = openSession(thread)
      try {
        await session.ask({ model, options })
      } catch (error) {
        await session.release()
        throw error
      }
      return session
    },
  },
}

let thread: Thread | null = null
let sessions = 0

interface Thread {
  /** Numbers of the sessions that live in it. */
  readonly users: Set<number>
  /** Rejects when the thread has ended. */
  ask(question: Question, given: ArrayBuffer[]): Promise<Outputs>
  end(): Promise<unknown>
}

/** An idle thread does not keep the process alive. */
function openThread(): Thread {
  const start: Start = { runtime: createRequire(import.meta.url).resolve("onnxruntime-web") }
  const worker = new Worker(`(${serve})(require)`, { eval: true, workerData: start })
  const waiting: { readonly resolve: (outputs: Outputs) => void; readonly reject: (error: Error) => void }[] = []
  let ended: Error | null = null
  worker.unref()
  worker.on("message", (answer: Answer) => {
    const asker = waiting.shift()
    if (waiting.length === 0) worker.unref()
    if ("outputs" in answer) asker?.resolve(answer.outputs)
    else asker?.reject(new Error(answer.failure))
  })
  const end = (error: Error) => {
    forget()
    ended ??= error
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  worker.on("error", end)
  worker.on("exit", () => end(new Error("its thread ended")))
  const opened: Thread = {
    users: new Set(),
    ask: (question, given) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended)
        waiting.push({ resolve, reject })
        worker.ref()
        worker.postMessage(question, given)
      }),
    end() {
      forget()
      return worker.terminate()
    },
  }
  const forget = () => {
    if (thread === opened) thread = null
  }
  return opened
}

/** Speaks with one session of the thread. */
function openSession(home: Thread): OrtSession & { ask(question: { model: Uint8Array; options: CreateOptions }): Promise<Outputs> } {
  const session = sessions++
  home.users.add(session)
  return {
    ask: (question) => home.ask({ session, ...question }, []),
    run(given) {
      const feeds: Feeds = Object.fromEntries(
        Object.entries(given).map(([name, { data, dims }]) => [name, { data: data as Float32Array, dims }]),
      )
      // Given away, not copied: with one provider nobody runs the same feeds again.
      return home.ask(
        { session, feeds },
        Object.values(feeds).map(({ data }) => data.buffer as ArrayBuffer),
      )
    },
    async release() {
      if (!home.users.delete(session)) return
      // A thread that has ended already has released everything.
      await (home.users.size === 0 ? home.end() : home.ask({ session, release: true }, []).catch(() => undefined))
    },
  }
}

/** What the thread runs. It is handed over as text, so it may use nothing but its parameter. */
function serve(require: NodeJS.Require): void {
  const { parentPort, workerData } = require("node:worker_threads") as typeof import("node:worker_threads")
  const { setFlagsFromString } = require("node:v8") as typeof import("node:v8")
  // A thousand times as patient as by itself before it compiles a function anew: that took more than half a second of processor time in
  // the first verdict, as much as all comparing. What a long chart runs over and over is compiled all the same.
  setFlagsFromString("--wasm-tiering-budget=2000000000")
  const { runtime } = workerData as Start
  const { env, InferenceSession, Tensor } = require(runtime) as typeof import("onnxruntime-web")
  env.wasm.numThreads = 1
  const opened = new Map<number, Awaited<ReturnType<typeof InferenceSession.create>>>()
  const carryOut = async (question: Question): Promise<Outputs> => {
    if ("model" in question) {
      opened.set(question.session, await InferenceSession.create(question.model, question.options))
      return {}
    }
    const session = opened.get(question.session)
    if ("release" in question) {
      opened.delete(question.session)
      await session?.release()
      return {}
    }
    const tensors = Object.entries(question.feeds).map(([name, { data, dims }]) => [name, new Tensor("float32", data, dims)] as const)
    const outputs = (await session?.run(Object.fromEntries(tensors))) ?? {}
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, { data }]))
  }
  let turn: Promise<void> = Promise.resolve()
  parentPort?.on("message", (question: Question) => {
    turn = turn.then(async () => {
      try {
        const outputs = await carryOut(question)
        const data = Object.values(outputs).map((output) => (output.data as Float32Array).buffer as ArrayBuffer)
        parentPort?.postMessage({ outputs } satisfies Answer, data)
      } catch (error) {
        parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) } satisfies Answer)
      }
    })
  })
}
