import graphUrl from "url:~assets/pair-statistics.onnx"
import wasmUrl from "url:onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm"
import * as ort from "onnxruntime-web/jspi"
import { inspectModel } from "~src/app/inspect"
import type { Engine } from "~src/app/inspect-types"
import { lenientStore } from "~src/app/lenient-store"
import { parseSettings } from "~src/app/settings"
import { serve } from "~src/app/worker"
import { DEFAULT_BUDGET } from "~src/fingerprint/read"
import { createHub } from "~src/hub/client"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { openIndexedDbStore } from "~src/storage/indexeddb"

/** Facts are small; this holds some thousand models. */
const CACHE_BYTES = 500_000_000

ort.env.wasm.wasmPaths = { wasm: wasmUrl }
// A service worker cannot start threads.
ort.env.wasm.numThreads = 1

async function engine(): Promise<Engine> {
  const { provider } = parseSettings(await chrome.storage.local.get())
  const model = async () => new Uint8Array(await (await fetch(graphUrl)).arrayBuffer())
  return {
    hub: createHub({
      endpoint: "https://huggingface.co",
      fetch: (...request) => fetch(...request),
      now: Date.now,
      sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
    }),
    store: lenientStore(await openIndexedDbStore({ maxBytes: CACHE_BYTES, now: Date.now })),
    statistics: createPairStatistics({ ort, model, prefer: provider, gpu: navigator.gpu }),
    now: Date.now,
  }
}

serve(chrome.runtime, { engine, inspect: inspectModel, budget: DEFAULT_BUDGET })
