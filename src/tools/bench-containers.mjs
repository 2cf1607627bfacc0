// What opening a model and reading its fingerprint costs in each container, beside what the official libraries take.
import { pathToFileURL } from "node:url"
import { bundle } from "./bundle.mjs"

/** @typedef {typeof import("./bench-parts")} Parts */
/** @typedef {import("./bench-models").BenchModel} Model */
/** @typedef {import("../../test/hub/types").RunningHub} RunningHub */
/** @typedef {{ requests: number, bytes: number }} Cost */

const HEAD = [
  "container",
  "parameters",
  "weights",
  "header",
  "fingerprint",
  "of the weights",
  "official library",
  "its header",
  "header and the same rows",
]
const WEIGHTS = /\.(safetensors|gguf|bin|onnx|onnx_data)$/
const PLENTY = { api: 100_000, resolvers: 100_000, pages: 100_000 }

/**
 * The table, its head first. Every request counts that reaches the Hub or its CDN: file list, redirects, indices, configurations.
 * @param {Parts} parts @param {(hub: { url: string }) => import("../hub/types").Hub} connect a client that knows nothing yet
 */
export async function containerTable(parts, connect) {
  /** @type {typeof import("./bench-models")} */
  const { benchModels } = await load("src/tools/bench-models.ts", "bench-models")
  /** @type {typeof import("../../test/hub/index")} */
  const { startHub } = await load("test/hub/index.ts", "hub")
  const models = benchModels()
  const hub = await startHub({ roots: [], madeRepos: models, rateLimits: PLENTY })
  try {
    const rows = []
    for (const model of models) rows.push(await measure(parts, connect, hub, model))
    return [HEAD, ...rows]
  } finally {
    await hub.close()
  }
}

/** @param {string} entry @param {string} name */
const load = async (entry, name) => import(pathToFileURL(await bundle(entry, name)).href)

/** @param {Parts} parts @param {(hub: { url: string }) => import("../hub/types").Hub} connect @param {RunningHub} hub @param {Model} model */
async function measure(parts, connect, hub, model) {
  const { id, library, files } = model
  const call = { signal: new AbortController().signal, meter: { add() {} } }
  const { revision } = await connect(hub).model(id, null, call)
  const ref = { id, revision: revision ?? "main" }
  const budget = parts.DEFAULT_BUDGET
  const { cost: header, made: container } = await costOf(hub, () =>
    parts.openContainer(connect(hub), ref, null, { wholeBytes: budget, call }),
  )
  const { cost: whole, made: fingerprint } = await costOf(hub, () => parts.readFingerprint(connect(hub), ref, null, { budget, call }))
  const size = files.reduce((sum, { path, content }) => sum + (WEIGHTS.test(path) ? content.size : 0), 0)
  const own = [
    model.container,
    model.model,
    megabytes(size),
    shown(header),
    shown(whole),
    `1 / ${Math.round(size / whole.bytes).toLocaleString("en")}`,
  ]
  if (library === null) return [...own, "none", "", ""]
  const { cost: official } = await costOf(hub, () => OFFICIAL[library](hub, ref, files))
  const { cost: rows } = await costOf(hub, () => officialRows(hub, ref, spansOf(container, fingerprint)))
  const both = { requests: official.requests + rows.requests, bytes: official.bytes + rows.bytes }
  return [...own, `@huggingface/${library}`, shown(official), shown(both)]
}

/** Where the rows of a fingerprint lie. @param {import("../formats/container").Container} container @param {import("../fingerprint/types").Fingerprint} fingerprint */
function spansOf(container, { slabs }) {
  const tensors = new Map(container.tensors.map((tensor) => [tensor.name, tensor]))
  return slabs.flatMap(({ name, row0, rows, col0, cols }) => {
    const tensor = tensors.get(name)
    if (!tensor) return []
    return tensor.along === "rows" ? container.spans(tensor, row0, row0 + rows) : container.spans(tensor, col0, col0 + cols)
  })
}

/** As a user of the libraries reads rows: each stretch for itself. @param {RunningHub} hub @param {{ id: string, revision: string }} ref @param {readonly import("../formats/container").Span[]} spans */
async function officialRows(hub, { id, revision }, spans) {
  const { downloadFile } = await import("@huggingface/hub")
  /** @type {Map<string, Blob | null>} */
  const blobs = new Map()
  for (const { file, begin, end } of spans) {
    const blob = blobs.get(file) ?? (await downloadFile({ repo: id, revision, path: file, hubUrl: hub.url, xet: false }))
    blobs.set(file, blob)
    await blob?.slice(begin, end).arrayBuffer()
  }
}

/** The same headers as @huggingface/hub and @huggingface/gguf read them. */
const OFFICIAL = {
  /** @param {RunningHub} hub @param {{ id: string, revision: string }} ref @param {Model["files"]} files */
  async hub(hub, { id, revision }, files) {
    const { parseSafetensorsMetadata } = await import("@huggingface/hub")
    const adapter = files.find(({ path }) => path === "adapter_model.safetensors")
    return parseSafetensorsMetadata({ repo: id, revision, hubUrl: hub.url, fetch: withoutXet, ...(adapter && { path: adapter.path }) })
  },
  /** @param {RunningHub} hub @param {{ id: string, revision: string }} ref */
  async gguf(hub, { id, revision }) {
    const { gguf } = await import("@huggingface/gguf")
    return gguf(`${hub.url}/${id}/resolve/${revision}/model.gguf`)
  },
}

/** Plain ranges, which the library falls back to: the local Hub has no Xet store. @type {typeof fetch} */
function withoutXet(input, init) {
  const headers = new Headers(init?.headers)
  headers.delete("accept")
  return fetch(input, { ...init, headers })
}

/** @template T @param {RunningHub} hub @param {() => Promise<T>} work @returns {Promise<{ cost: Cost, made: T }>} */
async function costOf(hub, work) {
  hub.resetLog()
  const made = await work()
  return { made, cost: { requests: hub.requests.length, bytes: hub.requests.reduce((sum, { bytes }) => sum + bytes, 0) } }
}

/** @param {Cost} cost */
const shown = ({ requests, bytes }) => `${requests}: ${Math.round(bytes / 1000).toLocaleString("en")} kB`

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 1e8 ? 1 : 0 })} MB`
