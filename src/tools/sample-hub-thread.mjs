// What the thread of the sample Hub runs: it starts it twice, over HTTP and over TLS, and tells where it is.
import { parentPort, workerData } from "node:worker_threads"

/** @type {{ entry: string, options: import("../../test/hub/types").HubOptions }} */
const { entry, options } = workerData
/** @type {typeof import("../../test/hub/index")} */
const { startHub } = await import(entry)
const [plain, secure] = await Promise.all([startHub(options), startHub({ ...options, tls: true })])
parentPort?.postMessage({ url: plain.url, tlsPort: secure.port, spki: secure.spki })
