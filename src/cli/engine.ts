import { setTimeout } from "node:timers/promises"
import direction from "~assets/direction.onnx"
import pairStatistics from "~assets/pair-statistics.onnx"
import relation from "~assets/relation.onnx"
import type { Engine } from "~src/app/inspect-types"
import { createHub } from "~src/hub/client"
import type { HubOptions } from "~src/hub/transport"
import type { Hub } from "~src/hub/types"
import { createInference } from "~src/inference/inference"
import { openMemoryStore } from "~src/storage/memory"
import type { Common } from "./arguments"
import { defaultCacheFolder, endpointFolder, openFolderStore } from "./cache"
import type { Environment } from "./command"
import { threadedOrt } from "./ort-thread"

/** The engine as Node runs it: wasm in a thread of its own, facts in a folder. `wrap` may put other repositories in front of the Hub's. */
export function createEngine(common: Common, environment: Environment, wrap = (hub: Hub) => hub): Engine {
  const graphs = { statistics: async () => pairStatistics, relation: async () => relation, direction: async () => direction }
  const folder = common.cache === undefined ? defaultCacheFolder(environment) : common.cache
  return {
    hub: wrap(createHub(hubOptions(common))),
    store: folder === null ? openMemoryStore() : openFolderStore(endpointFolder(folder, common.endpoint)),
    statistics: createInference(threadedOrt, graphs, "wasm"),
    now: Date.now,
  }
}

/** The Hub at the chosen endpoint, with Node's fetch and clock. */
export function hubOptions({ endpoint, token }: Common): HubOptions {
  return { endpoint, ...(token === null ? {} : { token }), fetch: globalThis.fetch, now: Date.now, sleep }
}

const sleep = (milliseconds: number, signal: AbortSignal) => setTimeout(milliseconds, undefined, { signal })
