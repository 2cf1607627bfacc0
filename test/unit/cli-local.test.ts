import { createHash } from "node:crypto"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { openLocalModels } from "~src/cli/local"
import type { Hub } from "~src/hub/types"

const call = () => {
  const cost = { requests: 0, bytes: 0, weightBytes: 0 }
  const meter = {
    add(requests: number, bytes: number, weightBytes: number) {
      cost.requests += requests
      cost.bytes += bytes
      cost.weightBytes += weightBytes
    },
  }
  return { signal: new AbortController().signal, meter, cost }
}

/** The network must not be asked for a folder's facts. */
const nobody = new Proxy({} as Hub, {
  get: (_, name) => () => {
    throw new Error(`the network was asked: ${String(name)}`)
  },
})

let folder: string
const weights = Uint8Array.from({ length: 1000 }, (_, index) => index % 251)
const card = "---\nbase_model: owner/parent\nbase_model_relation: finetune\nlicense: mit\n---\n# A card\n"

beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "pedigree-local-")), "my model")
  fs.mkdirSync(path.join(folder, ".git"), { recursive: true })
  fs.mkdirSync(path.join(folder, "sub"))
  fs.writeFileSync(path.join(folder, ".git", "config"), "")
  fs.writeFileSync(path.join(folder, "sub", "extra.txt"), "extra")
  fs.writeFileSync(path.join(folder, "README.md"), card)
  fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify({ model_type: "llama", architectures: ["LlamaForCausalLM"] }))
  fs.writeFileSync(path.join(folder, "model.safetensors"), weights)
})
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true, force: true }))

async function open() {
  const { ids, wrap } = await openLocalModels([folder])
  const id = ids[0] ?? ""
  const hub = wrap(nobody)
  const record = await hub.model(id, null, call())
  return { id, hub, record, ref: { id, revision: record.revision ?? "" } }
}

describe("a local folder as a repository", () => {
  test("says what the Hub would say of it", async () => {
    const { id, record } = await open()
    expect(id).toBe("local/my-model")
    expect(record).toMatchObject({
      id,
      revision: expect.stringMatching(/^[0-9a-f]{40}$/),
      createdAt: null,
      declared: [{ id: "owner/parent", relation: "finetune" }],
      license: "mit",
      modelType: "llama",
      architectures: ["LlamaForCausalLM"],
    })
  })

  test("lists its files with the content address of weights", async () => {
    const { hub, ref } = await open()
    const files = await hub.files(ref, call())
    expect(files.map((file) => file.path)).toEqual(["README.md", "config.json", "model.safetensors", "sub/extra.txt"])
    expect(files[2]).toMatchObject({ size: 1000, oid: createHash("sha256").update(weights).digest("hex") })
  })

  test("gives ranges and books them", async () => {
    const { hub, ref } = await open()
    const one = call()
    const answer = await hub.range(ref, "model.safetensors", 990, 2000, { purpose: "weights" }, one)
    expect(answer).toEqual({ bytes: weights.slice(990), size: 1000 })
    expect(one.cost).toEqual({ requests: 0, bytes: 10, weightBytes: 10 })
    await expect(hub.range(ref, "model.safetensors", 1000, 1001, { purpose: "weights" }, one)).rejects.toMatchObject({ code: "malformed" })
  })

  test("serves nothing but its own files", async () => {
    const { hub, ref } = await open()
    await expect(hub.text(ref, "../secret", 100, call())).rejects.toMatchObject({ code: "no-such-file" })
    await expect(hub.text(ref, "README.md", 10, call())).rejects.toMatchObject({ code: "malformed" })
    expect(await hub.text(ref, "README.md", 1000, call())).toBe(card)
  })

  test("changes its revision when a file changes", async () => {
    const before = (await open()).record.revision
    expect((await open()).record.revision).toBe(before)
    fs.writeFileSync(path.join(folder, "model.safetensors"), weights.slice(1))
    expect((await open()).record.revision).not.toBe(before)
  })

  test("leaves other models to the network", async () => {
    const { hub } = await open()
    await expect(async () => hub.model("owner/name", null, call())).rejects.toThrow("the network was asked: model")
  })

  test("is told apart from a folder of the same name", async () => {
    const other = path.join(path.dirname(folder), "other", "my model")
    fs.cpSync(folder, other, { recursive: true })
    expect((await openLocalModels([folder, other, folder])).ids).toEqual(["local/my-model", "local/my-model-2", "local/my-model"])
  })

  test("must be there, and must hold something", async () => {
    await expect(openLocalModels(["./no-such-folder"])).rejects.toMatchObject({ code: "not-found" })
    fs.mkdirSync(path.join(folder, "empty"))
    await expect(openLocalModels([path.join(folder, "empty")])).rejects.toMatchObject({ code: "no-weights" })
    expect((await openLocalModels(["owner/name@main"])).ids).toEqual(["owner/name@main"])
  })

  test("must have a configuration that can be read", async () => {
    fs.writeFileSync(path.join(folder, "config.json"), "{")
    await expect(open()).rejects.toMatchObject({ code: "malformed" })
    fs.writeFileSync(path.join(folder, "config.json"), "{}")
    fs.writeFileSync(path.join(folder, "README.md"), "---\n: [\n---\n")
    expect((await open()).record.declared).toEqual([])
  })
})
