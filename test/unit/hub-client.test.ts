import { afterEach, expect, test } from "vitest"
import { createCall, type Handler, hubAt, REF, SHA, sendJson, serve } from "./hub-client-server"

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(handler: Handler) {
  const server = await serve(handler)
  closing.push(server.close)
  return server
}
const MODEL = { id: "amber/fox", sha: SHA }

test("follows a rename and takes the canonical id from the body", async () => {
  const server = await start((request, response) => {
    if (request.url === "/api/models/fox?blobs=true") response.writeHead(307, { location: "/api/models/amber/fox" }).end()
    else sendJson(response, MODEL)
  })
  const { call, cost } = createCall()
  expect((await hubAt(`${server.origin}/`).hub.model("fox", null, call)).id).toBe("amber/fox")
  expect(cost).toEqual({ requests: 2, bytes: JSON.stringify(MODEL).length, weightBytes: 0 })
  await hubAt(server.origin).hub.model("amber/fox", "refs/pr/1", call)
  expect(server.requests.at(-1)?.url).toBe("/api/models/amber/fox/revision/refs%2Fpr%2F1?blobs=true")
})

test("takes the file list from a record that has it whole, and asks for it otherwise", async () => {
  const sha256 = "c".repeat(64)
  const whole = [
    { rfilename: "config.json", size: 3, blobId: "a".repeat(40) },
    { rfilename: "model.safetensors", size: 9, blobId: "b".repeat(40), lfs: { sha256, size: 9, pointerSize: 134 } },
  ]
  const masked = { rfilename: "model.safetensors", size: 9, blobId: "b".repeat(40), lfs: { sha256: "*".repeat(64), size: 9 } }
  const sizeless = { rfilename: "model.safetensors" }
  let siblings: unknown = whole
  const server = await start((request, response) => {
    if (request.url?.includes("/tree/")) sendJson(response, [])
    else sendJson(response, { ...MODEL, siblings })
  })
  const { call } = createCall()
  const listed = async (said: unknown) => {
    siblings = said
    const { hub } = hubAt(server.origin)
    await hub.model("amber/fox", null, call)
    return hub.files(REF, call)
  }
  expect(await listed(whole)).toEqual([
    { path: "config.json", size: 3, oid: "a".repeat(40), xetHash: null },
    { path: "model.safetensors", size: 9, oid: sha256, xetHash: null },
  ])
  expect(await listed([masked])).toMatchObject([{ oid: null }])
  expect(server.requests.some(({ url }) => url.includes("/tree/"))).toBe(false)
  for (const said of [[...whole, sizeless], [], undefined, Array.from({ length: 1000 }, () => whole[0])]) {
    expect(await listed(said)).toEqual([])
    expect(server.requests.at(-1)?.url).toBe(`/api/models/amber/fox/tree/${SHA}?recursive=true`)
  }
})

test("lists with expand, follows Link within bounds and skips odd items", async () => {
  const server = await start((request, response) => {
    const url = new URL(request.url ?? "", "http://hub")
    const page = Number(url.searchParams.get("cursor") ?? 0)
    const link = `<https://elsewhere.example/api/models?limit=2&cursor=${page + 1}>; rel="next"`
    sendJson(response, [{ id: `a/m${page}` }, { id: "../odd" }, null], 200, { link })
  })
  const { call } = createCall()
  const query = {
    filter: ["base_model:a/b", "gguf"],
    parameters: { min: 10, max: 20 },
    sort: "createdAt",
    limit: 5000,
    maxPages: 3,
  } as const
  const records = await hubAt(server.origin).hub.list(query, call)
  expect(records.map((record) => record.id)).toEqual(["a/m0", "a/m1", "a/m2"])
  const sent = new URL(server.requests[0]?.url ?? "", server.origin).searchParams
  expect(sent.getAll("filter")).toEqual(["base_model:a/b", "gguf"])
  expect(sent.get("num_parameters")).toBe("min:10,max:20")
  expect(sent.get("direction")).toBe("-1")
  expect(sent.get("limit")).toBe("1000")
  expect(sent.getAll("expand")).toEqual(expect.arrayContaining(["sha", "cardData", "safetensors", "siblings"]))
})

test("falls back to full, config and cardData where expand is refused, and remembers that", async () => {
  const server = await start((request, response) => {
    if (request.url?.includes("expand=")) sendJson(response, { error: '"expand" must be one of [author]' }, 400)
    else sendJson(response, [MODEL])
  })
  const { hub } = hubAt(server.origin)
  const { call } = createCall()
  expect(await hub.list({ author: "amber" }, call)).toHaveLength(1)
  expect(await hub.list({ author: "birch" }, call)).toHaveLength(1)
  expect(server.requests.map((request) => request.url.includes("expand="))).toEqual([true, false, false])
  expect(server.requests[1]?.url).toBe("/api/models?author=amber&full=true&config=true&cardData=true")
})

