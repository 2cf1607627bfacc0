import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import { createHub } from "~src/hub/client"
import type { Hub } from "~src/hub/types"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { createCall } from "./hub-client-server"
import { FIXTURES } from "./lineage-models"

const GATED = "lucidfox/raven-lite"
const PRIVATE = "thirdshelf/vireo-lite"
const OPEN = "windmill-ai/willow-24"

const folder = mkdtempSync(join(tmpdir(), "pedigree-login-"))
let server: RunningHub
beforeAll(async () => {
  for (const name of readdirSync(FIXTURES)) if (name !== "hub.json") symlinkSync(join(FIXTURES, name), join(folder, name))
  const facts = JSON.parse(readFileSync(join(FIXTURES, "hub.json"), "utf8"))
  const repos = facts.repos.map((repo: { id: string }) => ({
    ...repo,
    ...(repo.id === GATED ? { gated: "manual" } : repo.id === PRIVATE ? { private: true } : {}),
  }))
  writeFileSync(join(folder, "hub.json"), JSON.stringify({ ...facts, repos }))
  server = await startHub({ roots: [folder] })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => server.resetLog())

/** As a browser does it: cookies of the endpoint go to the endpoint alone, and only where they are asked to go along. */
const browsing =
  (session: string | null): typeof fetch =>
  (input, init) => {
    const headers = new Headers(init?.headers)
    if (session && init?.credentials === "include" && String(input).startsWith(server.url)) headers.set("cookie", `token=${session}`)
    return fetch(input, { ...init, headers })
  }
const visit = (session: string | null, options: { login?: boolean; token?: string } = {}): Hub =>
  createHub({ endpoint: server.url, fetch: browsing(session), now: Date.now, sleep: async () => {}, random: () => 0, ...options })

async function readRange(hub: Hub, id: string): Promise<number> {
  const { call } = createCall()
  const { revision } = await hub.model(id, null, call)
  const ref = { id, revision: revision as string }
  return (await hub.range(ref, "model.safetensors", 0, 8, { purpose: "header" }, call)).bytes.length
}
const sent = () => server.requests.map(({ kind, withCookie, status }) => ({ kind, withCookie, status }))

it("reads a gated model with the browser's login, having been refused without it", async () => {
  const hub = visit("session-granted", { login: true })
  expect(await readRange(hub, GATED)).toBe(8)
  expect(sent()).toEqual([
    { kind: "api", withCookie: false, status: 200 },
    { kind: "resolver", withCookie: false, status: 401 },
    { kind: "resolver", withCookie: true, status: 302 },
    // Whatever follows a redirect within one fetch is the browser's: it has no cookies of the endpoint's for another host.
    expect.objectContaining({ kind: "cdn", status: 206 }),
  ])
  server.resetLog()
  // From now on this repository is asked for with the login at once, its remembered address without, and open ones without.
  const { call } = createCall()
  const { revision } = await hub.model(GATED, null, call)
  await hub.text({ id: GATED, revision: revision as string }, "config.json", 10_000, call)
  await hub.range({ id: GATED, revision: revision as string }, "model.safetensors", 8, 16, { purpose: "header" }, call)
  await readRange(hub, OPEN)
  expect(server.requests.filter(({ withCookie }) => withCookie).every(({ path }) => path.includes(GATED))).toBe(true)
  expect(server.requests.filter(({ kind, withCookie }) => kind === "cdn" && withCookie)).toEqual([])
  expect(server.requests.some(({ status }) => status === 401)).toBe(false)
})

it("finds a private model of the person's", async () => {
  expect(await readRange(visit("session-granted", { login: true }), PRIVATE)).toBe(8)
  await expect(readRange(visit("session-plain", { login: true }), PRIVATE)).rejects.toMatchObject({ code: "not-found" })
})

it("says gated where the login has no access, has ended, or may not be used", async () => {
  for (const [session, login] of [
    ["session-plain", true],
    ["session-ended", true],
    [null, true],
    ["session-granted", false],
  ] as const)
    await expect(readRange(visit(session, { login }), GATED), `${session} ${login}`).rejects.toMatchObject({ code: "gated" })
})

it("lets the login open what a token does not", async () => {
  expect(await readRange(visit("session-granted", { login: true, token: "hf_test_plain" }), GATED)).toBe(8)
  const both = server.requests.filter(({ withCookie, withToken }) => withCookie && withToken)
  expect(both).toEqual([])
})

it("sends no cookie while nothing refuses", async () => {
  await readRange(visit("session-granted", { login: true }), OPEN)
  expect(server.requests.filter(({ withCookie }) => withCookie)).toEqual([])
})
