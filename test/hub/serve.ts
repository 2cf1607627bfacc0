import { parseArgs } from "node:util"
import { startHub } from "./index"

const HELP = `Usage: node test/hub/serve.mjs --root FOLDER [--root FOLDER ...] [options]
  --port N       port of the Hub (a free one when absent)
  --tls          one HTTPS port for huggingface.co and its CDN, told apart by the Host header
  --latency N    milliseconds added to every answer
  --virtual ID   also serve a made-up Llama-2-7B under this id, and ID-tuned derived from it`

const { values } = parseArgs({
  options: {
    root: { type: "string", multiple: true, default: [] },
    port: { type: "string" },
    tls: { type: "boolean", default: false },
    latency: { type: "string", default: "0" },
    virtual: { type: "string" },
    help: { type: "boolean", default: false },
  },
})

if (values.help || (values.root.length === 0 && values.virtual === undefined)) {
  console.log(HELP)
} else {
  const hub = await startHub({
    roots: values.root,
    tls: values.tls,
    latencyMs: Number(values.latency),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    virtualRepos: values.virtual === undefined ? [] : family(values.virtual),
  })
  console.log(`Hub: ${hub.url} on port ${hub.port}\nCDN: ${hub.cdnUrl}\nKey: ${hub.spki}`)
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => hub.close())
}

function family(id: string) {
  return [
    { id, kind: "llama-7b", seed: 1 },
    { id: `${id}-tuned`, kind: "llama-7b", seed: 2, derive: { from: 1, relativeUpdate: 0.01 } },
  ] as const
}
