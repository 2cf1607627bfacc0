import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type RunningHub, startHub } from "~test/hub"
import { writeRepos } from "./hub-standin-repos"

let hub: RunningHub
let repos: ReturnType<typeof writeRepos>
beforeAll(async () => {
  repos = writeRepos()
  hub = await startHub({ roots: [repos.root], rateLimits: { pages: 1000 } })
})
afterAll(async () => {
  await hub.close()
  repos.remove()
})

async function page(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(hub.url + path, { headers })
  return { status: answer.status, policy: answer.headers.get("content-security-policy"), html: await answer.text() }
}

/** The props of an island, as a browser reads the attribute. */
function propsOf(html: string, name: string) {
  const text = new RegExp(`data-target="${name}" data-props="([^"]*)"`).exec(html)?.[1]
  return text === undefined ? null : JSON.parse(text.replaceAll("&quot;", '"').replaceAll("&amp;", "&"))
}

describe("a model's page", () => {
  test("has the header island with the card's facts, and no sha", async () => {
    const { html, status, policy } = await page("/kin/merged")
    const { model, activeTab, canWriteRepoContent } = propsOf(html, "ModelHeader")
    expect([status, activeTab, canWriteRepoContent]).toEqual([200, "model-card", false])
    expect(model).toMatchObject({ id: "kin/merged", gated: false, cardData: { base_model: ["acme/base", "gone/away"] } })
    expect(model.tags).toContain("base_model:merge:acme/base")
    expect(model).not.toHaveProperty("sha")
    expect(policy).toContain("script-src 'self'")
    expect(html).toContain('<link rel="canonical" href="https://huggingface.co/kin/merged">')
    expect(html).toContain("social-thumbnails/models/kin/merged.png")
  })

  test("escapes the card's text", async () => {
    const { html } = await page("/acme/base")
    expect(html).toContain("<h1>A &quot;model&quot; &amp; &lt;more&gt;</h1>")
  })

  test("shows a tree only where parents or children are declared", async () => {
    expect((await page("/kin/tuned")).html).toContain('Model tree for <span class="font-mono">kin/tuned</span>')
    const parent = (await page("/acme/base")).html
    expect(parent).toContain("Model tree for")
    expect(parent).toContain(`href="/models?other=base_model%3Afinetune%3Aacme%2Fbase"`)
    expect((await page("/acme/old")).html).not.toContain("Model tree for")
    expect((await page("/acme/old")).html).toContain("Downloads last month")
  })

  test("is dark by query or cookie", async () => {
    expect((await page("/acme/base")).html).toContain('<html class=""')
    expect((await page("/acme/base?theme=dark")).html).toContain('<html class="dark"')
    expect((await page("/acme/base", { cookie: "a=b; theme=dark" })).html).toContain('<html class="dark"')
  })

  test("brings scripts and styles that its policy allows", async () => {
    const { html } = await page("/acme/base")
    const assets = [...html.matchAll(/(?:src|href)="(\/front\/[^"]+)"/g)].map((match) => match[1] ?? "")
    expect(assets).toHaveLength(3)
    for (const asset of assets) expect((await page(asset)).status).toBe(200)
    expect((await page(assets.find((name) => name.endsWith("index.js")) ?? "")).html).toContain("replaceChildren")
  })

  test("asks for conditions when gated, and leaves tokens unheard", async () => {
    const { html } = await page("/shut/gated", { authorization: "Bearer hf_test_granted" })
    expect(propsOf(html, "RepoGatedModal")).toMatchObject({ modelId: "shut/gated" })
    expect(propsOf(html, "ModelHeader").model.gated).toBe("auto")
  })

  test("has its other tabs", async () => {
    for (const [path, tab] of [
      ["/acme/base/tree/main", "files"],
      ["/acme/base/tree/main/sub", "files"],
      ["/acme/base/blob/main/config.json", "files"],
      ["/acme/base/discussions", "community"],
      ["/acme/base/settings", "community"],
    ] as const) {
      const { html, status } = await page(path)
      expect([path, status, propsOf(html, "ModelHeader")?.activeTab]).toEqual([path, 200, tab])
    }
    expect((await page("/acme/base/blob/main/config.json")).html).toContain("ViewerBlobPage")
    expect((await page("/acme/base/tree/main/missing")).status).toBe(404)
  })
})

describe("other pages", () => {
  test.each([
    "/",
    "/models",
    "/acme",
    "/datasets/acme/data",
    "/spaces/acme/demo",
    "/collections/acme/x",
    "/docs/hub",
    "/papers/1234.5",
    "/blog/a",
    "/pricing",
  ])("%s is no model's page", async (path) => {
    const { html, status } = await page(path)
    expect([status, propsOf(html, "ModelHeader")]).toEqual([200, null])
  })

  test("a dataset's page looks much like a model's", async () => {
    const { html } = await page("/datasets/acme/data")
    expect(html).toContain("Downloads last month")
    expect(propsOf(html, "DatasetHeader")).toMatchObject({ dataset: { id: "acme/data" } })
  })

  test("lists", async () => {
    const { html } = await page("/models?other=base_model:quantized:acme/base")
    const titles = [...html.matchAll(/<header title="([^"]+)">/g)].map((match) => match[1])
    expect(titles.sort()).toEqual(["kin/packed", "kin/stated"])
    for (const path of ["/acme", "/acme/models", "/collections/kin/base-0123"])
      expect((await page(path)).html, path).toContain('<header title="acme/base">')
    expect((await page("/collections/kin/base-0123")).html).toContain('<a href="/datasets/kin/words">')
  })

  test("the list in the order asked for, thirty at a time", async () => {
    const titles = async (path: string) => [...(await page(path)).html.matchAll(/<header title="([^"]+)">/g)].map((match) => match[1])
    const newest = (await (await fetch(`${hub.url}/api/models?sort=createdAt&direction=-1`)).json()) as { id: string }[]
    expect(await titles("/models?sort=created")).toEqual(newest.slice(0, 30).map(({ id }) => id))
    expect(await titles("/models?sort=created&p=1")).toEqual(newest.slice(30, 60).map(({ id }) => id))
  })

  test.each([
    ["/nobody", 404],
    ["/no/body", 401],
    ["/shut/private", 401],
    ["/shut/disabled", 403],
  ] as const)("%s answers %i", async (path, status) => {
    expect((await page(path)).status).toBe(status)
  })
})
