import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { createHub } from "~src/hub/client"
import type { HubOptions } from "~src/hub/transport"
import type { Call } from "~src/hub/types"

export const SHA = "0123456789abcdef0123456789abcdef01234567"
export const REF = { id: "amber/fox", revision: SHA }

export type Handler = (request: IncomingMessage, response: ServerResponse, seen: number) => void

/** A real HTTP server on a free port; `seen` counts the requests for the same address. */
export async function serve(handler: Handler) {
  const requests: { url: string; range: string | undefined; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const url = request.url ?? ""
    const seen = requests.filter((one) => one.url === url).length
    requests.push({ url, range: request.headers.range, authorization: request.headers.authorization })
    handler(request, response, seen)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A clock that sleeping moves, so that no test waits. */
function createClock() {
  const clock = {
    time: Date.UTC(2026, 0, 1),
    slept: [] as number[],
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.slept.push(milliseconds)
      clock.time += milliseconds
    },
  }
  return clock
}

export function createCall(signal = new AbortController().signal) {
  const cost = { requests: 0, bytes: 0, weightBytes: 0 }
  const call: Call = {
    signal,
    meter: {
      add(requests, bytes, weightBytes) {
        cost.requests += requests
        cost.bytes += bytes
        cost.weightBytes += weightBytes
      },
    },
  }
  return { call, cost }
}

export function hubAt(endpoint: string, options: Partial<HubOptions> = {}) {
  const clock = createClock()
  return { clock, hub: createHub({ endpoint, fetch: globalThis.fetch, now: clock.now, sleep: clock.sleep, random: () => 0, ...options }) }
}

export function sendJson(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
}

/** Answers like a CDN: 206 with Content-Range, or 416. */
export function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) {
  const [, begin = "0", last = ""] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? []
  if (Number(begin) >= bytes.length) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end()
    return
  }
  const part = bytes.subarray(Number(begin), Number(last) + 1)
  response
    .writeHead(206, {
      "content-range": `bytes ${begin}-${Number(begin) + part.length - 1}/${bytes.length}`,
      "content-length": part.length,
      "content-type": "application/octet-stream",
    })
    .end(part)
}
