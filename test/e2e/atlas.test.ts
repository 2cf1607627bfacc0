import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseAtlasFile } from "~src/app/import-atlas"
import { type AtlasBench, openAtlasBench } from "./atlas-harness"
import { atlasOf, HOSTILE_FAMILY, large, RICH } from "./atlas-scenes"
import { axeFaults } from "./axe"
import { BROWSER, PICTURES_OF, ROOT } from "./browser"

describe("the atlas", () => {
  let bench: AtlasBench
  let page: Page
  beforeAll(async () => {
    mkdirSync(PICTURES_OF.atlas, { recursive: true })
    bench = await openAtlasBench({ root: ROOT, browser: BROWSER })
    page = bench.page
  })
  afterAll(() => bench?.close())

  const pictures = async (name: string) => {
    for (const theme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.screenshot({ path: `${PICTURES_OF.atlas}/${name}-${theme}.png`, fullPage: true })
    }
  }

  for (const full of [false, true]) {
    it(`draws the family, ${full ? "on its own page" : "in the popup"}, with nothing for axe to find in either theme`, async () => {
      await bench.draw(RICH, "acme/coder-7b", full)
      await page.locator("g.node").first().waitFor()
      await pictures(full ? "full" : "popup")
      for (const theme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme: theme })
        expect(await axeFaults(page)).toEqual([])
      }
    })
  }

  const current = async (name: string, value: string) => page.getByLabel(name, { exact: true }).selectOption(value)

  it("walks the family by keyboard, tells the path to the root and opens a model", async () => {
    await bench.draw(RICH, "acme/coder-7b", false)
    const start = page.locator('[aria-current="page"]')
    await start.focus()
    await page.keyboard.press("ArrowLeft")
    expect(await page.locator(":focus").textContent()).toContain("acme/base-7b")
    expect(await page.locator('g.node[data-focused="true"]').getAttribute("data-id")).toBe("acme/base-7b")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    expect(await page.locator(":focus").textContent()).toContain("closed/vision-7b")
    expect(await page.locator(":focus").textContent()).toContain("gated")
    expect(await page.locator(".bubble").textContent()).toContain("acme/base-7b → acme/chat-7b → closed/vision-7b")
    await expect.poll(() => page.locator('g.edge[data-path="true"]').count()).toBe(2)
    await page.keyboard.press("Shift+ArrowDown")
    expect(await page.locator(":focus").textContent()).toContain("12 models")
    expect(await page.locator(":focus").getAttribute("aria-expanded")).toBe("false")
    await page.keyboard.press("ArrowRight")
    await page.locator('g.node[data-id="packer/chat-7b-q3"]').waitFor()
    expect(await page.locator(":focus").getAttribute("aria-expanded")).toBe("true")
    // All models, and the group's own card.
    expect(await page.locator("g.node").count()).toBe(RICH.nodes.length + 1)
    await page.keyboard.press("ArrowRight")
    expect(await page.locator(":focus").textContent()).toContain("packer/chat-7b-q0")
    await page.keyboard.press("Enter")
    expect(await page.locator("body").getAttribute("data-opened")).toBe("https://huggingface.co/packer/chat-7b-q0")
  })

  it("opens and closes one fan alone, by pointer and by keyboard, and puts every card back", async () => {
    await bench.draw(RICH, "acme/coder-7b", false)
    const drawn = () =>
      page
        .locator("g.node")
        .evaluateAll((nodes) => nodes.map((node) => `${node.getAttribute("data-id")} ${node.getAttribute("transform")}`))
    const before = await drawn()
    const group = page.locator('g.node[data-id^="group "]')
    const member = page.locator('g.node[data-id="packer/chat-7b-q3"]')
    expect(await group.locator(".owner").textContent()).toBe("a group, closed")
    await group.click()
    await member.waitFor()
    expect(await group.locator(".owner").textContent()).toBe("a group, open")
    await group.hover()
    expect(await page.locator(".bubble").textContent()).toContain("A click closes the group.")
    await group.click()
    await member.waitFor({ state: "detached" })
    expect(await drawn()).toEqual(before)
    const row = page.getByRole("treeitem").filter({ hasText: "12 models" })
    await row.focus()
    await page.keyboard.press("ArrowRight")
    await member.waitFor()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowLeft")
    // Back on the group; once more closes it.
    expect(await row.getAttribute("aria-expanded")).toBe("true")
    await page.keyboard.press("ArrowLeft")
    await member.waitFor({ state: "detached" })
    expect(await page.locator(":focus").textContent()).toContain("12 models")
  })

  it("leaves every card where it was when a group opens and when a model is added", async () => {
    await bench.draw(RICH, "acme/coder-7b", false)
    const places = () =>
      page
        .locator("g.node")
        .evaluateAll((nodes) => nodes.map((node) => [node.getAttribute("data-id"), node.getAttribute("transform")] as const))
    const before = await places()
    const scene = await page.locator(".surface > svg > g").getAttribute("transform")
    const added = atlasOf(
      [...RICH.nodes, { id: "new/one", family: 0, ghost: false, verdict: "documented", declared: [] }],
      [...RICH.edges, { parent: "acme/base-7b", child: "new/one", relation: "finetune", probability: 0.9, share: 1, declared: true }],
    )
    await page.evaluate((atlas) => window.changeAtlas(atlas), added)
    await page.locator('g.node[data-id="new/one"]').waitFor()
    await page.getByRole("button", { name: "Open groups" }).click()
    await page.locator('g.node[data-id="packer/chat-7b-q3"]').waitFor()
    const after = new Map(await places())
    for (const [id, place] of before) if (!id?.startsWith("group ")) expect([id, after.get(id)]).toEqual([id, place])
    expect(await page.locator(".surface > svg > g").getAttribute("transform")).toBe(scene)
  })

  it("draws along dates and as a neighbourhood, and colours by every attribute with its words", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    await current("Axis", "date")
    expect(await page.locator(".ticks text").allTextContents()).toContain("2024-01")
    const x = async (id: string) => (await page.locator(`g.node[data-id="${id}"]`).boundingBox())?.x ?? 0
    const order = ["acme/base-7b", "acme/chat-7b", "acme/coder-7b", "closed/vision-7b", "other/mixed-7b"]
    for (const [index, id] of order.slice(1).entries()) expect(await x(id)).toBeGreaterThan(await x(order[index] ?? ""))
    await current("Colour", "license")
    await pictures("date-licence")
    for (const licence of ["apache-2.0", "llama2", "not known"])
      expect(await page.locator(".legend").first().textContent()).toContain(licence)
    expect(await page.locator('g.node[data-id="acme/coder-7b"] .owner').textContent()).toBe("acme · mit")
    await current("Colour", "task")
    expect(await page.locator(".legend").first().textContent()).toContain("text-generation")
    await current("Colour", "date")
    expect(await page.locator(".legend").first().textContent()).toMatch(/20\d\d-\d\d/)
    await current("Colour", "verdict")
    await current("Axis", "free")
    await page.locator('.atlas[data-axis="free"]').waitFor()
    expect(await page.locator(".legend").first().textContent()).toContain("distances mean nothing here")
    await pictures("free")
  })

  it("searches and filters, faint what does not match", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    await page.getByLabel("Search names").fill("Q7 packer")
    await page.getByText("1 of 19 match").waitFor()
    await page.keyboard.press("Enter")
    expect(await page.locator('g.node[data-focused="true"]').textContent()).toContain("12 models")
    const [node, bubble] = [await page.locator('g.node[data-focused="true"]').boundingBox(), await page.locator(".bubble").boundingBox()]
    expect(Math.abs((node?.x ?? 0) - (bubble?.x ?? 0))).toBeLessThan(8)
    expect(await page.getByRole("treeitem").allTextContents()).toHaveLength(1)
    await page.waitForFunction(() => document.querySelectorAll('g.node[data-faint="true"]').length === 7)
    await page.getByLabel("Search names").fill("")
    await current("Filter", "undeclared")
    await page.getByText("3 of 19 match").waitFor()
    await pictures("filtered")
    await current("Filter", "license:mit")
    await page.getByText("2 of 19 match").waitFor()
  })

  it("tells about the model under the pointer, inside the box", async () => {
    await bench.draw(RICH, "acme/coder-7b", false)
    await page.locator('g.node[data-id="other/mixed-7b"]').hover()
    const text = (await page.locator(".bubble").textContent()) ?? ""
    for (const part of [
      "merge 60% of acme/chat-7b, 93% sure, not on the card",
      "merge 40% of unseen model 1, 93% sure, not on the card",
      "Contradicted",
      "12 downloads",
      "its card names itself",
      "The card also names acme/coder-7b",
    ])
      expect(text).toContain(part)
    const [box, bubble] = [await page.locator(".canvas").boundingBox(), await page.locator(".bubble").boundingBox()]
    expect((bubble?.x ?? 0) + (bubble?.width ?? 0)).toBeLessThanOrEqual((box?.x ?? 0) + (box?.width ?? 0))
    await pictures("hover")
    await page.mouse.move(5, 5)
    expect(await page.locator(".bubble").count()).toBe(0)
  })

  it("goes back in time by the slider", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    const slider = page.getByRole("slider")
    await slider.focus()
    await page.keyboard.press("Home")
    await page.waitForFunction(() => document.querySelectorAll("g.node").length === 2)
    // The undated ghost was always there.
    expect(await page.locator(".timeline").textContent()).toContain("2 of 19 models")
    await page.keyboard.press("ArrowRight")
    await page.waitForFunction(() => document.querySelectorAll("g.node").length === 3)
    await page.keyboard.press("End")
    await page.waitForFunction(() => document.querySelectorAll("g.node").length === 8)
  })

  it("says what the family was made by, as it grew", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    const made = page.locator(".timeline li")
    expect(await made.allTextContents()).toEqual([
      "training: 1 (5.6%)",
      "adapters: 1 (5.6%)",
      "merging: 2 (11.1%)",
      "other precision: 12 (66.7%)",
      "copying: 1 (5.6%)",
      "changed structure: 1 (5.6%)",
    ])
    await page.getByRole("slider").focus()
    await page.keyboard.press("Home")
    await page.waitForFunction(() => document.querySelector(".timeline li")?.textContent === "training: 0 (0%)")
    await page.keyboard.press("End")
  })

  it("fits the drawing, zooms by button and wheel, pans by dragging, and opens a large family on its own model", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    const scale = async () =>
      Number(/scale\(([\d.]+)/.exec((await page.locator(".surface > svg > g").getAttribute("transform")) ?? "")?.[1])
    const inside = async () => {
      const box = (await page.locator(".surface").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
      const cards = await page
        .locator("g.node .card")
        .evaluateAll((all) => all.map((card) => card.getBoundingClientRect().toJSON() as DOMRect))
      return cards.every(
        ({ left, right, top, bottom }) => left >= box.x && right <= box.x + box.width && top >= box.y && bottom <= box.y + box.height,
      )
    }
    await page.getByRole("button", { name: "Fit" }).click()
    expect(await inside()).toBe(true)
    const fitted = await scale()
    await page.getByRole("button", { name: "Zoom in" }).click()
    expect(await scale()).toBeGreaterThan(fitted)
    await page.locator(".surface").hover()
    for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -400)
    await page.waitForFunction(() =>
      /scale\((2\.\d+|3)/.test(document.querySelector(".surface > svg > g")?.getAttribute("transform") ?? ""),
    )
    expect(await inside()).toBe(false)
    await page.getByRole("button", { name: "Fit" }).click()
    expect(await scale()).toBeCloseTo(fitted, 5)
    // 140 models are drawn readable, not whole: the model that the family is shown for stands in the middle.
    const name = "owner-1/model-1"
    await bench.draw(large(140), name, true)
    const [box, card] = [await page.locator(".surface").boundingBox(), await page.locator(`g.node[data-id="${name}"] .card`).boundingBox()]
    expect(Math.abs((card?.x ?? 0) + (card?.width ?? 0) / 2 - (box?.x ?? 0) - (box?.width ?? 0) / 2)).toBeLessThan(3)
    expect(Math.abs((card?.y ?? 0) + (card?.height ?? 0) / 2 - (box?.y ?? 0) - (box?.height ?? 0) / 2)).toBeLessThan(3)
  })

  it("saves the view in every format", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    const saved = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()])
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
    }
    const json = await saved("JSON")
    expect(json.name).toBe("acme-coder-7b.atlas.json")
    expect(parseAtlasFile(json.bytes.toString()).nodes).toHaveLength(RICH.nodes.length)
    expect((await saved("GraphML")).bytes.toString().match(/<node /g)).toHaveLength(RICH.nodes.length)
    expect((await saved("GEXF")).bytes.toString()).toContain('source="acme/base-7b"')
    expect(JSON.parse((await saved("CycloneDX")).bytes.toString())).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" })
    const svg = (await saved("SVG")).bytes.toString()
    expect(svg).toContain("coder-7b")
    expect(svg.match(/class="node"/g)).toHaveLength(8)
    const png = (await saved("PNG")).bytes
    expect(png.subarray(1, 4).toString()).toBe("PNG")
    expect(png.readUInt32BE(16)).toBeGreaterThan(1000)
    writeFileSync(`${PICTURES_OF.atlas}/saved.png`, png)
    writeFileSync(`${PICTURES_OF.atlas}/saved.svg`, svg)
    await page.getByLabel("Search names").fill("vision")
    expect(parseAtlasFile((await saved("JSON")).bytes.toString()).nodes.map(({ id }) => id)).toEqual(["closed/vision-7b"])
  })

  it("adds somebody's file by commit, marks what came from it, and refuses what is no atlas", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    const theirs = atlasOf(
      [
        { id: "acme/base-7b", family: 0, ghost: false, verdict: "independent", declared: [], revision: "1".repeat(40) },
        { id: "acme/chat-7b", family: 0, ghost: false, verdict: "documented", declared: [], revision: "9".repeat(40) },
        { id: "far/away", family: 0, ghost: false, verdict: "undocumented", declared: [] },
      ],
      [
        { parent: "acme/base-7b", child: "far/away", relation: "finetune", probability: 0.9, share: 1, declared: false },
        { parent: "acme/chat-7b", child: "far/away", relation: "finetune", probability: 0.9, share: 1, declared: false },
      ],
    )
    const give = (name: string, text: string) =>
      page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) })
    await give("theirs.json", JSON.stringify(theirs))
    await page.getByText("Added from files and marked ⇣: 1 (models), 1 (lines).").waitFor()
    expect(await page.locator(".files").textContent()).toContain("1 model is known here at another commit")
    expect(await page.locator('g.edge[data-child="far/away"] .label').textContent()).toContain("⇣")
    await page.getByRole("button", { name: "Remove them" }).click()
    await page.locator('g.node[data-id="far/away"]').waitFor({ state: "detached" })
    for (const [text, words] of [
      ["<html>", "The file is no atlas. (it is no JSON)"],
      ['{"schema":"pedigree/atlas@1","nodes":[{"id":"<b>"}],"edges":[]}', "nodes.0"],
      [JSON.stringify({ ...theirs, nodes: [...theirs.nodes, ...theirs.nodes] }), "names a model twice"],
    ] as const) {
      await give("bad.json", text)
      await page.getByRole("alert").getByText(words).waitFor()
    }
    expect(await axeFaults(page)).toEqual([])
  })

  it("shows hostile names as text and families that cannot be, executes nothing", async () => {
    await bench.draw(HOSTILE_FAMILY, "root/base", true)
    await page.locator("g.node").first().waitFor()
    expect(await page.title()).toBe("atlas")
    expect(await page.locator("main img, main b:not([aria-hidden])").count()).toBe(0)
    expect(await page.getByRole("treeitem").filter({ hasText: "1,000 models" }).count()).toBe(1)
    // A base that only a card names, and that is gone, has its place; one that is no model's name has none.
    expect(await page.locator('g.node[data-id="gone/for-ever"] .owner').textContent()).toBe("card only")
    expect(await page.locator('g.node[data-ghost="true"]').count()).toBe(1)
    expect(await page.locator('g.node[data-id="root/dead"]').count()).toBe(1)
    expect(await page.locator("main").textContent()).not.toContain("\u202e")
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280)
    expect(await axeFaults(page)).toEqual([])
    await pictures("hostile")
    await page.getByRole("button", { name: "Open groups" }).click()
    await page.locator('.surface[data-renderer="canvas"]').waitFor()
    await pictures("thousand-children")
  })

  it("paints three thousand models on a canvas that can be searched, hovered and panned", async () => {
    await bench.draw(large(3000), "owner-1/model-1", true)
    await page.locator('.surface[data-renderer="canvas"]').waitFor()
    // Off the page's own thread, where it would stop everything else for seconds.
    await Promise.all([page.waitForEvent("worker"), current("Axis", "free")])
    await page.locator('.surface[data-axis="free"]').waitFor({ timeout: 40_000 })
    await page.getByRole("treeitem").nth(7).focus()
    const name = await page.locator(":focus .name").textContent()
    const box = (await page.locator(".surface").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.move(x, y)
    expect(await page.locator(".bubble .strong").textContent()).toBe(name)
    await page.mouse.down()
    await page.mouse.move(x - 150, y + 90, { steps: 6 })
    await page.mouse.up()
    // Painted again where it was dragged to, with everything still in its place.
    await page.waitForFunction(() => document.querySelector("canvas")?.style.transform === "")
    await page.mouse.move(x - 150, y + 90)
    expect(await page.locator(".bubble .strong").textContent()).toBe(name)
    const colours = await page.locator("canvas").evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height) ?? { data: [] }
      return new Set(Array.from({ length: data.length / 4 }, (_, pixel) => data.slice(4 * pixel, 4 * pixel + 3).join())).size
    })
    expect(colours).toBeGreaterThan(50)
    await page.getByLabel("Search names").fill("model-29")
    await page.getByText("111 of 3,000 match").waitFor()
    await pictures("three-thousand")
    expect(await page.getByRole("treeitem").count()).toBeLessThanOrEqual(300)
  }, 120_000)

  it("reads from right to left with the drawing's own direction kept", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    const start = () =>
      page
        .locator('g.node[data-id="acme/coder-7b"] .id')
        .evaluate((text) => text.getBoundingClientRect().left - (text.parentElement as Element).getBoundingClientRect().left)
    const before = await start()
    await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"))
    expect(await start()).toBeCloseTo(before, 0)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280)
    await pictures("right-to-left")
    await page.evaluate(() => document.documentElement.removeAttribute("dir"))
  })

  it("shows a gated base that only cards name as a ghost with its name, and opens its page", async () => {
    const [first, ...rest] = RICH.nodes
    const named = atlasOf(
      [
        ...(first ? [first] : []),
        ...rest,
        { id: "closed/base-70b", family: 0, ghost: true, verdict: "unverified", declared: [], access: "gated" },
      ],
      [
        ...RICH.edges,
        { parent: "closed/base-70b", child: "acme/base-7b", relation: "layer-pruned", probability: 0.9, share: 1, declared: true },
      ],
    )
    await bench.draw(named, "acme/coder-7b", true)
    const ghost = page.locator('g.node[data-id="closed/base-70b"]')
    expect(await ghost.locator("text").allTextContents()).toEqual(["implied", "base-70b"])
    expect(await ghost.locator(".lock").count()).toBe(1)
    await ghost.click()
    expect(await page.locator("body").getAttribute("data-opened")).toBe("https://huggingface.co/closed/base-70b")
  })

  it("fits 320 px and keeps its marks in forced colours", async () => {
    await bench.draw(RICH, "acme/coder-7b", true)
    await page.setViewportSize({ width: 320, height: 800 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
    await pictures("narrow")
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.emulateMedia({ forcedColors: "active" })
    await page.screenshot({ path: `${PICTURES_OF.atlas}/forced.png` })
    await page.emulateMedia({ forcedColors: "none" })
  })
})