test("reads the whole tree over its pages", async () => {
  const server = await start((request, response) => {
    const second = request.url?.includes("cursor=x") ?? false
    const file = { type: "file", path: second ? "b" : "a", size: 1, oid: "b".repeat(40) }
    const link = `<${server.origin}${request.url}&cursor=x>; rel="next"`
    sendJson(response, [{ type: "directory", path: "d", oid: "x", size: 0 }, file], 200, second ? {} : { link })
  })
  const files = await hubAt(server.origin).hub.files(REF, createCall().call)
  expect(files.map((file) => file.path)).toEqual(["a", "b"])
  expect(server.requests[0]?.url).toBe(`/api/models/amber/fox/tree/${SHA}?recursive=true`)
})

test("reads small texts and no longer ones", async () => {
  const server = await start((request, response) => {
    if (request.url?.includes("/resolve-cache/")) response.writeHead(200, { "content-type": "text/plain" }).end("häh\n")
    else response.writeHead(307, { location: `/api/resolve-cache/models/${REF.id}/${SHA}/config.json` }).end()
  })
  const { hub } = hubAt(server.origin)
  expect(await hub.text(REF, "config.json", 5, createCall().call)).toBe("häh\n")
  await expect(hub.text(REF, "config.json", 4, createCall().call)).rejects.toMatchObject({ code: "malformed" })
})

const restricted = "Access to model amber/fox is restricted. You must have access to it and be authenticated to access it. Please log in."
test.each<[string, number, Record<string, string>, string]>([
  ["gated", 401, { "x-error-code": "GatedRepo", "x-error-message": restricted }, "gated"],
  ["gated without a code", 403, { "x-error-message": restricted }, "gated"],
  ["missing or private", 401, { "x-error-message": "Invalid username or password." }, "not-found"],
  ["missing", 404, { "x-error-code": "RepoNotFound" }, "not-found"],
  ["no such file", 404, { "x-error-code": "EntryNotFound" }, "no-such-file"],
  ["no such revision", 404, { "x-error-code": "RevisionNotFound" }, "not-found"],
  ["disabled", 403, { "x-error-message": "Access to this resource is disabled." }, "disabled"],
  ["a teapot", 418, {}, "bad-response"],
])("%s (%i)", async (_, status, headers, code) => {
  const server = await start((__, response) => void response.writeHead(status, headers).end())
  const failure = hubAt(server.origin).hub.text(REF, "config.json", 100, createCall().call)
  await expect(failure).rejects.toMatchObject({ name: "PedigreeError", code, advice: expect.stringMatching(/^[A-Z].*\.$/) })
  expect(server.requests).toHaveLength(1)
})

test.each<[string, string]>([
  ["application/json; charset=utf-8", JSON.stringify({ error: restricted })],
  ["text/plain", restricted],
])("a gate that is told in a body of %s alone", async (type, body) => {
  const server = await start((_, response) => void response.writeHead(403, { "content-type": type }).end(body))
  await expect(hubAt(server.origin).hub.model("amber/fox", null, createCall().call)).rejects.toMatchObject({ code: "gated" })
})

