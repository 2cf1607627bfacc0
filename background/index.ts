import directionUrl from "url:~assets/direction.onnx"
import statisticsUrl from "url:~assets/pair-statistics.onnx"
import relationUrl from "url:~assets/relation.onnx"
import wasmUrl from "url:onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm"
import * as ort from "onnxruntime-web/jspi"
import { inspectModel } from "~src/app/inspect"
import { lenientStore } from "~src/app/lenient-store"
import { serveMarks } from "~src/app/list-marks"
import { parseSettings, type Settings } from "~src/app/settings"
import { readToken } from "~src/app/token"
import { serve, type WorkerEngine } from "~src/app/worker"
import { createHub } from "~src/hub/client"
import { createInference } from "~src/inference/inference"
import { openIndexedDbStore } from "~src/storage/indexeddb"
import { chartAddress, describeMenu } from "~src/ui/browsing/menu"
import { markTab } from "~src/ui/browsing/toolbar"

/** Facts are small; this holds some thousand models. */
const CACHE_BYTES = 500_000_000

ort.env.wasm.wasmPaths = { wasm: wasmUrl }
ort.env.wasm.numThreads = 1 // A service worker cannot start threads.

const { session, local, onChanged } = chrome.storage
const store = async () => lenientStore(await openIndexedDbStore({ maxBytes: CACHE_BYTES, now: Date.now }))

async function engine(): Promise<WorkerEngine> {
  const [{ provider, budget, concurrency, login }, kept] = await Promise.all([local.get().then(parseSettings), store()])
  const token = await readToken({ session, local, store: async () => kept })
  const graph = (url: string) => async () => new Uint8Array(await (await fetch(url)).arrayBuffer())
  const graphs = { statistics: graph(statisticsUrl), relation: graph(relationUrl), direction: graph(directionUrl) }
  const send: typeof fetch = (...request) => fetch(...request)
  return {
    hub: createHub({
      endpoint: "https://huggingface.co",
      token,
      login: login === "yes",
      fetch: send,
      now: Date.now,
      sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
      atOnce: concurrency,
    }),
    store: kept,
    statistics: createInference(ort, graphs, provider, navigator.gpu),
    now: Date.now,
    budget,
    fetch: send,
    token,
    keepLogin: (uses) => local.set({ login: uses ? "yes" : "no" } satisfies Partial<Settings>).then(served.renew),
  }
}

const served = serve(chrome.runtime, { engine, inspect: inspectModel, mark: (page, report) => void markTab(page, report) })
serveMarks(chrome.runtime, served.engine)
chrome.runtime.onInstalled.addListener(() => void describeMenu())
onChanged.addListener((changes) => {
  served.renew()
  if (changes.language) void describeMenu()
})
chrome.contextMenus.onClicked.addListener((info) => void chrome.tabs.create({ url: chartAddress(info) }))
