import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { decodeFingerprint, encodeFingerprint } from "~src/fingerprint/codec"
import { DEFAULT_BUDGET, readFingerprint } from "~src/fingerprint/read"
import { slabValues } from "~src/fingerprint/slabs"
import { call, memoryReader, ref } from "./memory-reader"

const root = fileURLToPath(new URL("../fixtures/hub/", import.meta.url))
const models = readdirSync(root, { withFileTypes: true })
  .filter((owner) => owner.isDirectory())
  .flatMap((owner) => readdirSync(`${root}${owner.name}`).map((name) => `${owner.name}/${name}`))
  .filter((id) => readdirSync(`${root}${id}`).some((file) => file.endsWith(".safetensors")))

function load(id: string) {
  const names = readdirSync(`${root}${id}`)
  return memoryReader(Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(`${root}${id}/${name}`))])))
}

describe("fingerprints of the fixture models", () => {
  it.each(models)("%s", async (id) => {
    const reader = load(id)
    const fingerprint = await readFingerprint(reader, ref, reader.list, { budget: DEFAULT_BUDGET, call })
    expect(fingerprint.slabs.length).toBeGreaterThan(8)
    expect(fingerprint.slabs.every((slab) => slabValues(slab).every(Number.isFinite))).toBe(true)
    expect(new Set(fingerprint.tensors.map(({ role, layer }) => `${role}|${layer}`)).size).toBe(fingerprint.tensors.length)
    const bytes = encodeFingerprint(fingerprint)
    expect(Buffer.compare(encodeFingerprint(decodeFingerprint(bytes)), bytes)).toBe(0)
    const blind = await readFingerprint(load(id), ref, null, { budget: DEFAULT_BUDGET, call })
    expect(Buffer.compare(encodeFingerprint(blind), bytes)).toBe(0)
  })
})
