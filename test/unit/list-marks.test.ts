import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ENGINE_VERSION } from "~src/app/engine-version"
import type { Engine } from "~src/app/inspect-types"
import { type MarksReply, serveMarks } from "~src/app/list-marks"
import { listQueryOf } from "~src/app/list-query"
import { createHub } from "~src/hub/client"
import { openMemoryStore } from "~src/storage/memory"
import { isListPage } from "~src/ui/browsing/list-page"
import { type RunningHub, startHub } from "~test/hub"
import { contentOf } from "~test/hub/content"
import { FAMILY, report } from "../e2e/scenes"

const LISTS = ["/models", "/models/", "/acme", "/acme/models", "/collections/acme/best-of-0123abc"]
const NO_LISTS = [
  ..."/ /acme/base /acme/base/tree/main /datasets /datasets/acme/words /spaces /spaces/acme/app /docs /docs/hub /papers/2503.10633 /blog".split(
    " ",
  ),
  ..."/settings /settings/tokens /collections /collections/acme /login /join /new /organizations/acme/settings /models/x /acme/models/y".split(
    " ",
  ),
  ..."/pricing /posts /tasks /chat /enterprise /search/full-text /.well-known /a--b /-x".split(" "),
]

it.each(LISTS)("%s is a list of models", (path) => expect(isListPage(path)).toBe(true))
it.each(NO_LISTS)("%s is none", (path) => expect(isListPage(path)).toBe(false))

describe("the list call for a page", () => {
  it("repeats a search in its own order up to its page", () => {
    expect(listQueryOf("/models", "")).toEqual({ limit: 30 })
    expect(listQueryOf("/models", "?search=tiny+llama&sort=downloads&p=2")).toEqual({ search: "tiny llama", sort: "downloads", limit: 90 })
    const query = "?pipeline_tag=text-generation&library=gguf,peft&license=mit&other=base_model:finetune:acme/base&author=acme&sort=created"
    expect(listQueryOf("/models", query)).toEqual({
      author: "acme",
      filter: ["base_model:finetune:acme/base", "gguf", "peft", "text-generation", "license:mit"],
      sort: "createdAt",
      limit: 30,
    })
  })

  it("asks for an owner's models, and for nothing where a page lists by hand", () => {
    expect(listQueryOf("/acme", "?p=3")).toEqual({ author: "acme", limit: 1000 })
    expect(listQueryOf("/acme/models", "")).toEqual({ author: "acme", limit: 1000 })
    expect(listQueryOf("/collections/acme/x", "")).toBeNull()
  })

  it("bears any address", () => {
    expect(listQueryOf("/models", "?p=-5&sort=__proto__")).toEqual({ limit: 30 })
    expect(listQueryOf("/models", "?p=1e99")).toEqual({ limit: 1000 })
    for (const path of ["/", "/a b", "/%2e%2e", "/a/b/c"]) expect(listQueryOf(path, ""), path).toBeNull()
  })
})

describe("the marks of a list page", () => {
  let hub: RunningHub
  beforeAll(async () => {
    const card = (parents: string) => ({ path: "README.md", content: contentOf(`---\n${parents}\n---\n`) })
    hub = await startHub({
      roots: [],
      madeRepos: [
        { id: "acme/coder-7b", files: [card("license: mit")] },
        { id: "acme/tuned", files: [card("base_model: other/base")] },
        { id: "other/base", files: [card("license: mit")] },
      ],
    })
  })
  afterAll(() => hub.close())

  async function ask(request: unknown, origin = "https://huggingface.co"): Promise<MarksReply | "not mine"> {
    const store = openMemoryStore()
    const stored = report({ verdict: "documented" })
    const key = `${stored.model}@${stored.revision}#${ENGINE_VERSION}#1000`
    await store.put("reports", key, stored)
    await store.put("families", key, FAMILY)
    const sleep = () => Promise.resolve()
    const engine = { store, hub: createHub({ endpoint: hub.url, fetch, now: Date.now, sleep }) } as unknown as Engine
    return new Promise((done) => {
      const addListener = (listen: (message: unknown, sender: object, reply: (answer: MarksReply) => void) => boolean) => {
        if (!listen(request, { origin }, done)) done("not mine")
      }
      serveMarks({ onMessage: { addListener } }, async () => engine)
    })
  }
  const request = (models: readonly unknown[], path = "/acme") => ({ type: "marks", models, path, search: "" })

  it("come from the store at once, else from one list call, and read no weights", async () => {
    hub.resetLog()
    const reply = await ask(request(["acme/coder-7b", "acme/tuned", "acme/nowhere"]))
    expect(reply).toMatchObject({
      marks: [
        { id: "acme/coder-7b", verdict: "documented" },
        { id: "acme/tuned", verdict: null, parents: [], declared: [{ id: "other/base" }] },
        { id: "acme/nowhere", verdict: null, declared: null },
      ],
    })
    const asked = hub.requests.map(({ kind, path }) => `${kind} ${path.split("?")[0]}`)
    expect(asked).toEqual(["api /api/models", "api /api/models/acme/nowhere"])
  })

  it("cost nothing where all is stored", async () => {
    hub.resetLog()
    expect(await ask(request(["acme/coder-7b"]))).toMatchObject({ marks: [{ verdict: "documented" }] })
    expect(hub.requests).toEqual([])
  })

  it("look a collection's models up one by one", async () => {
    hub.resetLog()
    expect(await ask(request(["acme/tuned", "other/base"], "/collections/acme/x"))).toMatchObject({
      marks: [{ declared: [{ id: "other/base" }] }, { declared: [] }],
    })
    expect(hub.requests).toHaveLength(2)
  })

  it("are for the Hub's pages alone, and for sound requests", async () => {
    expect(await ask(request(["acme/tuned"]), "https://evil.example")).toBe("not mine")
    for (const bad of [null, "marks", request(["../x/y"]), request([7]), request(Array(201).fill("a/b")), { ...request([]), path: 7 }]) {
      expect(await ask(bad)).toBe("not mine")
    }
  })

  it("are a failure in words when the Hub cannot be reached", async () => {
    hub.setOffline(true)
    expect(await ask(request(["acme/tuned"]))).toMatchObject({ type: "failed", failure: { code: "offline" } })
    hub.setOffline(false)
  })
})
