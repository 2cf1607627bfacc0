import { describe, expect, it } from "vitest"
import { calibrate } from "~src/tools/evaluation/calibration"
import { containerSummary, containerTables } from "~src/tools/evaluation/container-tables"
import { judgeContainers } from "~src/tools/evaluation/containers"
import type { Outcome } from "~src/tools/evaluation/inspect"
import { score } from "~src/tools/evaluation/score"
import { expectedStorage, saysStorage } from "~src/tools/evaluation/storage"
import { type ContainerTruthModel, expectedVerdict, sample, type TruthModel } from "~src/tools/evaluation/truth"

const model = (id: string, family: string, parents: TruthModel["parents"] = [], more: Partial<TruthModel> = {}): TruthModel => ({
  ...{ id, architecture: "llama", family, parents, sharedInitWith: [], card: "silent", extended: false },
  ...more,
})
const from = (id: string, relation: TruthModel["parents"][number]["relation"] = "finetune", share = 1) => ({ id, relation, share })
const says = (id: string, verdict: Outcome["verdict"], parents: Outcome["parents"] = [], compared: Outcome["compared"] = []): Outcome => ({
  ...{
    id,
    time: true,
    verdict,
    reason: "",
    parents,
    compared,
    notCompared: [],
    weights: null,
    requests: 1,
    bytes: 1,
    weightBytes: 1,
    milliseconds: 1,
  },
})
const claim = (id: string, relation = "finetune", share = 1, probability = 0.9) => ({ id, relation, probability, share })

/** Root r with copy k, fine-tunes a and b, merge m of both; stranger s; x begun from r's seed. */
const TRUTH = [
  model("r", "r", [], { sharedInitWith: ["x"] }),
  model("k", "r", [from("r", "copy")]),
  model("a", "r", [from("r")], { card: "right" }),
  model("b", "r", [from("r")], { card: "wrong" }),
  model("m", "r", [from("a", "merge", 0.6), from("b", "merge", 0.4)], { extended: true }),
  model("s", "s"),
  model("x", "x", [], { sharedInitWith: ["r"] }),
]
const PERFECT = [
  says("r", "independent"),
  says("k", "undocumented", [claim("r", "copy")]),
  says("a", "documented", [claim("r")]),
  says("b", "contradicted", [claim("r")]),
  says("m", "undocumented", [claim("a", "merge", 0.6), claim("b", "merge", 0.4)]),
  says("s", "independent"),
  says("x", "independent"),
]
const instead = (...outcomes: Outcome[]) => PERFECT.map((old) => outcomes.find(({ id }) => id === old.id) ?? old)
const all = () => true

describe("score", () => {
  it("gives full marks to the truth", () => {
    const perfect = score(TRUTH, PERFECT, all)
    expect(perfect.f1).toBe(1)
    for (const name of ["precision", "recall", "skeleton", "direction", "relation", "verdict", "flags", "merges"] as const)
      expect(perfect[name].hits, name).toBe(perfect[name].of)
    expect(perfect.recall.of).toBe(5)
    expect(perfect).toMatchObject({ models: 7, abstained: 0, failed: 0, twins: 0, sharedSeeds: 0, shareError: 0 })
    // s against the other six; x shares r's seed, so it is no stranger to r's family.
    expect(perfect.falseEdges).toEqual({ hits: 0, of: 6 })
  })

  it("counts a reversed edge as found but wrong", () => {
    const reversed = score(TRUTH, instead(says("r", "undocumented", [claim("a")]), says("a", "independent")), all)
    expect(reversed.recall).toEqual({ hits: 4, of: 5 })
    expect(reversed.precision).toEqual({ hits: 4, of: 5 })
    expect(reversed.skeleton).toEqual({ hits: 5, of: 5 })
    expect(reversed.direction).toEqual({ hits: 4, of: 5 })
    expect(reversed.verdictConfusions).toEqual([
      ["documented > independent", 1],
      ["independent > undocumented", 1],
    ])
  })

  it("counts a copy of the parent as wrong, apart", () => {
    const twin = score(TRUTH, instead(says("a", "documented", [claim("k")])), all)
    expect(twin).toMatchObject({ twins: 1, precision: { hits: 4, of: 5 }, recall: { hits: 4, of: 5 } })
  })

  it("tells a false edge from a shared seed", () => {
    const wrong = score(TRUTH, instead(says("s", "undocumented", [claim("a")]), says("x", "undocumented", [claim("r")])), all)
    expect(wrong).toMatchObject({ falseEdges: { hits: 1, of: 6 }, sharedSeeds: 1, flags: { hits: 3, of: 5 } })
  })

  it("counts half a merge as not found and averages its shares' errors", () => {
    const half = score(TRUTH, instead(says("m", "undocumented", [claim("a", "finetune", 0.9)])), all)
    expect(half.merges).toEqual({ hits: 0, of: 1 })
    expect(half.shareError).toBeCloseTo(0.3)
    expect(half.relationConfusions).toEqual([["merge > finetune", 1]])
  })

  it("leaves extended models and models not asked about out", () => {
    expect(score(TRUTH, PERFECT, ({ extended }) => !extended).recall.of).toBe(3)
    expect(score(TRUTH, PERFECT.slice(0, 2), all)).toMatchObject({ models: 2, recall: { hits: 1, of: 1 }, falseEdges: { of: 2 } })
  })

  it("counts abstentions, failures, parents met and strangers taken for relatives", () => {
    const met = [
      { id: "r", related: 0.99 },
      { id: "s", related: 0.7 },
    ]
    const some = score(TRUTH, instead(says("a", "unverified", [], met), says("b", null)), all)
    expect(some).toMatchObject({ abstained: 1, failed: 1, reached: { hits: 1, of: 5 }, strangers: { hits: 1, of: 1 } })
    expect(some.f1).toBeCloseTo(6 / 8)
  })
})

