import { describe, expect, it } from "vitest"
import { abstentionCurve, operatingAt } from "~src/tools/evaluation/abstention"
import { summarySection } from "~src/tools/evaluation/aims"
import { calibrate } from "~src/tools/evaluation/calibration"
import { drawChart } from "~src/tools/evaluation/chart"
import { containerSections, containerSummary } from "~src/tools/evaluation/container-tables"
import { judgeContainers } from "~src/tools/evaluation/containers"
import {
  addCounts,
  direction,
  directionOfFound,
  macroF1,
  ofFound,
  parentF1,
  relationAccuracy,
  shareError,
  wholeEdge,
} from "~src/tools/evaluation/counts"
import type { Outcome } from "~src/tools/evaluation/inspect"
import { judge } from "~src/tools/evaluation/judge"
import { score } from "~src/tools/evaluation/score"
import { expectedStorage, saysStorage } from "~src/tools/evaluation/storage"
import { type ContainerTruthModel, expectedVerdict, sample, type TruthModel } from "~src/tools/evaluation/truth"

const model = (id: string, family: string, parents: TruthModel["parents"] = [], more: Partial<TruthModel> = {}): TruthModel => ({
  ...{
    id,
    architecture: "llama",
    family,
    parents,
    closed: [],
    sharedInitWith: [],
    card: "silent",
    extended: false,
    recipe: { op: "train" },
  },
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
const claim = (id: string, relation = "finetune", share = 1, probability = 0.9) => ({ id, ghost: false, relation, probability, share })

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
const judged = (outcomes: readonly Outcome[], models: readonly TruthModel[] = TRUTH) => judge({ name: "test", models }, outcomes)
const scored = (...outcomes: Outcome[]) => score(judged(instead(...outcomes)))

describe("judging and scoring", () => {
  it("gives full marks to the truth", () => {
    const perfect = score(judged(PERFECT))
    for (const rate of [parentF1, direction, directionOfFound, relationAccuracy]) expect(rate(perfect), rate.name).toBe(1)
    for (const kind of [wholeEdge, ofFound]) expect(macroF1(perfect, kind)).toBe(1)
    for (const name of ["verdict", "flags", "merges"] as const) expect(perfect[name].hits, name).toBe(perfect[name].of)
    expect(perfect).toMatchObject({ models: 7, edges: 5, abstained: 0, failed: 0, twins: 0, sharedSeeds: 0 })
    expect(shareError(perfect)).toBe(0)
    // s against the other six; x shares r's seed, so it is no stranger to r's family.
    expect(perfect.falseEdges).toEqual({ hits: 0, of: 6 })
  })

  it("counts a reversed edge as wrong and one left open as half", () => {
    const reversed = scored(says("r", "undocumented", [claim("a")]), says("a", "independent"))
    expect(reversed).toMatchObject({ claims: 5, right: 4, edges: 5, found: 4, reversed: 1 })
    expect([direction(reversed), directionOfFound(reversed)]).toEqual([0.8, 0.8])
    const open = scored(says("a", "unverified"))
    expect([direction(open), directionOfFound(open)]).toEqual([0.9, 1])
  })

  it("counts a copy of the parent as wrong, apart", () => {
    expect(scored(says("a", "documented", [claim("k")]))).toMatchObject({ twins: 1, right: 4, claims: 5, found: 4 })
  })

  it("tells a false edge from a shared seed", () => {
    const wrong = scored(says("s", "undocumented", [claim("a")]), says("x", "undocumented", [claim("r")]))
    expect(wrong).toMatchObject({ falseEdges: { hits: 1, of: 6 }, sharedSeeds: 1, flags: { hits: 3, of: 5 } })
  })

  it("counts half a merge as not found, averages its shares' errors, and sees the relation confused", () => {
    const half = scored(says("m", "undocumented", [claim("a", "finetune", 0.9)]))
    expect(half.merges).toEqual({ hits: 0, of: 1 })
    expect(shareError(half)).toBeCloseTo(0.3)
    expect(half.relations.merge).toEqual({ edges: 2, found: 1, said: 0, saidOfFound: 0, right: 0 })
    expect(half.relations.finetune).toEqual({ edges: 2, found: 2, said: 3, saidOfFound: 3, right: 2 })
    // copy 1, finetune 2 of 3 said and 2 of 2 true, merge nothing.
    expect(macroF1(half, wholeEdge)).toBeCloseTo((1 + 4 / 5 + 0) / 3)
    expect(relationAccuracy(half)).toBeCloseTo(3 / 4)
  })

  it("takes an unseen parent for an edge only where it is false", () => {
    const truth = TRUTH.map((one) => (one.id === "a" ? { ...one, parents: [], closed: ["h"] } : one))
    const ghost = (id: string) => ({ ...claim(id), ghost: true })
    const said = (...parents: Outcome["parents"]) => score(judged(instead(says("a", "documented", parents)), truth))
    expect(said(ghost("h"))).toMatchObject({ claims: 4, right: 4, edges: 4, ghosts: { hits: 1, of: 1 }, falseEdges: { hits: 0 } })
    expect(said(ghost("ghost:1"))).toMatchObject({ claims: 4, ghosts: { hits: 1, of: 1 } })
    expect(scored(says("s", "undocumented", [ghost("ghost:1")]))).toMatchObject({
      claims: 6,
      ghosts: { hits: 0, of: 1 },
      falseEdges: { hits: 0 },
    })
  })

  it("leaves models not asked about out, and adds up", () => {
    expect(score(judged(PERFECT.slice(0, 2)))).toMatchObject({ models: 2, edges: 1, falseEdges: { of: 1 } })
    const all = judged(PERFECT)
    const [basic, extended] = [false, true].map((kind) => score(all.filter(({ model }) => model.extended === kind)))
    expect([basic?.edges, extended?.edges]).toEqual([3, 2])
    expect(addCounts(all.map(({ counts }) => counts))).toEqual(addCounts([basic, extended].flatMap((one) => one ?? [])))
  })

  it("counts abstentions, failures, parents met and strangers taken for relatives", () => {
    const met = [
      { id: "r", related: 0.99 },
      { id: "s", related: 0.7 },
    ]
    const some = scored(says("a", "unverified", [], met), says("b", null))
    expect(some).toMatchObject({ abstained: 1, failed: 1, reached: { hits: 1, of: 5 }, strangers: { hits: 1, of: 1 } })
    expect(parentF1(some)).toBeCloseTo(6 / 8)
  })

  it("holds figures against their aims, unseen architectures apart", () => {
    const { rows = [] } = summarySection(judged([...PERFECT, says("s", "independent")]))
    expect(rows[0]).toEqual(["", "aim", "seen, with dates"])
    expect(rows[1]).toEqual(["parent F1", "≥ 0.98 / 0.93", "1.000 ✓"])
    const strange = TRUTH.map((one) => ({ ...one, architecture: "t5" }))
    expect(summarySection(judged(instead(says("a", "independent")), strange)).rows?.[1]).toEqual(["parent F1", "≥ 0.98 / 0.93", "0.889 ✗"])
  })
})

describe("probabilities", () => {
  const [right, wrong] = [
    { probability: 0.9, truth: "finetune" },
    { probability: 0.9, truth: null },
  ]

  it("measures calibration by bins", () => {
    const { bins, error } = calibrate([
      ...Array(8).fill(right),
      wrong,
      { probability: 1, truth: "copy" },
      { probability: 0.5, truth: null },
    ])
    expect(bins.map(({ from, claims }) => [from, claims])).toEqual([
      [0.5, 1],
      [0.9, 10],
    ])
    // One claim off by 0.5, ten by 0.91 - 0.9.
    expect(error).toBeCloseTo((0.5 + 10 * 0.01) / 11)
    expect(bins[1]?.low).toBeLessThan(0.9)
    expect(bins[1]?.high).toBeGreaterThan(0.9)
    expect(calibrate([]).error).toBeNull()
  })

  it("follows error down as more is left unsaid", () => {
    const some = judged(
      instead(says("k", "undocumented", [claim("r", "copy", 1, 0.99)]), says("s", "undocumented", [claim("a", "finetune", 1, 0.6)])),
    )
    expect(operatingAt(some, 0)).toEqual({ bar: 0, abstained: 0, error: 1 / 6, claims: 6 })
    expect(operatingAt(some, 0.95)).toEqual({ bar: 0.95, abstained: 0.75, error: 0, claims: 1 })
    expect(abstentionCurve(some).map(({ bar }) => bar)).toEqual([0, 0.6, 0.9, 0.99])
  })

  it("draws what it is given, on paper of either theme", () => {
    const axis = { label: "a < b", from: 0, to: 1, say: String }
    const series = [{ name: "one", points: [{ x: 0.5, y: 0.5, low: 0.25, high: 0.75 }] }]
    const points = drawChart({ title: "A picture", x: axis, y: axis, series, marks: "points", diagonal: true })
    expect(points).toContain("<title>A picture</title>")
    expect(points).toContain("a &lt; b")
    expect(points).toContain("prefers-color-scheme: dark")
    expect(points.match(/<circle/g)).toHaveLength(1)
    expect(drawChart({ title: "", x: axis, y: axis, series, marks: "line" })).not.toContain("<circle")
  })
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
const stored = (format: Container["format"], scheme: string, bits: number | null = null, matrices?: Record<string, number>) => ({
  container: { format, scheme, bits },
  recipe: { op: "container", dtype: "float32", ...(matrices ? { matrices } : {}) },
})

describe("containers", () => {
  it("expects the engine's words for the tools' schemes", () => {
    const expected = (...given: Parameters<typeof stored>) => expectedStorage({ ...model("q", "r"), ...stored(...given) })
    expect(expected("gguf", "Q4_K_M", 4.5, { Q4_K: 9, Q6_K: 5 })).toMatchObject([{ format: "gguf", scheme: "Q4_K", bits: 4 }])
    // A mixture is what most of its matrices are, whatever the file's name says; of two as common either will do.
    expect(expected("gguf", "Q5_K_M", 5.5, { Q5_1: 11, Q8_0: 5 })).toMatchObject([{ scheme: "Q5_1", bits: 5 }])
    expect(expected("gguf", "Q4_K_M", 4.5, { Q4_K: 7, Q6_K: 7 })).toMatchObject([{ scheme: "Q4_K" }, { scheme: "Q6_K" }])
    expect(expected("gguf", "MXFP4", 4.25, { MXFP4: 14 })).toMatchObject([{ scheme: "MXFP4", bits: 4 }])
    expect(expected("gguf", "F16", 16, { F16: 14, F32: 1 })).toMatchObject([{ scheme: null, bits: null }])
    expect(expected("safetensors", "FP8 E4M3", 8)).toMatchObject([{ format: "safetensors", scheme: "FP8", bits: 8 }])
    expect(expected("peft", "saved")).toMatchObject([{ format: "adapter", text: "LoRA adapter" }])

    const float = { format: "gguf", scheme: null, bits: null } as const
    const bfloat = { ...float, text: "GGUF, bfloat16" }
    const half = expected("gguf", "F16", 16, { F16: 14 })
    expect(saysStorage(half, { ...float, text: "GGUF, float16" })).toBe(true)
    expect(saysStorage(half, bfloat)).toBe(false)
    expect(saysStorage(expected("gguf", "Q4_0", 4.5, { Q4_0: 14 }), bfloat)).toBe(false)
    expect(saysStorage(half, null)).toBe(false)
  })

  const q = { ...model("q", "r", [from("a", "quantized")], { card: "right" }), ...stored("gguf", "Q4_0", 4.5, { Q4_0: 14 }) }
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
    expect(containerSummary(answers).rows?.slice(1)).toEqual([
      ["quantised", "1", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "0"],
      ["of these 4-bit schemes and smaller", "1", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "0"],
      ["quantised and adapters", "1", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "0"],
      ["conversions and copies", "2", "0.000", "0.000", "0.000", "-", "0.500", "0.000", "1"],
      ["total", "3", "0.333", "0.333", "0.333", "1.000", "0.667", "0.333", "1"],
    ])
    const sections = containerSections(answers, ["zoo/test-containers"])
    // The text, then by kind, by scheme and what was wrong, with dates and without; nothing was asked without.
    expect(sections.map(({ rows }) => rows?.length)).toEqual([undefined, 6, 3, 3, 1, 1, 1])
    expect(sections[2]?.rows?.map(([name]) => name)).toEqual(["", "gguf Q4_0", "torch zip"])
  })
})