test.each<[string, Handler]>([
  ["a page", (_, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>")],
  ["half of it", (_, response) => void response.end('{"id": "amber/f')],
  ["a list", (_, response) => sendJson(response, [MODEL])],
  ["no id", (_, response) => sendJson(response, { id: "../../x" })],
])("JSON that is %s is a bad response", async (_, handler) => {
  const server = await start(handler)
  await expect(hubAt(server.origin).hub.model("amber/fox", null, createCall().call)).rejects.toMatchObject({ code: "bad-response" })
})

test("tries 5xx and lost connections again, three times at most", async () => {
  const recovering = await start((request, response, seen) => {
    if (seen === 0) response.writeHead(500).end()
    else if (seen === 1) request.socket.destroy()
    else sendJson(response, MODEL)
  })
  const { hub, clock } = hubAt(recovering.origin)
  const { call, cost } = createCall()
  expect((await hub.model("amber/fox", null, call)).revision).toBe(SHA)
  expect(clock.slept).toHaveLength(2)
  expect(cost.requests).toBe(3)

  const broken = await start((_, response) => void response.writeHead(503, { "retry-after": "2" }).end())
  const other = hubAt(broken.origin)
  await expect(other.hub.model("amber/fox", null, call)).rejects.toMatchObject({ code: "bad-response" })
  expect(broken.requests).toHaveLength(3)
  expect(other.clock.slept).toEqual([2000, 2000])
})

test("an endpoint that is not there is offline", async () => {
  const server = await start(() => {})
  await server.close()
  closing.pop()
  await expect(hubAt(server.origin).hub.model("amber/fox", null, createCall().call)).rejects.toMatchObject({ code: "offline" })
})

test("a server that falls silent is given up", async () => {
  const server = await start((_, response, seen) => {
    if (seen > 0) response.writeHead(200).write("{")
  })
  const { hub } = hubAt(server.origin, { stallAfter: 20 })
  await expect(hub.model("amber/fox", null, createCall().call)).rejects.toMatchObject({ code: "offline" })
  expect(server.requests).toHaveLength(3)
})

test("429: sits out a short wait, reports a long one with its time, and asks nothing meanwhile", async () => {
  const short = await start((_, response, seen) => {
    if (seen > 0) sendJson(response, MODEL)
    else response.writeHead(429, { ratelimit: '"api";r=0;t=4' }).end()
  })
  const patient = hubAt(short.origin)
  const { call } = createCall()
  expect((await patient.hub.model("amber/fox", null, call)).id).toBe("amber/fox")
  expect(patient.clock.slept).toEqual([4000])

  const long = await start((_, response) => void response.writeHead(429, { ratelimit: '"api";r=0;t=120' }).end())
  const { hub, clock } = hubAt(long.origin)
  const retryAt = clock.time + 120_000
  await expect(hub.model("amber/fox", null, call)).rejects.toMatchObject({ code: "rate-limited", retryAt })
  await expect(hub.model("birch/owl", null, call)).rejects.toMatchObject({ code: "rate-limited", retryAt })
  expect(long.requests).toHaveLength(1)
})

test("stops before the allowance is used up, for this bucket alone", async () => {
  const server = await start((request, response) => {
    if (request.url?.includes("/resolve/")) response.end("text")
    else sendJson(response, MODEL, 200, { ratelimit: '"api";r=0;t=6', "ratelimit-policy": '"fixed window";"api";q=500;w=300' })
  })
  const { hub, clock } = hubAt(server.origin)
  const { call } = createCall()
  await hub.model("amber/fox", null, call)
  expect(await hub.text(REF, "a.txt", 10, call)).toBe("text")
  expect(clock.slept).toEqual([])
  await hub.model("birch/owl", null, call)
  expect(clock.slept).toEqual([6000])
})

test("equal reads in flight are one request, booked once; one caller's cancelling is his alone", async () => {
  let release = () => {}
  const server = await start((_, response) => {
    release = () => sendJson(response, MODEL)
  })
  const { hub } = hubAt(server.origin)
  const stop = new AbortController()
  const [a, b] = [createCall(stop.signal), createCall()]
  const first = hub.model("amber/fox", null, a.call)
  const second = hub.model("amber/fox", null, b.call)
  await expect.poll(() => server.requests.length).toBe(1)
  stop.abort()
  await expect(first).rejects.toMatchObject({ code: "aborted" })
  release()
  expect((await second).id).toBe("amber/fox")
  expect(server.requests).toHaveLength(1)
  expect(a.cost.requests + b.cost.requests).toBe(1)
})

test("at most six requests at once; cancelling reaches waiting and running ones at once", async () => {
  let open = 0
  let most = 0
  const server = await start((request, response) => {
    open += 1
    most = Math.max(most, open)
    setTimeout(() => {
      open -= 1
      if (request.url?.includes("slow")) return
      sendJson(response, MODEL)
    }, 5)
  })
  const { hub } = hubAt(server.origin)
  const { call } = createCall()
  await Promise.all(Array.from({ length: 30 }, (_, i) => hub.model(`amber/fox${i}`, null, call)))
  expect(most).toBe(6)
  expect(server.requests).toHaveLength(30)

  const stop = new AbortController()
  const slow = Array.from({ length: 10 }, (_, i) => hub.model(`amber/slow${i}`, null, createCall(stop.signal).call))
  await expect.poll(() => server.requests.length).toBe(36)
  stop.abort()
  const ends = await Promise.allSettled(slow)
  expect(ends.every((end) => end.status === "rejected" && end.reason.code === "aborted")).toBe(true)
  expect((await hub.model("amber/fox", null, call)).id).toBe("amber/fox")
  expect(server.requests).toHaveLength(37)
})

test("a cancelled call asks nothing", async () => {
  const server = await start((_, response) => sendJson(response, MODEL))
  await expect(hubAt(server.origin).hub.model("amber/fox", null, createCall(AbortSignal.abort()).call)).rejects.toMatchObject({
    code: "aborted",
  })
  expect(server.requests).toEqual([])
})

test("cancelling ends a pause between tries at once", async () => {
  const server = await start((_, response) => void response.writeHead(500).end())
  const stop = new AbortController()
  const { hub } = hubAt(server.origin, { sleep: () => new Promise(() => stop.abort()) })
  await expect(hub.model("amber/fox", null, createCall(stop.signal).call)).rejects.toMatchObject({ code: "aborted" })
})
