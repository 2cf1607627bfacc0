import { readFile } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import * as ort from "onnxruntime-web"
import { expect, it } from "vitest"
import { uniform } from "~src/core/uniform"
import { createScorers } from "~src/inference/scorers"
import type { TokenSet } from "~src/inference/types"
import { exchanged, FEATURES, OWN, SHARED } from "~src/lineage/tokens/tokens"

const graph = (name: string) => () => readFile(new URL(`../../assets/${name}.onnx`, import.meta.url))
const scorers = createScorers({ ort, relation: graph("relation"), direction: graph("direction"), prefer: "wasm" })
const never = new AbortController().signal

/** Tokens of arbitrary numbers within bounds. */
function tokens(count: number, seed: number): TokenSet {
  const next = uniform(seed)
  return { features: FEATURES, values: Float32Array.from({ length: count * FEATURES }, () => 4 * next() - 2) }
}
const sets = [1, 36, 7, 20].map((count, i) => tokens(count, i + 1))
const near = (value: number) => expect.closeTo(value, 4)

it("changes the sign of the direction when the ends are exchanged", async () => {
  const forth = await scorers.directions(sets, never)
  const back = await scorers.directions(sets.map(exchanged), never)
  expect(back).toEqual(forth.map((odds) => near(-odds)))
  expect(Math.max(...forth.map(Math.abs))).toBeGreaterThan(0.01)
})

it("asks one pair among many as it asks it alone, in the order of the input, more than fit into one run", async () => {
  const alone = (await Promise.all(sets.map((set) => scorers.relations([set], never)))).flat()
  const many = Array.from({ length: 300 }, (_, i) => sets[i % sets.length] as TokenSet)
  const answers = await scorers.relations(many, never)
  for (const [i, logits] of answers.entries()) expect([...logits]).toEqual([...(alone[i % sets.length] as Float32Array)].map(near))
  expect(await scorers.relations([], never)).toEqual([])
})

it("does not depend on the order of the tokens", async () => {
  const [set] = sets.slice(1) as [TokenSet]
  const rows = Array.from({ length: 36 }, (_, i) => [...set.values.subarray(i * FEATURES, (i + 1) * FEATURES)])
  const reversed = { features: FEATURES, values: Float32Array.from(rows.reverse().flat()) }
  const [forth, back] = await scorers.relations([set, reversed], never)
  expect([...(back as Float32Array)]).toEqual([...(forth as Float32Array)].map(near))
})

it("stops when told to, refuses tokens of another layout, and goes on", async () => {
  await expect(scorers.directions(sets, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough")
  await expect(scorers.directions([{ features: FEATURES, values: new Float32Array(5) }], never)).rejects.toThrow("token set")
  expect(await scorers.directions(sets.slice(0, 1), never)).toHaveLength(1)
})

it("names and directs the edges of the committed evidence as training did", async () => {
  const raw = gunzipSync(await readFile(new URL("../../training/evidence/fixtures.gz", import.meta.url)))
  const end = raw.indexOf("\n")
  const head = JSON.parse(raw.subarray(0, end).toString())
  expect([head.shared, head.own]).toEqual([SHARED, OWN])
  const values = Float32Array.from(new Int8Array(raw.subarray(end + 1)), (step) => step / head.steps)
  let start = 0
  const pairs = head.pairs.map(({ kind, tokens }: { kind: string; tokens: number }) => {
    const set = { features: FEATURES, values: values.subarray(start * FEATURES, (start + tokens) * FEATURES) }
    start += tokens
    return { kind, set }
  })
  const answers = ["finetune", "continued", "lora-merged"]
  const edges = pairs.filter(({ kind }: { kind: string }) => answers.includes(kind))
  const given = edges.map(({ set }: { set: TokenSet }) => set)
  const logits = await scorers.relations(given, never)
  const right = logits.filter((own, i) => own.indexOf(Math.max(...own.subarray(0, 5))) === answers.indexOf(edges[i].kind))
  expect(right.length).toBeGreaterThanOrEqual(0.9 * edges.length)
  const odds = await scorers.directions(given, never)
  expect(odds.filter((value) => value > 0).length).toBeGreaterThanOrEqual(0.8 * edges.length)
})
