import { createHash } from "node:crypto"
import { symlinkSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { type RunningHub, startHub } from "~test/hub"
import { BASE_WEIGHTS, writeRepos } from "./hub-standin-repos"

const GRANTED = { authorization: "Bearer hf_test_granted" }
const PLAIN = { authorization: "Bearer hf_test_plain" }
const PLENTY = { api: 100_000, resolvers: 100_000, pages: 100_000 }
const FILE = "/acme/base/resolve/main/model.safetensors"

let hub: RunningHub
let repos: ReturnType<typeof writeRepos>
let clock = Date.UTC(2026, 0, 1)

beforeAll(async () => {
  repos = writeRepos()
  writeFileSync(join(repos.root, "secret.txt"), "kept to itself")
  symlinkSync(join(repos.root, "secret.txt"), join(repos.root, "acme/base/link.txt"))
  hub = await startHub({ roots: [repos.root], rateLimits: PLENTY, now: () => clock })
})
afterAll(async () => {
  await hub.close()
  repos.remove()
})
afterEach(() => {
  hub.setFaults([])
  hub.setRateLimits(PLENTY)
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(hub.url + path, { headers, redirect: "manual" })
const json = async (path: string, headers?: Record<string, string>) => (await get(path, headers)).json()
const sha = async () => (await json("/api/models/acme/base")).sha
const ids = async (query: string) => (await json(`/api/models?sort=id&direction=1&${query}`)).map((item: { id: string }) => item.id)
const weightsUrl = async () => (await get(FILE)).headers.get("location") ?? ""

describe("resolve and CDN", () => {
  test("a small file: a relative 307 to resolve-cache, then 200, 206 and 304", async () => {
    const first = await get("/acme/base/resolve/main/config.json")
    const location = first.headers.get("location") ?? ""
    expect(first.status).toBe(307)
    expect(location).toMatch(new RegExp(`^/api/resolve-cache/models/acme/base/${await sha()}/config.json\\?`))
    expect(first.headers.get("x-repo-commit")).toBe(await sha())
    const second = await get(location)
    const etag = second.headers.get("etag") ?? ""
    expect([second.status, (await second.json()).model_type]).toEqual([200, "llama"])
    expect(etag).toBe(first.headers.get("x-linked-etag"))
    expect((await get(location, { "if-none-match": etag })).status).toBe(304)
    expect((await get(location, { range: "bytes=0-1" })).status).toBe(206)
    expect((await get(location.replace(await sha(), "main"))).status).toBe(400)
  })

  test("weights: a signed absolute 302 to another origin, which answers ranges", async () => {
    const first = await get(FILE)
    expect(first.status).toBe(302)
    const location = first.headers.get("location") ?? ""
    expect(new URL(location).origin).toBe(hub.cdnUrl)
    expect(hub.cdnUrl).not.toBe(hub.url)
    const oid = createHash("sha256").update(BASE_WEIGHTS).digest("hex")
    expect(first.headers.get("x-linked-etag")).toBe(`"${oid}"`)
    expect(first.headers.get("x-linked-size")).toBe(String(BASE_WEIGHTS.length))
    const part = await fetch(location, { headers: { range: "bytes=8-19" } })
    expect(part.status).toBe(206)
    expect(part.headers.get("content-range")).toBe(`bytes 8-19/${BASE_WEIGHTS.length}`)
    expect(part.headers.get("etag")).toBe(`"${first.headers.get("x-xet-hash")}"`)
    expect(part.headers.get("access-control-allow-origin")).toBe("*")
    expect(Buffer.from(await part.arrayBuffer())).toEqual(BASE_WEIGHTS.subarray(8, 20))
    const tail = await fetch(location, { headers: { range: "bytes=-4" } })
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(BASE_WEIGHTS.subarray(-4))
    const beyond = await fetch(location, { headers: { range: "bytes=9999-" } })
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${BASE_WEIGHTS.length}`])
    expect((await fetch(location)).status).toBe(200)
  })

  test("a signature expires and cannot be made up", async () => {
    const location = await weightsUrl()
    clock += 3_601_000
    expect((await fetch(location)).status).toBe(403)
    expect((await fetch(location.replace(/Expires=\d+/, "Expires=9999999999"))).status).toBe(403)
    expect((await fetch(await weightsUrl())).status).toBe(200)
  })

  test("file info without a redirect", async () => {
    const info = await get(FILE, { accept: "application/vnd.xet-fileinfo+json, */*" })
    expect(info.status).toBe(200)
    expect(info.headers.get("content-type")).toBe("application/vnd.xet-fileinfo+json")
    expect(info.headers.get("x-linked-size")).toBe(String(BASE_WEIGHTS.length))
    expect(info.headers.get("x-xet-hash")).toMatch(/^[0-9a-f]{64}$/)
    expect(info.headers.get("etag")).toBe(info.headers.get("x-linked-etag"))
    expect(info.headers.get("link")).toMatch(/rel="xet-auth".*rel="xet-reconstruction-info"/)
  })

  test("raw gives git's view: text, or the pointer", async () => {
    expect(await (await get("/acme/base/raw/main/sub/notes.txt")).text()).toBe("notes")
    expect(await (await get("/acme/base/raw/main/model.safetensors")).text()).toMatch(/^version https:\/\/git-lfs/)
  })

  test("preflight and cross-origin headers", async () => {
    const preflight = await fetch(hub.url + FILE, { method: "OPTIONS", headers: { origin: "https://page.example" } })
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([200, "https://page.example"])
    expect(preflight.headers.get("access-control-allow-headers")).toContain("range")
  })
})

describe("models API", () => {
  test("a model's record is derived from its files", async () => {
    const model = await json("/api/models/acme/base")
    expect(model).toMatchObject({
      ...{ id: "acme/base", modelId: "acme/base", author: "acme", downloads: 5, likes: 3, gated: false, private: false, disabled: false },
      ...{ createdAt: "2023-01-01T00:00:00.000Z", lastModified: "2023-02-01T00:00:00.000Z", pipeline_tag: "text-generation" },
      ...{ library_name: "transformers", config: { model_type: "llama", architectures: ["LlamaForCausalLM"] }, "model-index": null },
      ...{
        safetensors: { parameters: { F32: 4 }, total: 4 },
        cardData: { license: "mit", tags: ["demo"] },
        usedStorage: BASE_WEIGHTS.length,
      },
    })
    expect(model.sha).toMatch(/^[0-9a-f]{40}$/)
    expect(model._id).toMatch(/^63b0cd00[0-9a-f]{16}$/)
    expect(model.config).not.toHaveProperty("hidden_size")
    expect(model.tags).toEqual(expect.arrayContaining(["transformers", "safetensors", "llama", "demo", "license:mit", "region:us"]))
    expect(model.siblings).toContainEqual({ rfilename: "sub/deep/more.txt" })
    for (const revision of ["HEAD", "main", model.sha]) expect(await json(`/api/models/acme/base/revision/${revision}`)).toEqual(model)
  })

  test("blobs and expand", async () => {
    const { siblings } = await json("/api/models/acme/base?blobs=true")
    const oid = createHash("sha256").update(BASE_WEIGHTS).digest("hex")
    expect(siblings).toContainEqual(
      expect.objectContaining({ rfilename: "model.safetensors", lfs: expect.objectContaining({ sha256: oid }) }),
    )
    const some = await json("/api/models/acme/base?expand=sha&expand[]=gated&expand=childrenModelCount")
    expect(Object.keys(some).sort()).toEqual(["_id", "childrenModelCount", "gated", "id", "sha"])
    expect(some.childrenModelCount).toEqual({ adapter: 1, merge: 1, quantized: 2, finetune: 2 })
    expect((await json("/api/models/kin/tuned?expand=baseModels")).baseModels).toMatchObject({
      relation: "finetune",
      models: [{ id: "acme/base" }],
    })
    const unknown = await get("/api/models/acme/base?expand=nonsense")
    expect([unknown.status, (await unknown.json()).error]).toEqual([400, expect.stringMatching(/^"expand" must be one of \[/)])
    expect((await get("/api/models/acme/base?expand=sha&full=true")).status).toBe(400)
  })

  test("dates before the Hub recorded any", async () => {
    expect((await json("/api/models/acme/old")).createdAt).toBe("2022-03-02T23:29:04.000Z")
  })

  test.each([
    ["kin/tuned", "Acme/old-name", ["base_model:acme/base", "base_model:finetune:acme/base"]],
    [
      "kin/merged",
      ["acme/base", "gone/away"],
      ["base_model:acme/base", "base_model:merge:acme/base", "base_model:gone/away", "base_model:merge:gone/away"],
    ],
    ["kin/stated", "acme/base", ["base_model:acme/base", "base_model:quantized:acme/base"]],
    ["kin/wrong", "acme/base", ["base_model:acme/base", "base_model:finetune:acme/base"]],
    ["kin/local", "./checkpoints/best", []],
    ["kin/self", "kin/self", ["base_model:kin/self", "base_model:finetune:kin/self"]],
    ["kin/lora", "acme/base", ["base_model:acme/base", "base_model:adapter:acme/base"]],
    ["kin/packed", "acme/base", ["base_model:acme/base", "base_model:quantized:acme/base"]],
  ])("%s declares %j", async (id, named, tags) => {
    const model = await json(`/api/models/${id}`)
    expect(model.cardData.base_model).toEqual(named)
    expect(model.tags.filter((tag: string) => tag.startsWith("base_model:"))).toEqual(tags)
  })
})

describe("list", () => {
  test("default, full and expanded items", async () => {
    const [item] = await json("/api/models?search=BASE&author=acme")
    expect(Object.keys(item).sort()).toEqual(
      [
        "_id",
        "createdAt",
        "downloads",
        "id",
        "library_name",
        "likes",
        "modelId",
        "pipeline_tag",
        "private",
        "tags",
        "trendingScore",
      ].sort(),
    )
    const [full] = await json("/api/models?search=base&full=true&config=true&cardData=true")
    expect(full).toMatchObject({
      author: "acme",
      sha: await sha(),
      gated: false,
      config: { model_type: "llama" },
      cardData: { license: "mit" },
    })
    expect(await json("/api/models?search=base&expand=sha")).toEqual([{ _id: full._id, id: "acme/base", sha: await sha() }])
    expect((await get("/api/models?expand=childrenModelCount")).status).toBe(400)
  })

  test("filters, repeated or by comma, all must fit", async () => {
    expect(await ids("filter=base_model:acme/base")).toEqual([
      "kin/lora",
      "kin/merged",
      "kin/packed",
      "kin/stated",
      "kin/tuned",
      "kin/wrong",
    ])
    expect(await ids("filter=base_model:quantized:acme/base")).toEqual(["kin/packed", "kin/stated"])
    expect(await ids("filter=base_model:quantized:acme/base,gguf")).toEqual(["kin/packed"])
    expect(await ids("filter=base_model:acme/base&filter=safetensors")).toEqual(["kin/tuned"])
    expect(await ids("filter=llama&pipeline_tag=text-generation&author=acme")).toEqual(["acme/base", "acme/old"])
    expect(await ids("num_parameters=min:3,max:0.004K")).toEqual(["acme/base", "kin/tuned"])
    expect(await ids("gated=true")).toEqual(["shut/gated"])
    expect(await ids("search=private")).toEqual([])
    expect((await get("/api/models?sort=beauty")).status).toBe(400)
    expect((await get("/api/models?num_parameters=big")).status).toBe(400)
  })

  test("pages by Link with absolute addresses", async () => {
    const seen: string[] = []
    let next: string | undefined = `${hub.url}/api/models?author=kin&limit=3&sort=id`
    while (next) {
      const answer: Response = await fetch(next)
      seen.push(...(await answer.json()).map((item: { id: string }) => item.id))
      next = /^<(http:[^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
    }
    expect(seen).toEqual(["kin/wrong", "kin/tuned", "kin/stated", "kin/self", "kin/packed", "kin/merged", "kin/lora", "kin/local"])
    const large = await get("/api/models?limit=1001")
    expect([large.status, (await large.json()).error]).toEqual([400, expect.stringContaining("→ at limit")])
  })
})

describe("tree and history", () => {
  test("entries as git and LFS have them", async () => {
    const tree = await json("/api/models/acme/base/tree/main")
    const blob = createHash("sha1").update("blob 5\0notes").digest("hex")
    expect(tree.map(({ path }: { path: string }) => path)).toEqual(["sub", "README.md", "config.json", "model.safetensors"])
    expect(tree[3]).toMatchObject({
      type: "file",
      size: BASE_WEIGHTS.length,
      lfs: { size: BASE_WEIGHTS.length },
      xetHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const below = await json("/api/models/acme/base/tree/main/sub?recursive=true&expand=true")
    expect(below.map(({ path }: { path: string }) => path)).toEqual(["sub/deep", "sub/deep/more.txt", "sub/notes.txt"])
    expect(below[2]).toMatchObject({ oid: blob, lastCommit: { id: await sha() }, securityFileStatus: { status: "safe" } })
    expect((await get("/api/models/acme/base/tree/main/sub/notes.txt")).status).toBe(404)
    const page = await get("/api/models/acme/base/tree/main?limit=2")
    expect([(await page.json()).length, page.headers.get("link")]).toEqual([
      2,
      expect.stringContaining(`<${hub.url}/api/models/acme/base/tree/main?`),
    ])
  })

  test("paths-info, by JSON and by form, leaves missing paths out", async () => {
    const ask = async (body: string, type: string) => {
      const answer = await fetch(`${hub.url}/api/models/acme/base/paths-info/main`, {
        method: "POST",
        body,
        headers: { "content-type": type },
      })
      return answer.ok ? (await answer.json()).map(({ path }: { path: string }) => path) : answer.status
    }
    const paths = ["config.json", "missing", "sub"]
    expect(await ask(JSON.stringify({ paths }), "application/json")).toEqual(["config.json", "sub"])
    expect(await ask("paths=config.json&paths=missing", "application/x-www-form-urlencoded")).toEqual(["config.json"])
    expect(await ask("nonsense", "application/json")).toBe(400)
  })

  test("commits and refs", async () => {
    const answer = await get("/api/models/acme/base/commits/main?limit=1")
    expect([answer.headers.get("x-total-count"), answer.headers.get("link")]).toEqual(["2", expect.stringContaining("p=1")])
    expect(await answer.json()).toMatchObject([{ id: await sha(), title: "Upload model", date: "2023-02-01T00:00:00.000Z" }])
    const [first] = await json("/api/models/acme/base/commits/main?limit=1&p=1")
    expect(first).toMatchObject({ title: "initial commit", date: "2023-01-01T00:00:00.000Z" })
    expect((await json("/api/models/acme/base/refs")).branches).toEqual([
      { name: "main", ref: "refs/heads/main", targetCommit: await sha() },
    ])
  })
})

describe("errors, gates, renames", () => {
  const outcome = async (path: string, headers?: Record<string, string>) => {
    const answer = await get(path, headers)
    return [answer.status, answer.headers.get("x-error-code")]
  }

  test("missing and private repositories look alike", async () => {
    for (const id of ["no/body", "shut/private"]) {
      const answer = await get(`/api/models/${id}`)
      expect([answer.status, answer.headers.get("x-error-code"), await answer.json()]).toEqual([
        401,
        null,
        { error: "Invalid username or password." },
      ])
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm=/)
      expect(await outcome(`/api/models/${id}`, PLAIN)).toEqual([404, "RepoNotFound"])
      expect(await outcome(`/${id}/resolve/main/config.json`)).toEqual([401, null])
    }
    expect(await outcome("/api/models/shut/private", GRANTED)).toEqual([200, null])
    expect(await outcome("/api/models/acme/base", { authorization: "Bearer hf_nobody" })).toEqual([401, null])
    expect(await outcome("/api/models/shut/disabled")).toEqual([403, null])
    expect((await get("/api/nonsense")).status).toBe(404)
  })

  test("missing files and revisions", async () => {
    expect(await outcome("/acme/base/resolve/main/missing.json")).toEqual([404, "EntryNotFound"])
    expect(await outcome("/acme/base/resolve/badrev/config.json")).toEqual([404, "RevisionNotFound"])
    expect(await outcome("/api/models/acme/base/tree/badrev")).toEqual([404, "RevisionNotFound"])
    expect(await outcome("/api/models/acme/base/revision/refs%2Fpr%2F1")).toEqual([404, "RevisionNotFound"])
  })

  test("gated: facts for all, bytes for the granted", async () => {
    const file = "/shut/gated/resolve/main/model.safetensors"
    expect((await json("/api/models/shut/gated")).safetensors).toEqual({ parameters: { F32: 2 }, total: 2 })
    const entry = async (headers?: Record<string, string>) => (await json("/api/models/shut/gated/tree/main", headers)).at(-1)
    expect(await entry()).toMatchObject({ xetHash: "*".repeat(64), lfs: { oid: "*".repeat(64) } })
    expect((await entry(GRANTED)).lfs.oid).toMatch(/^[0-9a-f]{64}$/)
    expect(await outcome(file)).toEqual([401, "GatedRepo"])
    expect(await outcome(file, PLAIN)).toEqual([403, "GatedRepo"])
    expect(await outcome(file, GRANTED)).toEqual([302, null])
    expect(await outcome("/shut/gated/resolve/main/config.json", GRANTED)).toEqual([200, null])
    expect(await outcome("/shut/gated/resolve/nowhere/nothing")).toEqual([401, "GatedRepo"])
    expect((await fetch(`${hub.url}/shut/gated/resolve/main/README.md`)).status).toBe(200)
    expect(await outcome("/shut/gated/raw/main/README.md")).toEqual([401, "GatedRepo"])
    expect(await outcome("/api/models/shut/gated/auth-check", PLAIN)).toEqual([403, "GatedRepo"])
  })

  test("other names of a repository and short shas lead to the canonical address", async () => {
    const target = async (path: string) => (await get(path)).headers.get("location")
    expect(await target("/api/models/base")).toBe("/api/models/acme/base")
    expect(await target("/api/models/ACME/Base/tree/main?recursive=true")).toBe("/api/models/acme/base/tree/main?recursive=true")
    expect(await target("/acme/old-name/resolve/main/config.json")).toBe("/acme/base/resolve/main/config.json")
    expect(await target("/base")).toBe("/acme/base")
    const whole = await sha()
    expect(await target(`/api/models/acme/base/revision/${whole.slice(0, 7)}`)).toBe(`/api/models/acme/base/revision/${whole}`)
  })

  test("no path leads out of a repository", async () => {
    expect(await raw("/acme/base/resolve/main/../../../../secret.txt")).not.toContain("kept to itself")
    for (const path of ["..%2F..%2Fsecret.txt", "%2e%2e/%2e%2e/secret.txt", "link.txt", "%00", "sub"])
      expect((await get(`/acme/base/raw/main/${path}`)).status).toBeGreaterThanOrEqual(400)
    expect((await get("/acme/base/raw/main/%ff")).status).toBe(400)
  })

  /** Sends the path as it is, without the dots being resolved away first. */
  function raw(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      request({ host: "127.0.0.1", port: hub.port, path }, (answer) => {
        let text = ""
        answer.on("data", (part) => {
          text += part
        })
        answer.on("end", () => resolve(text))
      })
        .on("error", reject)
        .end()
    })
  }
})

describe("rate limits", () => {
  test("three buckets with their own windows; the CDN is free", async () => {
    const location = await weightsUrl()
    hub.setRateLimits({ api: 2, resolvers: 1, pages: 1 })
    const first = await get("/api/models/acme/base")
    expect(first.headers.get("ratelimit")).toMatch(/^"api";r=1;t=\d+$/)
    expect(first.headers.get("ratelimit-policy")).toBe('"fixed window";"api";q=2;w=300')
    expect((await get("/api/models/acme/base")).status).toBe(200)
    const refused = await get("/api/models/acme/base")
    const seconds = Number(/t=(\d+)/.exec(refused.headers.get("ratelimit") ?? "")?.[1])
    expect([refused.status, refused.headers.get("ratelimit")]).toEqual([429, expect.stringContaining("r=0")])
    expect([(await get(FILE)).status, (await get(FILE)).status]).toEqual([302, 429])
    expect([(await get("/acme/base")).status, (await get("/acme/base")).status]).toEqual([200, 429])
    expect((await get("/api/models/acme/base", PLAIN)).status).toBe(200)
    for (let i = 0; i < 5; i++) expect((await fetch(location)).status).toBe(200)
    clock += seconds * 1000
    expect((await get("/api/models/acme/base")).status).toBe(200)
  })
})
