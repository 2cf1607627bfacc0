import { randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { TLSSocket } from "node:tls"
import { answerAsset } from "./assets"
import { answerCdn } from "./cdn"
import { type Exchange, refuse, type Site, send } from "./exchange"
import { createFaults } from "./faults"
import { answerPage } from "./pages"
import { type Bucket, createRateLimiter } from "./ratelimits"
import { answerApi, answerFiles } from "./routes"
import type { FaultRule, LoggedRequest, RateLimits, RequestKind } from "./types"
import { NOT_LOGGED_IN, visitorOf } from "./visitor"

const BUCKETS: Partial<Record<RequestKind, Bucket>> = { api: "api", resolver: "resolvers", page: "pages" }
const EXPOSED =
  "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash"

/** Answers requests for the Hub and its CDN, whatever server they came through. */
export function createHandler(site: Site, options: { latencyMs: number; rateLimits: RateLimits; faults: readonly FaultRule[] }) {
  const requests: LoggedRequest[] = []
  let limit = createRateLimiter(options.rateLimits, site.now)
  let faultOf = createFaults(options.faults)
  let latency = options.latencyMs

  async function handle(request: IncomingMessage, response: ServerResponse, isCdn: boolean) {
    const { method = "GET", headers, url: target = "/" } = request
    const segments = decodePath(target)
    const kind = isCdn ? "cdn" : kindOf(segments ?? [])
    const log: LoggedRequest = {
      ...{ method, path: target, kind, at: site.now(), status: 0, bytes: 0 },
      host: headers.host ?? "",
      range: headers.range ?? null,
      withToken: headers.authorization !== undefined,
      withCookie: headers.cookie !== undefined,
    }
    requests.push(log)
    const fault = faultOf(target, kind)
    const wait = latency + (fault?.action === "delay" ? (fault.milliseconds ?? 1000) : 0)
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    if (fault?.action === "hang") return
    if (fault?.action === "reset") {
      // TLS has no reset of its own; to the client both are a connection cut.
      if (request.socket instanceof TLSSocket) request.socket.destroy()
      else request.socket.resetAndDestroy()
      return
    }
    const url = new URL(segments === null ? "/" : target, site.origin)
    const visitor = visitorOf(headers)
    const exchange: Exchange = {
      request,
      response,
      url,
      segments: segments ?? [],
      visitor: visitor ?? "anonymous",
      log,
      fault: fault?.action ?? null,
      site,
    }
    if (isCdn) return fails(exchange) ? undefined : answerCdn(exchange)
    setHubHeaders(exchange)
    if (method === "OPTIONS")
      return send(exchange, 200, {
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": "authorization, range, content-type",
      })
    const bucket = BUCKETS[kind]
    if (bucket !== undefined) {
      const standing = limit(
        visitor === "anonymous" || visitor === null ? String(request.socket.remoteAddress) : visitor,
        visitor !== "anonymous",
        bucket,
      )
      for (const [name, value] of Object.entries(standing.headers)) response.setHeader(name, value)
      if (standing.exceeded || exchange.fault === "429") return refuse(exchange, tooMany(standing.seconds))
    }
    if (fails(exchange)) return
    if (segments === null) return refuse(exchange, { status: 400, message: "Invalid URL" })
    if (kind === "asset") return answerAsset(exchange)
    // Pages know people by cookies, not by tokens.
    if (kind === "page") return answerPage({ ...exchange, visitor: "anonymous" })
    if (visitor === null) return refuse(exchange, NOT_LOGGED_IN)
    if (segments[0] === "api") await answerApi(exchange)
    else answerFiles(exchange)
  }

  return {
    requests,
    setFaults(rules: readonly FaultRule[]) {
      faultOf = createFaults(rules)
    },
    setRateLimits(limits: RateLimits) {
      limit = createRateLimiter(limits, site.now)
    },
    setLatency(milliseconds: number) {
      latency = milliseconds
    },
    /** Never rejects: what goes wrong in here cuts the connection. */
    handle(request: IncomingMessage, response: ServerResponse, isCdn: boolean) {
      handle(request, response, isCdn).catch((error) => {
        console.error(error)
        response.destroy()
      })
    },
  }
}

const tooMany = (seconds: number) => ({
  status: 429,
  message: `We had to rate limit you. Please wait ${seconds} seconds, or log in to continue.`,
})

/** Whether a fault has answered instead. */
function fails(exchange: Exchange): boolean {
  const { fault } = exchange
  if (fault === "429") refuse(exchange, tooMany(1), { "retry-after": 1 })
  else if (fault === "500")
    refuse(exchange, { status: 500, message: "Internal Error - We're working hard to fix this as soon as possible!" })
  else if (fault === "503") refuse(exchange, { status: 503, message: "Service Unavailable" })
  else if (fault === "403") refuse(exchange, { status: 403, message: "Forbidden" })
  else if (fault === "html")
    send(exchange, 200, { "content-type": "text/html; charset=utf-8" }, "<!doctype html><html><body><h1>Maintenance</h1></body></html>")
  else return false
  return true
}

/** The parts of the path; null when it is no proper address. Dots climb nowhere: files are looked up by name among those known. */
function decodePath(target: string): string[] | null {
  try {
    const { pathname } = new URL(target, "http://hub")
    return target.startsWith("/")
      ? pathname
          .split("/")
          .slice(1)
          .map(decodeURIComponent)
          .filter((part, i, all) => part !== "" || i < all.length - 1)
      : null
  } catch {
    return null
  }
}

function kindOf(segments: readonly string[]): RequestKind {
  if (segments[0] === "front") return "asset"
  if (segments[0] === "api") return segments[1] === "resolve-cache" ? "resolver" : "api"
  const isFile = segments.some((part, index) => (index === 1 || index === 2) && index + 2 < segments.length && /^(resolve|raw)$/.test(part))
  return isFile ? "resolver" : "page"
}

function setHubHeaders({ request, response, visitor, log }: Exchange) {
  const { origin } = request.headers
  response.setHeader("x-request-id", `Root=1-${Math.floor(log.at / 1000).toString(16)}-${randomBytes(12).toString("hex")}`)
  response.setHeader("access-control-allow-origin", origin ?? "https://huggingface.co")
  response.setHeader("vary", "Origin, Accept")
  response.setHeader("access-control-max-age", "86400")
  response.setHeader("access-control-expose-headers", EXPOSED)
  if (visitor === "anonymous")
    response.setHeader("x-hf-warning", "unauthenticated; Please set a HF_TOKEN to enable higher rate limits and faster downloads.")
}
