import { afterEach, expect, test } from "vitest"
import { listNames } from "~src/cli/names"
import { type Handler, sendJson, serve } from "./hub-client-server"

const { signal } = new AbortController()
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(handler: Handler) {
  const server = await serve(handler)
  closing.push(server.close)
  const options = { endpoint: server.origin, token: "any-kind", fetch: globalThis.fetch, now: Date.now, sleep: async () => undefined }
  return { ...server, list: (author?: string) => listNames(options, author, signal) }
}

test("follows pages at the endpoint alone, wherever the link leads, and skips odd names", async () => {
  const hub = await start((request, response) => {
    const cursor = new URL(request.url ?? "", "http://hub").searchParams.get("cursor")
    const link = '<https://elsewhere.example/other?author=a&cursor=2>; rel="next"'
    if (cursor === null) sendJson(response, [{ id: "a/one" }, { id: "../odd" }, { id: 3 }], 200, { link })
    else sendJson(response, [{ id: "a/two" }, { id: "a/one" }])
  })
  expect(await hub.list("a")).toEqual(["a/one", "a/two"])
  expect(hub.requests.map(({ url }) => url)).toEqual(["/api/models?limit=500&author=a", "/api/models?author=a&cursor=2"])
  expect(hub.requests.map(({ authorization }) => authorization)).toEqual(["Bearer any-kind", "Bearer any-kind"])
})

test.each([
  ["a list of nothing but nulls", "[null]"],
  ["an object", '{"id":"a/one"}'],
  ["a login page", "<!doctype html>"],
])("%s is no list of models", async (_what, body) => {
  const hub = await start((_request, response) => response.end(body))
  await expect(hub.list()).rejects.toMatchObject({ code: "bad-response" })
})

test("gives up on pages without end", async () => {
  const link = '<https://elsewhere.example/api/models?cursor=again>; rel="next"'
  const hub = await start((_request, response) => sendJson(response, [], 200, { link }))
  await expect(hub.list()).rejects.toMatchObject({ code: "bad-response" })
  expect(hub.requests.length).toBeLessThan(200)
})

test("tells the Hub's refusals apart, and a Hub without models", async () => {
  const refusing = await start((_request, response) => sendJson(response, { error: "no" }, 401))
  await expect(refusing.list()).rejects.toMatchObject({ code: "not-found" })
  const failing = await start((_request, response) => sendJson(response, { error: "down" }, 503))
  await expect(failing.list()).rejects.toMatchObject({ code: "bad-response" })
  expect(failing.requests).toHaveLength(3)
  const empty = await start((_request, response) => sendJson(response, []))
  await expect(empty.list("a")).rejects.toMatchObject({ code: "not-found", message: "a has no models there." })
})
