import type { IncomingMessage, ServerResponse } from "node:http"
import { afterEach, expect, test } from "vitest"
import { parseContentRange } from "~src/hub/range"
import { expiry } from "~src/hub/resolve"
import { createCall, type Handler, hubAt, REF, SHA, sendRange, serve } from "./hub-client-server"

const FILE = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 8)) & 255)
const WEIGHTS = { purpose: "weights" } as const
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(handler: Handler) {
  const server = await serve(handler)
  closing.push(server.close)
  return server
}

/** A Hub whose resolve redirects to a second server, as the real one does. */
async function startPair(cdnHandler: Handler, query = () => "") {
  const cdn = await start(cdnHandler)
  let signature = 0
  const hub = await start((_, response) => {
    signature += 1
    response.writeHead(302, { location: `${cdn.origin}/xet/file?Signature=${signature}${query()}` }).end()
  })
  return { hub, cdn }
}
const serveFile: Handler = (request, response) => sendRange(request, response, FILE)

test("resolves once, then reads from the redirect's target, without the token", async () => {
  const servers = await startPair(serveFile)
  const { hub } = hubAt(servers.hub.origin, { token: "hf_secret" })
  const { call, cost } = createCall()
  const first = await hub.range(REF, "sub dir/model.safetensors", 0, 100, { purpose: "header" }, call)
  const second = await hub.range(REF, "sub dir/model.safetensors", 1000, 1300, WEIGHTS, call)
  const tail = await hub.range(REF, "sub dir/model.safetensors", 199_990, 300_000, WEIGHTS, call)

  expect(first).toEqual({ bytes: FILE.slice(0, 100), size: FILE.length })
  expect(second.bytes).toEqual(FILE.slice(1000, 1300))
  expect(tail.bytes).toEqual(FILE.slice(199_990))
  expect(servers.hub.requests).toEqual([
    { url: `/amber/fox/resolve/${SHA}/sub%20dir/model.safetensors`, range: "bytes=0-99", authorization: "Bearer hf_secret" },
  ])
  expect(servers.cdn.requests.map((request) => [request.range, request.authorization])).toEqual([
    ["bytes=0-99", undefined],
    ["bytes=1000-1299", undefined],
    ["bytes=199990-299999", undefined],
  ])
  expect(cost).toEqual({ requests: 4, bytes: 410, weightBytes: 310 })
})

test("resolves anew when the target has expired by its own word or by the server's", async () => {
  let time = 1_800_000_000_000
  let refuse = false
  const servers = await startPair(
    (request, response) => {
      if (refuse && request.url?.includes("Signature=2")) response.writeHead(403).end("expired")
      else sendRange(request, response, FILE)
    },
    () => `&Expires=${time / 1000 + 3600}`,
  )
  const { hub } = hubAt(servers.hub.origin, { now: () => time })
  const { call } = createCall()
  const read = (begin: number) => hub.range(REF, "m", begin, begin + 10, WEIGHTS, call)
  await read(0)
  await read(10)
  expect(servers.hub.requests).toHaveLength(1)
  time += 3_590_000
  await read(20)
  expect(servers.hub.requests).toHaveLength(2)
  refuse = true
  expect((await read(30)).bytes).toEqual(FILE.slice(30, 40))
  expect(servers.hub.requests).toHaveLength(3)
  expect(servers.cdn.requests.at(-2)?.url).toContain("Signature=2")
})

test("resolves anew when the address expires between its signing and its use", async () => {
  const servers = await startPair((request, response) => {
    if (request.url?.includes("Signature=1")) response.writeHead(403).end("Request has expired")
    else sendRange(request, response, FILE)
  })
  const { hub } = hubAt(servers.hub.origin)
  const { bytes } = await hub.range(REF, "m", 30, 40, WEIGHTS, createCall().call)
  expect(bytes).toEqual(FILE.slice(30, 40))
  expect(servers.hub.requests).toHaveLength(2)
})

