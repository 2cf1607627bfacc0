import { mkdirSync } from "node:fs"
import type { Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { contentOf } from "~test/hub/content"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { writeGguf } from "~test/unit/gguf-writer"
import { dict, global, part, pickle, reduce, unicode, writeZip } from "~test/unit/torch-writer"
import { axeFaults } from "./axe"
import { openDrawers } from "./drawers"
import { CONTAINERS, FIXTURES, inBothThemes, openSession, PICTURES, panel, type Session } from "./harness"

const repo = (id: string, files: Readonly<Record<string, string | Uint8Array>>) => ({
  id,
  files: Object.entries(files).map(([path, content]) => ({ path, content: contentOf(Buffer.from(content as string)) })),
})

/** A state dict whose only value is what a program returns when the file is loaded the usual way. */
const HOSTILE = writeZip([
  part("data.pkl", pickle(dict([["embed.weight", reduce(global("os", "system"), unicode("echo loaded"))]]))),
  part("version", new TextEncoder().encode("3\n")),
])

/** A matrix of blocks that are not read (GGML's type 16). */
const IQ2_XXS = writeGguf({ "general.architecture": "llama" }, [
  { name: "blk.0.ffn_up.weight", shape: [8, 256], type: 16, bytes: new Uint8Array(8 * 66) },
])

describe("the panel on models in every container", () => {
  let hub: RunningHub
  let session: Session
  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true })
    hub = await startHub({
      roots: [FIXTURES, CONTAINERS],
      tls: true,
      rateLimits: { api: 100_000, resolvers: 100_000, pages: 100_000 },
      madeRepos: [
        repo("acme/hostile", { "config.json": "{}", "pytorch_model.bin": HOSTILE }),
        repo("acme/small-blocks", { "model-IQ2_XXS.gguf": IQ2_XXS }),
        repo("acme/tensorflow", { "config.json": "{}", "tf_model.h5": "\x89HDF\r\n\x1a\n" }),
      ],
    })
    session = await openSession(hub)
  })
  afterAll(async () => {
    await session?.close()
    await hub?.close()
  })
  afterEach(async () => {
    for (const page of session.context.pages().slice(1)) await page.close()
  })

  /** Everything unfolded, in both themes: nothing for axe to find, nothing cut off on a narrow screen, and pictures for people. */
  async function looksRight(page: Page, name: string) {
    await openDrawers(panel(page))
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await panel(page).evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0)
      await inBothThemes(page, async (theme) => {
        expect(await axeFaults(page, "pedigree-panel")).toEqual([])
        await panel(page).screenshot({ path: `${PICTURES}/container-${name}-${width}-${theme}.png` })
      })
    }
  }

  it.each([
    {
      name: "gguf",
      model: "plainsong/clove-xs-Q4_0-GGUF",
      parent: "thirdshelf/sorrel-xs",
      relation: "quantised",
      weights: "GGUF, 4-bit Q4_0 in groups of 32",
      evidence: ["of the packed elements are what thirdshelf/sorrel-xs's weights round to"],
      stated: ["Quantisation: Q4_0"],
    },
    {
      name: "gptq",
      model: "stonecrop/prairie-a-GPTQ",
      parent: "stonecrop/prairie-a",
      relation: "quantised",
      weights: "safetensors, 4-bit GPTQ in groups of 32",
      evidence: ["of the packed elements are what stonecrop/prairie-a's weights round to"],
      stated: ["GPTQ, 4 bits, groups of 32"],
    },
    {
      name: "lora",
      model: "openquarry/merlin-one-adapter",
      parent: "rkaplan/merlin-one",
      relation: "adapter",
      weights: "LoRA adapter of rank 8 on 4 matrices",
      evidence: ["in the right shape", "The adapter's files name rkaplan/merlin-one as their base"],
      stated: ["Adapter: LoRA of rank 8 (alpha 16)"],
    },
    {
      name: "torch",
      model: "redshank/tundra-base-pt",
      parent: "tamarind/finch-a",
      relation: "conversion",
      weights: "PyTorch pickle (read, not run), float16",
      evidence: ["stored as F16"],
      stated: [],
    },
  ])("says what $name holds, what it was made from and why", async ({ name, model, parent, relation, weights, evidence, stated }) => {
    const page = await session.open(model)
    expect((await session.settled(page)).phase).toBe("done")
    await openDrawers(panel(page), "Why?")
    const { text } = await session.shown(page)
    expect(text).toContain(`${parent}${relation} · `)
    expect(text).toContain(`Weights: ${weights}`)
    for (const part of [...evidence, ...stated]) expect(text).toContain(part)
    await looksRight(page, name)
  })

  it.each([
    ["pickle that wants to run a program", "acme/hostile", [/wants to run os\.system/, /ran nothing and refuses/, /Don't load this file/]],
    [
      "GGUF file of blocks that it does not read",
      "acme/small-blocks",
      [/model-IQ2_XXS\.gguf can be read: GGUF type IQ2_XXS is not supported/],
    ],
    [
      "container it does not read",
      "acme/tensorflow",
      [/in no container that Pedigree reads: tf_model\.h5 \(TensorFlow/, /Look for a copy/],
    ],
  ] as const)("refuses a %s, and says which and why", async (_, model, says) => {
    const page = await session.open(model)
    const { phase, code, text } = await session.settled(page)
    expect({ phase, code }).toEqual({ phase: "failed", code: "unsupported" })
    for (const part of says) expect(text).toMatch(part)
    await looksRight(page, model.slice("acme/".length))
  })
})
