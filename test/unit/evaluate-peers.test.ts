import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import { addCounts, type Counts } from "~src/tools/evaluation/counts"
import type { Outcome } from "~src/tools/evaluation/inspect"
import { judge } from "~src/tools/evaluation/judge"
import { type PeerResults, peerSections, readPeers } from "~src/tools/evaluation/peers"
import { readLargeModel } from "~src/tools/evaluation/seven-billion"
import type { TruthModel } from "~src/tools/evaluation/truth"

const RESULTS = fileURLToPath(new URL("../../training/peers/results.json", import.meta.url))

const model = (id: string, architecture: string, parents: TruthModel["parents"] = []): TruthModel => ({
  ...{ id, architecture, family: `${architecture} r`, parents, closed: [], sharedInitWith: [], card: "silent", extended: false },
  recipe: { op: parents.length === 0 ? "root" : "train" },
})
const MODELS = ["llama", "t5"].flatMap((name) => [
  model(`${name} r`, name),
  model(`${name} a`, name, [{ id: `${name} r`, relation: "finetune", share: 1 }]),
])
const outcome = ({ id, parents }: TruthModel): Outcome & { split: string } => ({
  ...{
    split: "zoo",
    id,
    time: true,
    verdict: parents.length === 0 ? "independent" : "undocumented",
    reason: "",
    compared: [],
    notCompared: [],
  },
  parents: parents.map((parent) => ({ id: parent.id, ghost: false, relation: parent.relation, probability: 0.9, share: parent.share })),
  ...{ weights: null, requests: 1, bytes: 2_000, weightBytes: 1_000, milliseconds: 500 },
})

/** What a method said of one edge: right, the other way round, or nothing. */
const counts = (said: "right" | "reversed" | "nothing"): Counts => ({
  ...{ models: 2, claims: said === "nothing" ? 0 : 1, right: said === "right" ? 1 : 0 },
  ...{ edges: 1, found: said === "right" ? 1 : 0, reversed: said === "reversed" ? 1 : 0 },
  relations: { finetune: { edges: 1, found: said === "right" ? 1 : 0, said: 0, saidOfFound: 0, right: 0 } },
  ...{ merges: { hits: 0, of: 0 }, shareErrors: { sum: 0, of: 0 }, falseEdges: { hits: 0, of: 0 } },
})
const row = (method: string, told: boolean, ...said: ("right" | "reversed" | "nothing")[]): PeerResults["rows"][number] => ({
  ...{ split: "zoo", method, name: method, mode: "with dates", told, bytesPerModel: 5_000, secondsPerModel: 0.25 },
  parts: ["llama", "t5"].map((architecture, i) => ({ architecture, extended: false, counts: counts(said[i] ?? "nothing") })),
})

it("sets every figure beside the published methods', unseen architectures apart", async () => {
  const outcomes = MODELS.map(outcome).filter(({ id }) => id !== "t5 a")
  const judged = judge({ name: "zoo", models: MODELS }, [
    ...outcomes,
    { ...outcome(MODELS[3] as TruthModel), parents: [], verdict: "unverified" },
  ])
  const peers: PeerResults = {
    schema: "pedigree/peers@2",
    bytesOf7B: {
      parameters: 6.7e9,
      methods: { bits: { bytesPerModel: 13e9, stretches: null }, atlas: { bytesPerModel: 1e6, stretches: 100 } },
    },
    rows: [
      row("bits", false, "reversed", "right"),
      row("atlas", false),
      row("mother-told", true, "right", "right"),
      row("control", false, "right", "right"),
    ],
  }
  const sections = await peerSections(judged, outcomes, peers)
  const rows = new Map(sections[1]?.rows?.map(([name, ...cells]) => [name, cells]))
  expect(rows.get("")).toEqual(["Pedigree", "bits", "atlas"])
  expect(rows.get("parent F1, zoo")).toEqual(["1.000 ✓", "0.000", "0.000"])
  expect(rows.get("parent F1, zoo, unseen")).toEqual(["0.000 ✗", "1.000", "0.000"])
  expect(rows.get("direction, zoo")).toEqual(["1.000 ✓", "0.000", "0.500"])
  expect(rows.get("seconds per model, zoo")).toEqual(["0.50", "0.25", "0.25"])
  const [, ours, bits, atlas] = sections.at(-1)?.rows ?? []
  expect(ours?.slice(0, 3)).toEqual(["Pedigree", "1", "1.0"])
  expect([bits?.[2], bits?.[4]]).toEqual(["13000.0", "whole tensors"])
  expect(atlas?.[4]).toBe("100")
})

it("reads what the published methods said of the same edges", () => {
  const { rows } = readPeers(RESULTS)
  for (const split of ["test", "test-more", "dev", "dev-more"]) {
    const sums = rows.filter((one) => one.split === split).map(({ parts }) => addCounts(parts.map((part) => part.counts)))
    expect(sums.length, split).toBe(14)
    expect(new Set(sums.map(({ models, edges, falseEdges }) => `${models} ${edges} ${falseEdges.of}`)).size, split).toBe(1)
  }
})

it("reads no more than its budget of seven billion parameters", async () => {
  const { bytes, ranges } = await readLargeModel()
  expect(bytes).toBeGreaterThan(900_000)
  expect(bytes).toBeLessThanOrEqual(1_048_576)
  expect(ranges).toBeLessThanOrEqual(40)
})