test("a file server that refuses fresh addresses too is not taken for a missing model", async () => {
  const servers = await startPair((_, response) => void response.writeHead(403).end("Request has expired"))
  const { hub } = hubAt(servers.hub.origin)
  await expect(hub.range(REF, "m", 0, 9, WEIGHTS, createCall().call)).rejects.toMatchObject({ code: "bad-response" })
})

test("concurrent first reads of a file resolve once", async () => {
  const servers = await startPair(serveFile)
  const { hub } = hubAt(servers.hub.origin)
  const { call } = createCall()
  const reads = Array.from({ length: 5 }, (_, i) => hub.range(REF, "m", i * 100, i * 100 + 100, WEIGHTS, call))
  const answers = await Promise.all(reads)
  expect(answers.map((answer) => answer.bytes)).toEqual(Array.from({ length: 5 }, (_, i) => FILE.slice(i * 100, i * 100 + 100)))
  expect(servers.hub.requests).toHaveLength(1)
  expect(servers.cdn.requests).toHaveLength(5)
})

test("those who wait for the first read fail with it, but not when it is merely cancelled", async () => {
  const gated = await start((_, response) => response.writeHead(403, { "x-error-code": "GatedRepo" }).end())
  const { hub } = hubAt(gated.origin)
  const { call } = createCall()
  const both = await Promise.allSettled([hub.range(REF, "m", 0, 9, WEIGHTS, call), hub.range(REF, "m", 9, 18, WEIGHTS, call)])
  expect(both.map((one) => one.status === "rejected" && one.reason.code)).toEqual(["gated", "gated"])
  expect(gated.requests).toHaveLength(1)

  const slow = await start((request, response, seen) => {
    if (seen > 0) sendRange(request, response, FILE)
  })
  const other = hubAt(slow.origin).hub
  const stop = new AbortController()
  const first = other.range(REF, "m", 0, 9, WEIGHTS, createCall(stop.signal).call)
  const second = other.range(REF, "m", 9, 18, WEIGHTS, call)
  await expect.poll(() => slow.requests.length).toBe(1)
  stop.abort()
  await expect(first).rejects.toMatchObject({ code: "aborted" })
  expect((await second).bytes).toEqual(FILE.slice(9, 18))
})

test("200 in place of 206: a small file is cut to measure, a big one refused before its body is read", async () => {
  const small = await start((_, response) => void response.writeHead(200, { "content-length": FILE.length }).end(FILE))
  const { call, cost } = createCall()
  expect(await hubAt(small.origin).hub.range(REF, "m", 50, 60, WEIGHTS, call)).toEqual({ bytes: FILE.slice(50, 60), size: FILE.length })
  await expect(hubAt(small.origin).hub.range(REF, "m", 200_000, 200_001, WEIGHTS, call)).rejects.toMatchObject({ code: "malformed" })

  const before = cost.bytes
  let closed = false
  const big = await start((_, response) => {
    response.on("close", () => {
      closed = true
    })
    response.writeHead(200, { "content-length": 50_000_000 })
    response.write(FILE)
  })
  await expect(hubAt(big.origin).hub.range(REF, "m", 50, 60, WEIGHTS, call)).rejects.toMatchObject({ code: "not-a-range" })
  expect(cost.bytes).toBe(before)
  await expect.poll(() => closed).toBe(true)

  const endless = await start((_, response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write(FILE), 1)
    response.on("close", () => clearInterval(more))
  })
  await expect(hubAt(endless.origin).hub.range(REF, "m", 50, 60, WEIGHTS, call)).rejects.toMatchObject({ code: "not-a-range" })
})

