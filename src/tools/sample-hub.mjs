// The local Hub with the sample families, over HTTP for the command line and over TLS as huggingface.co for the browser.
import { once } from "node:events"
import fs from "node:fs"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import { bundle } from "./bundle.mjs"
import { inRoot, Refusal } from "./project.mjs"

const ROOT = inRoot("test", "fixtures", "hub")
/** Models of the families published again as GGUF, GPTQ, adapters ... */
const CONTAINERS = inRoot("test", "fixtures", "hub-containers")

/**
 * Starts it, in a thread of its own: the Hub is another machine, so that serving it must not take the time of who asks it. `demo` is the
 * undocumented model to look at, `virtual` a generated one of seven billion parameters.
 * @param {{ latency?: number, containers?: boolean }} [options] milliseconds added to each answer; whether models in other containers are there too
 */
export async function startSampleHub({ latency = 0, containers = false } = {}) {
  const { demo } = JSON.parse(fs.readFileSync(`${ROOT}/truth.json`, "utf8"))
  const virtual = "sparse-works/seven-billion"
  const options = {
    roots: containers ? [ROOT, CONTAINERS] : [ROOT],
    latencyMs: latency,
    virtualRepos: [{ id: virtual, kind: "llama-7b", seed: 7 }],
  }
  const entry = pathToFileURL(await bundle("test/hub/index.ts", "hub")).href
  const thread = new Worker(new URL("sample-hub-thread.mjs", import.meta.url), { workerData: { entry, options } })
  const [{ url, tlsPort, spki }] = await once(thread, "message").catch((error) => {
    throw new Refusal(`The local Hub could not be started: ${error.message}`)
  })
  return {
    /** @type {string} */
    url,
    /** @type {number} */
    tlsPort,
    /** Of the certificate's key, for Chromium to accept it. @type {string} */
    spki,
    /** @type {string} */
    demo,
    virtual,
    close: async () => void (await thread.terminate()),
  }
}