it("measures calibration by bins", () => {
  const claims = [...Array(9).fill({ probability: 0.9, right: true }), { probability: 0.9, right: false }, { probability: 1, right: true }]
  const { bins, error } = calibrate(claims)
  expect(bins.map((bin) => bin.claims)).toEqual([0, 0, 0, 10, 1])
  expect(error).toBeCloseTo(0)
  expect(calibrate([{ probability: 0.65, right: false }]).error).toBeCloseTo(0.65)
  expect(calibrate([]).error).toBeNull()
})

it("derives verdicts from truth and card", () => {
  expect(TRUTH.map(expectedVerdict)).toEqual(PERFECT.map(({ verdict }) => verdict))
  expect(expectedVerdict(model("w", "w", [], { card: "wrong" }))).toBe("contradicted")
})

it("samples evenly and nothing twice", () => {
  const list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  expect(sample(list, 3)).toEqual([0, 7, 4])
  for (let n = 0; n <= 10; n++) expect(sample(list.slice(0, n), 20).sort()).toEqual(list.slice(0, n))
})

type Container = ContainerTruthModel["container"]
const stored = (format: Container["format"], scheme: string, bits: number | null = null, types: string[] | null = null) => ({
  container: { format, scheme, bits },
  recipe: { types, dtype: "float32" },
})

