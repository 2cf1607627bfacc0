import { afterAll, beforeAll, expect, test } from "vitest"
import { type RunningHub, startHub } from "~test/hub"

const SIZE_7B = 6_738_415_616

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub({
    roots: [],
    virtualRepos: [
      { id: "big/base", kind: "llama-7b", seed: 1 },
      { id: "big/other", kind: "llama-7b", seed: 2 },
      { id: "big/tuned", kind: "llama-7b", seed: 3, derive: { from: 1, relativeUpdate: 0.05 }, declares: "big/base" },
    ],
  })
})
afterAll(() => hub.close())

async function read(id: string, file: string, begin: number, end: number): Promise<Buffer> {
  const answer = await fetch(`${hub.url}/${id}/resolve/main/${file}`, { headers: { range: `bytes=${begin}-${end - 1}` } })
  expect(answer.status).toBe(206)
  return Buffer.from(await answer.arrayBuffer())
}

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>

async function openShard(id: string, file: string) {
  const length = Number((await read(id, file, 0, 8)).readBigUInt64LE())
  const { __metadata__, ...tensors } = JSON.parse((await read(id, file, 8, 8 + length)).toString())
  expect(__metadata__).toEqual({ format: "pt" })
  return { begin: 8 + length, tensors: tensors as Header }
}

/** The first `count` elements of a tensor. */
async function values(id: string, name: string, count: number): Promise<number[]> {
  const index = await (await fetch(`${hub.url}/${id}/resolve/main/model.safetensors.index.json`)).json()
  const { begin, tensors } = await openShard(id, index.weight_map[name])
  const at = begin + (tensors[name]?.data_offsets[0] ?? Number.NaN)
  const bytes = await read(id, index.weight_map[name], at, at + 2 * count)
  return Array.from(
    { length: count },
    (_, i) => new Float32Array(new Uint32Array([bytes.readUInt16LE(2 * i) << 16]).buffer)[0] ?? Number.NaN,
  )
}

const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0)
const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))

test("has a Llama-2-7B's shapes, shards, index and sizes", async () => {
  const model = await (await fetch(`${hub.url}/api/models/big/base`)).json()
  expect(model.safetensors).toEqual({ parameters: { BF16: SIZE_7B }, total: SIZE_7B })
  const index = await (await fetch(`${hub.url}/big/base/resolve/main/model.safetensors.index.json`)).json()
  expect([Object.keys(index.weight_map).length, index.metadata.total_size]).toEqual([291, 2 * SIZE_7B])
  const tree = await (await fetch(`${hub.url}/api/models/big/base/tree/main`)).json()
  const shards = [...new Set<string>(Object.values(index.weight_map))]
  expect(shards).toHaveLength(2)
  for (const shard of shards) {
    const { begin, tensors } = await openShard("big/base", shard)
    const entries = Object.values(tensors)
    let end = 0
    for (const { data_offsets, shape } of entries) {
      expect(data_offsets).toEqual([end, end + 2 * shape.reduce((product, side) => product * side, 1)])
      end = data_offsets[1]
    }
    expect(tree.find(({ path }: { path: string }) => path === shard).size).toBe(begin + end)
  }
})

test("any range gives the same bytes as a larger one around it", async () => {
  const [file, at] = ["model-00001-of-00002.safetensors", 5_000_000_001] as const
  const large = await read("big/base", file, at - 5000, at + 5000)
  expect(large.subarray(5000, 5777)).toEqual(await read("big/base", file, at, at + 777))
  const { begin } = await openShard("big/base", file)
  const over = await read("big/base", file, begin - 9, begin + 9)
  expect(over.subarray(9)).toEqual(await read("big/base", file, begin, begin + 9))
})

test("values are about normal, independent between seeds, and close to the base's when derived", async () => {
  const name = "model.layers.31.mlp.down_proj.weight"
  const [base, other, tuned] = await Promise.all(["big/base", "big/other", "big/tuned"].map((id) => values(id, name, 11008)))
  if (!base || !other || !tuned) throw new Error("no values")
  const deviation = Math.sqrt(dot(base, base) / base.length)
  expect(deviation).toBeCloseTo(0.02, 3)
  const within = base.filter((value) => Math.abs(value) < deviation).length / base.length
  expect(within).toBeGreaterThan(0.66)
  expect(within).toBeLessThan(0.7)
  expect(Math.abs(cosine(base, other))).toBeLessThan(0.05)
  const update = base.map((value, i) => (tuned[i] ?? Number.NaN) - value)
  expect(Math.sqrt(dot(update, update) / dot(base, base))).toBeCloseTo(0.05, 2)
  expect((await values("big/base", "model.norm.weight", 4096)).every((value) => value > 0)).toBe(true)
})

test("a derived repository may declare its parent", async () => {
  const found = await (await fetch(`${hub.url}/api/models?filter=base_model:finetune:big/base`)).json()
  expect(found.map(({ id }: { id: string }) => id)).toEqual(["big/tuned"])
})

test("a mebibyte is made in well under a second", async () => {
  const started = performance.now()
  await read("big/tuned", "model-00001-of-00002.safetensors", 2 ** 32, 2 ** 32 + 2 ** 20)
  expect(performance.now() - started).toBeLessThan(500)
})
