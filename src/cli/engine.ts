import { setTimeout } from "node:timers/promises"
import * as ort from "onnxruntime-web"
import pairStatistics from "~assets/pair-statistics.onnx"
import type { Engine } from "~src/app/inspect-types"
import { createHub } from "~src/hub/client"
import type { Hub } from "~src/hub/types"
import { createPairStatistics } from "~src/inference/pair-statistics"
import { openMemoryStore } from "~src/storage/memory"
import type { Common } from "./arguments"
import { defaultCacheFolder, endpointFolder, openFolderStore } from "./cache"
import type { Environment } from "./command"

/** The engine as Node runs it: wasm on one thread, facts in a folder. `wrap` may put other repositories in front of the Hub's. */
export function createEngine({ endpoint, token, cache }: Common, environment: Environment, wrap = (hub: Hub) => hub): Engine {
  const folder = cache === undefined ? defaultCacheFolder(environment) : cache
  return {
    hub: wrap(createHub({ endpoint, ...(token === null ? {} : { token }), fetch: globalThis.fetch, now: Date.now, sleep })),
    store: folder === null ? openMemoryStore() : openFolderStore(endpointFolder(folder, endpoint)),
    statistics: createPairStatistics({ ort, model: async () => pairStatistics, prefer: "wasm" }),
    now: Date.now,
  }
}

const sleep = (milliseconds: number, signal: AbortSignal) => setTimeout(milliseconds, undefined, { signal })
