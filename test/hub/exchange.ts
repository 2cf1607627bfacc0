import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Proposal } from "./api-commit"
import { type Content, chunks, contentOf } from "./content"
import type { Store } from "./store"
import type { FaultAction, LoggedRequest } from "./types"
import type { Refusal, Visitor } from "./visitor"

/** One request under way, with what the routes need to answer it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** Decoded parts of the path. */
  readonly segments: readonly string[]
  readonly visitor: Visitor
  readonly log: LoggedRequest
  readonly fault: FaultAction | null
  readonly site: Site
}

/** What is the same for all requests. */
export interface Site {
  readonly store: Store
  readonly origin: string
  readonly cdnOrigin: string
  readonly now: () => number
  readonly sign: (path: string, expires: number) => string
  readonly signatureSeconds: number
  /** Pull requests in the order in which they were opened. */
  readonly proposals: Proposal[]
}

type Headers = Record<string, string | number>

/** Answers with the whole content; a cut answer promises all and sends half. */
export function send(exchange: Exchange, status: number, headers: Headers, body: string | Content = ""): void {
  const content = typeof body === "string" ? contentOf(body) : body
  sendPart(exchange, status, headers, content, 0, content.size)
}

export function sendJson(exchange: Exchange, json: unknown, headers: Headers = {}): void {
  const text = JSON.stringify(json)
  send(exchange, 200, { "content-type": "application/json; charset=utf-8", etag: `W/"${text.length.toString(16)}"`, ...headers }, text)
}

export function sendPage(exchange: Exchange, html: string, status = 200): void {
  send(exchange, status, { "content-type": "text/html; charset=utf-8" }, html)
}

/** Refuses as JSON on API routes and as plain text elsewhere. */
export function refuse(exchange: Exchange, { status, message, code }: Refusal, headers: Headers = {}): void {
  const isApi = exchange.segments[0] === "api"
  send(
    exchange,
    status,
    {
      "x-error-message": message.replace(/[^\x20-\x7e]+/g, " "),
      ...(code === undefined ? {} : { "x-error-code": code }),
      ...(status === 401 ? { "www-authenticate": 'Bearer realm="Authentication required", charset="UTF-8"' } : {}),
      "content-type": isApi ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
      ...headers,
    },
    isApi ? JSON.stringify({ error: message }) : message,
  )
}

export function redirect(exchange: Exchange, status: 302 | 307, location: string, headers: Headers = {}): void {
  const text = `Redirecting to ${location}`
  send(exchange, status, { location, vary: "Origin, Accept", "content-type": "text/plain; charset=utf-8", ...headers }, text)
}

/** Answers a possible `Range`: 206, 416, or everything when there is none or several are asked for. */
export function sendRange(exchange: Exchange, headers: Headers, content: Content): void {
  const { size } = content
  const all = { ...headers, "accept-ranges": "bytes" }
  const range = exchange.fault === "200-instead-of-206" ? null : readRange(exchange.request.headers.range, size)
  if (range === null) send(exchange, 200, all, content)
  else if (range === "unsatisfiable") send(exchange, 416, { ...all, "content-range": `bytes */${size}` })
  else {
    const [begin, end] = range
    sendPart(exchange, 206, { ...all, "content-range": `bytes ${begin}-${end - 1}/${size}` }, content, begin, end)
  }
}

/** RFC 9110, section 14: what is no proper single range is ignored. */
function readRange(header: string | undefined, size: number): [begin: number, end: number] | "unsatisfiable" | null {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? []
  if (first === "" && last === "") return null
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null
  const begin = first === "" ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1)
  return begin < end ? [begin, end] : "unsatisfiable"
}

function sendPart(exchange: Exchange, status: number, headers: Headers, content: Content, begin: number, end: number): void {
  const { request, response, log } = exchange
  log.status = status
  response.writeHead(status, { ...headers, "content-length": end - begin })
  if (request.method === "HEAD") response.end()
  else
    stream(exchange, content, begin, end).catch((error) => {
      console.error(error)
      response.destroy()
    })
}

async function stream({ request, response, log, fault }: Exchange, content: Content, begin: number, end: number): Promise<void> {
  const cut = fault === "truncate"
  const stop = cut ? begin + Math.floor((end - begin) / 2) : end
  for (const part of chunks(content, begin, stop)) {
    if (response.destroyed) return
    log.bytes += part.length
    if (!response.write(part)) await Promise.race([once(response, "drain"), once(response, "close")])
  }
  if (cut) setImmediate(() => request.socket.destroySoon())
  else response.end()
}