describe("containers", () => {
  it("expects the engine's words for the tools' schemes", () => {
    const expected = (...given: Parameters<typeof stored>) => expectedStorage({ ...model("q", "r"), ...stored(...given) })
    expect(expected("gguf", "Q4_K_M", 4.5, ["F32", "Q4_K", "Q6_K"])).toMatchObject({ format: "gguf", scheme: "Q4_K", bits: 4 })
    // Rows of 64 take other blocks than the file's name says.
    expect(expected("gguf", "Q4_K_M", 4.5, ["F32", "Q5_0", "Q8_0"])).toMatchObject({ scheme: "Q5_0", bits: 5 })
    expect(expected("gguf", "MXFP4", 4.25, ["F32", "MXFP4"])).toMatchObject({ scheme: "MXFP4", bits: 4 })
    expect(expected("gguf", "F16", 16)).toMatchObject({ scheme: null, bits: null })
    expect(expected("safetensors", "FP8 E4M3", 8)).toMatchObject({ format: "safetensors", scheme: "FP8", bits: 8 })
    expect(expected("peft", "saved")).toMatchObject({ format: "adapter", text: "LoRA adapter" })

    const float = { format: "gguf", scheme: null, bits: null } as const
    const bfloat = { ...float, text: "GGUF, bfloat16" }
    expect(saysStorage(expected("gguf", "F16", 16), { ...float, text: "GGUF, float16" })).toBe(true)
    expect(saysStorage(expected("gguf", "F16", 16), bfloat)).toBe(false)
    expect(saysStorage(expected("gguf", "Q4_0", 4.5), bfloat)).toBe(false)
    expect(saysStorage(expected("gguf", "F16", 16), null)).toBe(false)
  })

  const q = { ...model("q", "r", [from("a", "quantized")], { card: "right" }), ...stored("gguf", "Q4_0", 4.5, ["Q4_0"]) }
  const p = { ...model("p", "r", [from("r", "precision")]), ...stored("torch", "zip") }
  const again = { ...model("again", "r", [from("p", "copy")]), ...stored("torch", "zip") }
  const packed = { format: "gguf", scheme: "Q4_0", bits: 4, text: "GGUF, 4-bit Q4_0 in groups of 32" } as const
  const pickled = { format: "torch", scheme: null, bits: null, text: "PyTorch pickle (read, not run), float32" } as const
  const answer = (outcome: Outcome, weights: Outcome["weights"]) => {
    const [one] = judgeContainers(TRUTH, [q, p, again], [{ ...outcome, weights }])
    if (!one) throw new Error("not judged")
    return one
  }

  it("gives full marks to the truth", () => {
    const right = answer(says("q", "documented", [claim("a", "quantized")]), packed)
    expect(right).toMatchObject({
      parent: true,
      parentOrTwin: true,
      relationRight: true,
      storageRight: true,
      verdictRight: true,
      wrong: [],
    })
  })

  it("names what was said instead, and whether the parent had been met", () => {
    const wrong = answer(says("q", "undocumented", [claim("r", "finetune")], [{ id: "r", related: 0.9 }]), pickled)
    expect(wrong).toMatchObject({ parent: false, parentOrTwin: false, relationRight: false, storageRight: false, verdictRight: false })
    expect(wrong.wrong).toEqual([
      "r (ancestor) for a, which was not among the candidates",
      "finetune for quantized",
      '"PyTorch pickle (read, not run), float32" for gguf Q4_0',
      "undocumented for documented",
    ])
    expect(answer(says("q", "unverified", [], [{ id: "a", related: 0.9 }]), packed)).toMatchObject({
      abstained: true,
      relationRight: false,
    })
    const unread = { ...says("q", "documented", [claim("b")]), notCompared: [{ id: "a", reason: "It is gated." }] }
    expect(answer(unread, packed).wrong).toContain("b (relative) for a, not compared: It is gated.")
  })

  it("counts equal weights under another name apart, unless they come from the model itself", () => {
    expect(answer(says("p", "undocumented", [claim("k", "copy")]), pickled)).toMatchObject({
      parent: false,
      parentOrTwin: true,
      relationRight: true,
    })
    expect(answer(says("again", "undocumented", [claim("r", "precision")]), pickled)).toMatchObject({ parent: false, parentOrTwin: true })
    expect(answer(says("p", "undocumented", [claim("again", "copy")]), pickled)).toMatchObject({
      parentOrTwin: false,
      relationRight: false,
    })
    expect(answer(says("p", "undocumented", [claim("r", "copy")]), pickled)).toMatchObject({ parent: true, relationRight: false })
  })

  it("counts by kind and scheme; an abstention or a failure counts against everything", () => {
    const outcomes = [
      { ...says("q", "documented", [claim("a", "quantized")]), weights: packed },
      { ...says("p", "unverified"), weights: pickled },
      says("again", null),
    ]
    const answers = judgeContainers(TRUTH, [q, p, again], outcomes)
    expect(containerSummary(answers).rows.slice(1)).toEqual([
      ["quantised", "1", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "0"],
      ["of these 4-bit schemes and smaller", "1", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "0"],
      ["quantised and adapters", "1", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "0"],
      ["conversions and copies", "2", "0.000", "0.000", "0.000", "-", "0.500", "0.000", "1"],
      ["total", "3", "0.333", "0.333", "0.333", "1.000", "0.667", "0.333", "1"],
    ])
    const tables = containerTables(answers)
    expect(tables.map(({ rows }) => rows.length)).toEqual([6, 3, 3])
    expect(tables[1]?.rows.map(([name]) => name)).toEqual(["", "gguf Q4_0", "torch zip"])
  })
})
