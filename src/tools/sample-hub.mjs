// The local Hub with the sample families, over HTTP for the command line and over TLS as huggingface.co for the browser.
import fs from "node:fs"
import { pathToFileURL } from "node:url"
import { bundle } from "./bundle.mjs"
import { inRoot, Refusal } from "./project.mjs"

const ROOT = inRoot("test", "fixtures", "hub")
/** Models of the families published again as GGUF, GPTQ, adapters ... */
const CONTAINERS = inRoot("test", "fixtures", "hub-containers")

/**
 * Starts it. `demo` is the undocumented model to look at, `virtual` a generated one of seven billion parameters.
 * @param {{ latency?: number, containers?: boolean }} [options] milliseconds added to each answer; whether models in other containers are there too
 */
export async function startSampleHub({ latency = 0, containers = false } = {}) {
  /** @type {typeof import("../../test/hub/index")} */
  const { startHub } = await import(pathToFileURL(await bundle("test/hub/index.ts", "hub")).href)
  const { demo } = JSON.parse(fs.readFileSync(`${ROOT}/truth.json`, "utf8"))
  const virtual = "sparse-works/seven-billion"
  const options = {
    roots: containers ? [ROOT, CONTAINERS] : [ROOT],
    latencyMs: latency,
    virtualRepos: [{ id: virtual, kind: "llama-7b", seed: 7 }],
  }
  const [plain, secure] = await Promise.all([startHub(options), startHub({ ...options, tls: true })]).catch((error) => {
    throw new Refusal(`The local Hub could not be started: ${error.message}`)
  })
  return {
    url: plain.url,
    tlsPort: secure.port,
    /** Of the certificate's key, for Chromium to accept it. */
    spki: secure.spki,
    demo,
    virtual,
    close: async () => void (await Promise.all([plain.close(), secure.close()])),
  }
}
