import { get as httpsGet } from "node:https"
import { connect } from "node:tls"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { type RunningHub, startHub } from "~test/hub"
import { BASE_WEIGHTS, writeRepos } from "./hub-standin-repos"

const FILE = "/acme/base/resolve/main/model.safetensors"
const RANGE = { headers: { range: "bytes=0-9" } }

let repos: ReturnType<typeof writeRepos>
beforeAll(() => {
  repos = writeRepos()
})
afterAll(() => repos.remove())

describe("faults", () => {
  let hub: RunningHub
  beforeAll(async () => {
    hub = await startHub({ roots: [repos.root] })
  })
  afterAll(() => hub.close())
  afterEach(() => {
    hub.setFaults([])
    hub.setLatency(0)
    hub.setOffline(false)
  })

  test.each(["500", "503", "429", "403"] as const)("%s, once", async (action) => {
    hub.setFaults([{ match: /api\/models\/acme/, action, times: 1 }])
    expect((await fetch(`${hub.url}/api/models/kin/self`)).status).toBe(200)
    expect((await fetch(`${hub.url}/api/models/acme/base`)).status).toBe(Number(action))
    expect((await fetch(`${hub.url}/api/models/acme/base`)).status).toBe(200)
  })

  test("answers that are wrong rather than refused", async () => {
    hub.setFaults([{ match: /model\.safetensors/, action: "200-instead-of-206", kind: "cdn" }])
    const whole = await fetch(hub.url + FILE, RANGE)
    expect([whole.status, (await whole.arrayBuffer()).byteLength]).toEqual([200, BASE_WEIGHTS.length])
    hub.setFaults([{ match: /./, action: "html" }])
    expect((await fetch(`${hub.url}/api/models/acme/base`)).headers.get("content-type")).toContain("text/html")
    hub.setFaults([{ match: /./, action: "truncate", kind: "cdn" }])
    const cut = await fetch(hub.url + FILE)
    await expect(cut.arrayBuffer()).rejects.toThrow()
  })

  test("no answer, a late answer", async () => {
    hub.setFaults([{ match: /./, action: "reset" }])
    await expect(fetch(`${hub.url}/api/models/acme/base`)).rejects.toThrow()
    hub.setFaults([{ match: /./, action: "hang" }])
    await expect(fetch(`${hub.url}/api/models/acme/base`, { signal: AbortSignal.timeout(50) })).rejects.toThrow("timeout")
    hub.setFaults([{ match: /./, action: "delay", milliseconds: 60 }])
    const started = performance.now()
    await fetch(`${hub.url}/api/models/acme/base`)
    hub.setFaults([])
    hub.setLatency(40)
    await fetch(`${hub.url}/api/models/acme/base`)
    expect(performance.now() - started).toBeGreaterThan(95)
  })

  test("offline", async () => {
    hub.setOffline(true)
    await expect(fetch(`${hub.url}/api/models/acme/base`)).rejects.toThrow()
    hub.setOffline(false)
    expect((await fetch(`${hub.url}/api/models/acme/base`)).status).toBe(200)
  })

  test("the log tells what was asked and what went over the line", async () => {
    hub.resetLog()
    await (await fetch(hub.url + FILE, RANGE)).arrayBuffer()
    await (await fetch(`${hub.url}/acme/base`)).text()
    expect(hub.requests).toMatchObject([
      { method: "GET", kind: "resolver", path: FILE, range: "bytes=0-9", status: 302, host: new URL(hub.url).host },
      { kind: "cdn", range: "bytes=0-9", status: 206, bytes: 10, host: new URL(hub.cdnUrl).host },
      { kind: "page", range: null, status: 200 },
    ])
  })
})

test("over TLS one port is the Hub and its CDN by the Host header", async () => {
  const hub = await startHub({ roots: [repos.root], tls: true })
  const ask = (host: string, path: string) =>
    new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: hub.port, path, headers: { host }, rejectUnauthorized: false, agent: false } as const
      httpsGet(options, (answer) => {
        answer.resume()
        resolve({ status: answer.statusCode, location: answer.headers.location })
      }).on("error", reject)
    })
  try {
    const first = await ask("huggingface.co", FILE)
    expect(first).toMatchObject({ status: 302, location: expect.stringMatching(/^https:\/\/us\.aws\.cdn\.hf\.co\/xet-bridge-us\//) })
    const { host, pathname, search } = new URL(first.location ?? "")
    expect((await ask(host, pathname + search)).status).toBe(200)
    expect((await ask(host, "/api/models/acme/base")).status).toBe(403)
    expect(hub.spki).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    const names = await new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: hub.port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().subjectaltname)
        socket.destroy()
      })
    })
    expect(names).toContain("DNS:huggingface.co, ")
    expect(names).toContain("DNS:*.xethub.hf.co")
  } finally {
    await hub.close()
  }
})