const part = (headers: Record<string, string | number>, body: Uint8Array) => (_: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(206, headers).end(body)
const hundred = FILE.slice(0, 100)

test.each<[string, string, Handler]>([
  ["no Content-Range", "not-a-range", part({}, hundred)],
  ["other bytes", "not-a-range", part({ "content-range": "bytes 5-104/200000" }, hundred)],
  ["an unknown size", "not-a-range", part({ "content-range": "bytes 0-99/*" }, hundred)],
  ["an impossible size", "not-a-range", part({ "content-range": "bytes 0-99/50" }, hundred)],
  ["more than asked for", "not-a-range", part({ "content-range": "bytes 0-199/200000" }, FILE.slice(0, 200))],
  [
    "a page in place of bytes",
    "bad-response",
    (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
  ],
  ["416", "malformed", (_, response) => void response.writeHead(416).end()],
  ["less than promised, twice", "malformed", part({ "content-range": "bytes 0-99/200000" }, FILE.slice(0, 60))],
  [
    "a connection that breaks, twice",
    "malformed",
    (_, response) => {
      response.writeHead(206, { "content-range": "bytes 0-99/200000", "content-length": 100 })
      response.write(FILE.slice(0, 50), () => response.destroy())
    },
  ],
])("a range answer with %s is %s", async (_, code, handler) => {
  const server = await start(handler)
  await expect(hubAt(server.origin).hub.range(REF, "m", 0, 100, WEIGHTS, createCall().call)).rejects.toMatchObject({
    code,
    advice: expect.stringMatching(/\.$/),
  })
  expect(server.requests).toHaveLength(code === "malformed" && !_.includes("416") ? 2 : 1)
})

test("a truncated answer is asked for once more", async () => {
  const server = await start((request, response, seen) => {
    if (seen > 0) return sendRange(request, response, FILE)
    response.writeHead(206, { "content-range": "bytes 0-99/200000", "content-length": 100 })
    response.write(FILE.slice(0, 50), () => response.destroy())
  })
  expect((await hubAt(server.origin).hub.range(REF, "m", 0, 100, WEIGHTS, createCall().call)).bytes).toEqual(hundred)
})

test("asking for no bytes or for a path that leads out is refused without a request", async () => {
  const { hub } = hubAt("http://127.0.0.1:1")
  const { call, cost } = createCall()
  await expect(hub.range(REF, "m", 5, 5, WEIGHTS, call)).rejects.toMatchObject({ code: "bad-arguments" })
  await expect(hub.range(REF, "m", -1, 5, WEIGHTS, call)).rejects.toMatchObject({ code: "bad-arguments" })
  await expect(hub.range(REF, "../../api/x", 0, 5, WEIGHTS, call)).rejects.toMatchObject({ code: "no-such-file" })
  await expect(hub.range({ ...REF, id: "../x" }, "m", 0, 5, WEIGHTS, call)).rejects.toMatchObject({ code: "bad-arguments" })
  expect(cost.requests).toBe(0)
})

test("Content-Range", () => {
  expect(parseContentRange("bytes 0-99/548105171")).toEqual({ begin: 0, end: 100, size: 548105171 })
  for (const odd of [null, "", "bytes */5", "bytes 5-4/9", "bytes 0-9/9", "items 0-1/9", "bytes 0-1/99999999999999999"]) {
    expect(parseContentRange(odd)).toBeNull()
  }
})

test("when a signed address expires", () => {
  const now = Date.UTC(2026, 0, 1)
  const hour = now + 3_600_000
  const soon = hour - 60_000
  const policy = btoa(JSON.stringify({ Statement: [{ Condition: { DateLessThan: { "AWS:EpochTime": hour / 1000 } } }] }))
  expect(expiry(`https://cdn.example/f?Expires=${hour / 1000}`, now)).toBe(soon)
  expect(expiry("https://cdn.example/f?X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600", now)).toBe(soon)
  expect(expiry(`https://cdn.example/f?Policy=${policy.replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~")}`, now)).toBe(soon)
  for (const unknown of ["", "?Expires=tomorrow", "?Expires=1000000000", "?Policy=%00", "?X-Amz-Date=x&X-Amz-Expires=1"]) {
    expect(expiry(`https://cdn.example/f${unknown}`, now)).toBe(now + 45 * 60_000)
  }
})
