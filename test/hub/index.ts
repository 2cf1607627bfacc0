import { createHmac, randomBytes } from "node:crypto"
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Site } from "./exchange"
import { createHandler } from "./server"
import { loadStore } from "./store"
import { CERTIFICATE, KEY } from "./tls/pair"
import { spkiOf } from "./tls/spki"
import type { HubOptions, RunningHub } from "./types"

export type { RunningHub } from "./types"

const HOUR = 3600
const HUB_HOST = "huggingface.co"
const CDN_HOST = "us.aws.cdn.hf.co"

/**
 * Starts a local Hub and its CDN on 127.0.0.1 that serve the repositories in `roots`, the virtual ones and those given.
 *
 * @throws Error when a root does not exist, its hub.json cannot be read, or the port is taken.
 */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const store = loadStore(options)
  const secret = randomBytes(32)
  const site = {
    ...{ store, origin: `https://${HUB_HOST}`, cdnOrigin: `https://${CDN_HOST}` },
    now: options.now ?? Date.now,
    signatureSeconds: options.signatureSeconds ?? HOUR,
    proposals: [],
    sign: (path: string, expires: number) => createHmac("sha256", secret).update(`${path} ${expires}`).digest("hex"),
  }
  const handler = createHandler(site satisfies Site, {
    latencyMs: options.latencyMs ?? 0,
    rateLimits: options.rateLimits ?? {},
    faults: options.faults ?? [],
  })

  const sockets = new Set<Socket>()
  let offline = false
  const guard = (server: Server) =>
    server.on("connection", (socket) => {
      if (offline) return socket.destroy()
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
    })
  const servers: Server[] = []
  const open = async (server: Server, port: number) => {
    servers.push(guard(server))
    await listen(server, port)
    return (server.address() as AddressInfo).port
  }

  let port: number
  if (options.tls) {
    const byHost = (request: IncomingMessage, response: ServerResponse) =>
      handler.handle(request, response, /\.hf\.co(:\d+)?$/.test(request.headers.host ?? ""))
    port = await open(createHttpsServer({ cert: CERTIFICATE, key: KEY }, byHost), options.port ?? 0)
  } else {
    port = await open(
      createHttpServer((request, response) => handler.handle(request, response, false)),
      options.port ?? 0,
    )
    const cdnPort = await open(
      createHttpServer((request, response) => handler.handle(request, response, true)),
      0,
    )
    site.origin = `http://127.0.0.1:${port}`
    site.cdnOrigin = `http://127.0.0.1:${cdnPort}`
  }

  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: site.origin,
    cdnUrl: site.cdnOrigin,
    port,
    spki: spkiOf(CERTIFICATE),
    requests: handler.requests,
    proposals: site.proposals,
    resetLog() {
      handler.requests.length = 0
    },
    setFaults: handler.setFaults,
    setRateLimits: handler.setRateLimits,
    setLatency: handler.setLatency,
    setOffline(value) {
      offline = value
      if (offline) cut()
    },
    async close() {
      cut()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
}
