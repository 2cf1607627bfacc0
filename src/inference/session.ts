import type { Tensor } from "onnxruntime-web"
import { PedigreeError } from "~src/core/errors"
import type { Provider } from "./types"

/** A run's results by name. */
export type Outputs = Readonly<Record<string, { readonly data: unknown }>>

export interface OrtSession {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Outputs>
  release(): Promise<void>
}

interface CreateOptions {
  readonly executionProviders: [Provider]
  readonly graphOptimizationLevel: "disabled"
}

/** The part of ONNX Runtime that is used; `import * as ort from "onnxruntime-web"` fits, as do its jspi build and one in another thread. */
export interface Ort {
  readonly Tensor: typeof Tensor
  readonly InferenceSession: { create(model: Uint8Array, options: CreateOptions): Promise<OrtSession> }
}

export interface SessionOptions {
  readonly ort: Ort
  /** The bytes of the ONNX graph; asked for each time a session is made. */
  readonly model: () => Promise<Uint8Array>
  /** Tried in this order, each alone, so that it is known which one answers. At least one. */
  readonly providers: readonly Provider[]
}

export interface Session {
  readonly provider: Provider | null
  /** Throws PedigreeError `unsupported` when the last provider fails too. Calls must not overlap: use `serially`. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Outputs>
}

/**
 * A session made on first use. When making it or running it fails (no adapter, device lost, out of memory) the next provider takes over
 * for good and the same feeds are run again; the last provider is made anew at the next call.
 */
export function createSession({ ort, model, providers }: SessionOptions): Session {
  let position = 0
  let provider: Provider | null = null
  let session: OrtSession | null = null

  async function open(name: Provider, bytes: Uint8Array): Promise<OrtSession> {
    // The graph runs as fast as it is written; rewriting it would cost a sixth of the start.
    const opened = await ort.InferenceSession.create(bytes, { executionProviders: [name], graphOptimizationLevel: "disabled" })
    // Making a session and running it first each block for long: what has come in meanwhile has its turn between them.
    await new Promise((done) => setTimeout(done))
    provider = name
    return opened
  }

  async function abandon(): Promise<void> {
    const failed = session
    session = null
    // The session is broken already; what releasing it says adds nothing.
    await failed?.release().catch(() => undefined)
  }

  return {
    get provider() {
      return provider
    },
    async run(feeds) {
      const bytes = session === null ? await model() : null
      for (;;) {
        const name = providers[position]
        if (name === undefined) throw new RangeError("createSession needs at least one provider")
        try {
          session ??= await open(name, bytes ?? (await model()))
          return await session.run(feeds)
        } catch (thrown) {
          await abandon()
          if (position === providers.length - 1) throw lost(thrown)
          position += 1
        }
      }
    },
  }
}

function lost(thrown: unknown): PedigreeError {
  const cause = thrown instanceof Error ? thrown.message : String(thrown)
  return new PedigreeError("unsupported", `ONNX Runtime failed: ${cause}`, "Close other heavy tabs, then try again.", {
    worded: { as: "runtime", values: { detail: cause } },
  })
}
