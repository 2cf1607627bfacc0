import { execFile } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { bundle } from "~src/tools/bundle.mjs"
import { inRoot } from "~src/tools/project.mjs"
import { startHub } from "~test/hub/index"
import type { RunningHub } from "~test/hub/types"
import { dict, global, part, pickle, reduce, unicode, writeZip } from "./torch-writer"

const FIXTURES = inRoot("test", "fixtures", "hub")
const CONTAINERS = inRoot("test", "fixtures", "hub-containers")
const CHILD = "windmill-ai/willow-24"
const PARENT = "lucidfox/raven-lite"
const SIBLING = "windmill-ai/grove-2"
const STRANGER = "eastgate-research/pebble-v2"

let program: string
let hub: RunningHub
let scratch: string
let extra: string

beforeAll(async () => {
  program = await bundle("src/cli/main.ts", "cli-under-test")
  extra = fs.mkdtempSync(path.join(os.tmpdir(), "pedigree-hub-"))
  writeExtraModels(extra)
  hub = await startHub({ roots: [FIXTURES, CONTAINERS, extra] })
})
afterAll(async () => {
  await hub.close()
  fs.rmSync(extra, { recursive: true, force: true })
})

/** A gated model, one whose weights are damaged, and one whose pickle would run a program. */
function writeExtraModels(root: string) {
  const facts = { createdAt: "2024-05-01T00:00:00.000Z", lastModified: "2024-05-01T00:00:00.000Z", downloads: 1, likes: 0 }
  const open = { gated: false, private: false, disabled: false }
  const repos = [
    { id: "closed/door", ...facts, ...open, gated: "auto" },
    { id: "broken/header", ...facts, ...open },
    { id: "hostile/pickle", ...facts, ...open },
  ]
  fs.writeFileSync(path.join(root, "hub.json"), JSON.stringify({ repos }))
  for (const { id } of repos) fs.cpSync(path.join(FIXTURES, "fennel/nimbus-v1"), path.join(root, id), { recursive: true })
  damage(path.join(root, "broken/header"))
  const hostile = path.join(root, "hostile/pickle")
  fs.rmSync(path.join(hostile, "model.safetensors"))
  const state = pickle(dict([["embed.weight", reduce(global("os", "system"), unicode("exit 7"))]]))
  fs.writeFileSync(path.join(hostile, "pytorch_model.bin"), writeZip([part("data.pkl", state)]))
}

/** Leaves of the weights no more than the first 5000 bytes. */
function damage(folder: string) {
  const file = path.join(folder, "model.safetensors")
  fs.writeFileSync(file, fs.readFileSync(file).subarray(0, 5000))
}
beforeEach((context) => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "pedigree-cli-"))
  context.onTestFinished(() => fs.rmSync(scratch, { recursive: true, force: true }))
})

interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function cli(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const env = {
    NODE_ENV: "production" as const,
    PATH: process.env.PATH ?? "",
    XDG_CACHE_HOME: scratch,
    HF_ENDPOINT: hub.url,
    ...environment,
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: inRoot(), env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}

/** The JSON of a command that succeeds and says nothing else. */
async function answer(args: readonly string[], environment?: Record<string, string>) {
  const { status, stdout, stderr } = await cli(args, environment)
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
  return JSON.parse(stdout)
}

/** Ends with the status, says one line, and writes no result. */
async function refusal(args: readonly string[], status: number, environment?: Record<string, string>) {
  const ended = await cli(args, environment)
  expect(ended).toEqual({ status, stdout: "", stderr: expect.stringMatching(/^[^\n]+\n$/) })
  return ended.stderr
}

const anyCost = {
  requests: expect.any(Number),
  bytes: expect.any(Number),
  weightBytes: expect.any(Number),
  milliseconds: expect.any(Number),
  provider: "wasm",
}

describe("lineage", () => {
  test("answers in the contract's JSON", async () => {
    const report = await answer(["lineage", CHILD, "--json"])
    expect(report).toMatchObject({
      schema: "pedigree/lineage@1",
      model: CHILD,
      revision: expect.stringMatching(/^[0-9a-f]{40}$/),
      verdict: "undocumented",
      reason: expect.stringMatching(/\.$/),
      declared: [],
      cost: anyCost,
    })
    expect(report.parents).toHaveLength(1)
    expect(report.parents[0]).toMatchObject({
      id: PARENT,
      revision: expect.stringMatching(/^[0-9a-f]{40}$/),
      ghost: false,
      relation: "finetune",
      hubRelation: "finetune",
      probability: expect.any(Number),
      share: 1,
      direction: { probability: expect.any(Number), basis: expect.arrayContaining(["time"]) },
    })
    expect(report.parents[0].evidence[0]).toMatchObject({ kind: expect.any(String), says: "for", text: expect.any(String) })
    expect(report.cost.weightBytes).toBeGreaterThan(0)
  })

  test("says the same as a table, with progress nowhere but in a terminal", async () => {
    const { status, stdout, stderr } = await cli(["lineage", CHILD])
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).toContain(CHILD)
    expect(stdout).toMatch(/parent +relation +probability/)
    expect(stdout).toMatch(new RegExp(`^${PARENT} +fine-tune`, "m"))
    expect(stdout).not.toContain("\x1b")
  })

  test("says how a GGUF file holds its weights, and what was packed into it", async () => {
    const { status, stdout } = await cli(["lineage", "plainsong/clove-xs-Q4_0-GGUF"])
    expect(status).toBe(0)
    expect(stdout).toContain("Its weights: GGUF, 4-bit Q4_0 in groups of 32\n")
    expect(stdout).toMatch(/^thirdshelf\/sorrel-xs +quantised/m)
    expect(stdout).toMatch(/^Quantisation +Q4_0$/m)
  })

  test("compares with the given candidates alone", async () => {
    const report = await answer(["lineage", CHILD, "--json", "--candidates", `${SIBLING},${STRANGER}`])
    expect(report.compared.map(({ id }: { id: string }) => id).sort()).toEqual([STRANGER, SIBLING].sort())
    expect(report.parents.map(({ id }: { id: string }) => id)).not.toContain(PARENT)
  })

  test("knows no dates with --no-time", async () => {
    const report = await answer(["lineage", CHILD, "--json", "--no-time"])
    for (const parent of report.parents) expect(parent.direction.basis).not.toContain("time")
  })

  test("keeps to the budget", async () => {
    const report = await answer(["lineage", CHILD, "--json", "--budget", "65536", "--candidates", PARENT])
    expect(report.cost.weightBytes).toBeLessThanOrEqual(2 * 65_536)
  })

  test("does not call a model independent of what it had no budget to read", async () => {
    const report = await answer(["lineage", CHILD, "--json", "--budget", "1000", "--candidates", PARENT])
    expect(report).toMatchObject({ verdict: "unverified", parents: [] })
  })

  test("remembers facts between runs, and nothing with --cache none", async () => {
    const read = async (cache: string) => {
      hub.resetLog()
      await answer(["lineage", CHILD, "--json", "--cache", cache, "--candidates", PARENT])
      return hub.requests.filter(({ kind }) => kind === "cdn").length
    }
    expect(await read(scratch)).toBeGreaterThan(0)
    expect(await read(scratch)).toBe(0)
    expect(await read("none")).toBeGreaterThan(0)
    expect(fs.readdirSync(scratch)).toHaveLength(1)
  })

  test("reads a local folder, and writes to --out", async () => {
    const out = path.join(scratch, "report.json")
    const args = ["lineage", path.join(FIXTURES, CHILD), "--json", "--out", out, "--candidates", `${PARENT},${STRANGER}`]
    expect(await cli(args)).toEqual({ status: 0, stdout: "", stderr: "" })
    const report = JSON.parse(fs.readFileSync(out, "utf8"))
    expect(report.model).toBe("local/willow-24")
    expect(report.compared[0]).toMatchObject({ id: PARENT, related: expect.closeTo(1, 2) })
  })
})

describe("compare", () => {
  test("tells relatives from strangers", async () => {
    const related = await answer(["compare", PARENT, CHILD, "--json"])
    expect(related).toMatchObject({
      schema: "pedigree/compare@1",
      a: PARENT,
      b: CHILD,
      relation: "finetune",
      direction: { parent: PARENT },
    })
    expect(related.related).toBeGreaterThan(0.99)
    const strangers = await answer(["compare", STRANGER, CHILD, "--json"])
    expect(strangers).toMatchObject({ relation: null, direction: { parent: null } })
    expect(strangers.related).toBeLessThan(0.01)
  })

  test("never calls shared initialisation descent", async () => {
    const report = await answer(["compare", "graniteml/harbor-v0.3", PARENT, "--json"])
    expect(report).toMatchObject({ relation: "shared-init", direction: { parent: null } })
  })

  test("takes a folder and a model on the Hub", async () => {
    const { status, stdout } = await cli(["compare", path.join(FIXTURES, PARENT), CHILD])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^local\/raven-lite and windmill-ai\/willow-24 share weights/)
  })
})

