// Inspects the models of one architecture in a thread of its own, so that all cores work; started by evaluate.mjs.
import { parentPort, workerData } from "node:worker_threads"

/** @type {typeof import("./evaluate-parts")} */
const parts = await import(workerData.parts)
parentPort?.postMessage({ outcomes: await parts.inspectAll(workerData.endpoint, workerData.ids, () => parentPort?.postMessage({})) })