describe("atlas", () => {
  test("charts a list of models", async () => {
    const list = path.join(scratch, "models.txt")
    fs.writeFileSync(list, `# a family and a stranger\n${PARENT}\n${CHILD}\n\n${STRANGER}\n`)
    const atlas = await answer(["atlas", "--list", list, "--json"])
    expect(atlas.schema).toBe("pedigree/atlas@1")
    expect(atlas.nodes.map(({ id }: { id: string }) => id).sort()).toEqual([STRANGER, PARENT, CHILD].sort())
    expect(atlas.edges).toMatchObject([{ parent: PARENT, child: CHILD, relation: "finetune", declared: false }])
  })

  test.each([
    ["--graphml", /^<\?xml.*<graphml/s],
    ["--gexf", /^<\?xml.*<gexf/s],
    ["--svg", /^<svg/],
    ["--bom", /"bomFormat": "CycloneDX"/],
  ])("writes %s", async (format, shape) => {
    const { status, stdout, stderr } = await cli(["atlas", "--author", "windmill-ai", format])
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).toMatch(shape)
    expect(stdout).toContain("windmill-ai")
  })

  test("writes what it has when a model cannot be read", async () => {
    const list = path.join(scratch, "models.txt")
    fs.writeFileSync(list, `${PARENT}\nnobody/nothing\n`)
    const { status, stdout, stderr } = await cli(["atlas", "--list", list, "--json"])
    expect(status).toBe(0)
    expect(JSON.parse(stdout).nodes).toHaveLength(1)
    expect(stderr).toMatch(/^nobody\/nothing is not in the chart: [^\n]+\n$/)
  })
})

describe("what cannot be answered", () => {
  test.each([
    [[]],
    [["toString"]],
    [["lineage"]],
    [["lineage", "a/b/c"]],
    [["lineage", "a/b@../c"]],
    [["lineage", CHILD, "--budget", "much"]],
    [["compare", CHILD]],
    [["atlas"]],
    [["atlas", "--all", "--author", "x"]],
    [["atlas", "--author", "x", "--svg", "--bom"]],
    [["atlas", "--list", "no-such-file"]],
  ])("2, bad arguments: %j", async (args) => {
    await refusal(args, 2)
  })

  test("3, no endpoint there", async () => {
    expect(await refusal(["lineage", CHILD, "--endpoint", "http://127.0.0.1:9"], 3)).toContain("127.0.0.1:9")
  })

  test("4, no such model", async () => {
    expect(await refusal(["lineage", "nobody/nothing"], 4)).toContain("nobody/nothing")
    await refusal(["atlas", "--author", "nobody"], 4)
    await refusal(["compare", CHILD, "./no-such-folder"], 4)
  })

  test("5, a gated model", async () => {
    expect(await refusal(["lineage", "closed/door"], 5)).toMatch(/gated.*token/)
    await refusal(["compare", "closed/door", CHILD], 5)
  })

  test("5, a malformed model", async () => {
    expect(await refusal(["lineage", "broken/header"], 5)).toContain("model.safetensors")
    const folder = path.join(scratch, "broken")
    fs.cpSync(path.join(FIXTURES, CHILD), folder, { recursive: true })
    damage(folder)
    expect(await refusal(["lineage", folder, "--candidates", PARENT], 5)).toContain("model.safetensors")
    fs.writeFileSync(path.join(folder, "config.json"), "{")
    await refusal(["compare", folder, PARENT], 5)
  })

  test("5, a pickle that would run a program, on the Hub or in a folder", async () => {
    const says = /^pytorch_model\.bin wants to run os\.system .* refuses the file\. Don't load this file/
    expect(await refusal(["lineage", "hostile/pickle"], 5)).toMatch(says)
    expect(await refusal(["compare", path.join(extra, "hostile/pickle"), PARENT], 5)).toMatch(says)
  })

  test("5, a container that is not read", async () => {
    const folder = path.join(scratch, "tensorflow")
    fs.mkdirSync(folder)
    fs.writeFileSync(path.join(folder, "config.json"), "{}")
    fs.writeFileSync(path.join(folder, "tf_model.h5"), "\x89HDF\r\n")
    expect(await refusal(["lineage", folder, "--candidates", PARENT], 5)).toContain("tf_model.h5 (TensorFlow")
  })
})
