import type { FromWorker } from "~src/app/protocol"
import type { AtlasReport, LineageReport, Parent } from "~src/app/report"
import type { ErrorCode } from "~src/core/errors"

/** Protocol messages of every kind, as the worker sends them. */

const evidence = [
  { kind: "row-match", value: 1, p: 1e-80, says: "for", text: "All 16 sampled rows of 6 tensors match the same rows of the parent." },
  { kind: "delta", value: 0.02, says: "for", text: "The weights differ by 2 % of their size, as after a short training." },
  { kind: "config", value: null, says: "neutral", text: "config.json names no source." },
  { kind: "bits", value: 0.4, says: "against", text: "No tensor is equal byte for byte." },
] as const

export const parent = (id: string, more: Partial<Parent> = {}): Parent => ({
  id,
  revision: "a".repeat(40),
  ghost: false,
  relation: "finetune",
  hubRelation: "finetune",
  probability: 0.994,
  share: 1,
  direction: { probability: 0.97, basis: ["time", "weights"] },
  evidence,
  ...more,
})

export const report = (more: Partial<LineageReport>): LineageReport => ({
  schema: "pedigree/lineage@1",
  engine: "1",
  model: "acme/coder-7b",
  revision: "0123456789abcdef0123456789abcdef01234567",
  verdict: "undocumented",
  reason: "All sampled rows match acme/base-7b, and the card names no base model.",
  declared: [],
  parents: [parent("acme/base-7b")],
  sharedInit: [],
  compared: [
    { id: "acme/base-7b", related: 0.9999 },
    { id: "other/base-7b", related: 0.0003 },
  ],
  weights: {
    format: "gguf",
    scheme: "Q4_K",
    bits: 4,
    group: 32,
    text: "GGUF, 4-bit Q4_K in groups of 32",
    notes: [["Quantised by", "a <b>person</b>"]],
  },
  notCompared: [{ id: "closed/base-7b", reason: "It is gated." }],
  control: { kind: "control", value: 0.01, says: "neutral", text: "other/base-7b, of the same shape, matches in 0 of 96 rows." },
  cost: { requests: 41, bytes: 812_000, weightBytes: 790_528, milliseconds: 1830, provider: "wasm" },
  ...more,
})

const final = (more: Partial<LineageReport>, stored = false): FromWorker => ({ type: "report", report: report(more), stored, final: true })
const failed = (code: ErrorCode, message: string, advice: string, retryAt?: number): FromWorker => ({
  type: "failed",
  failure: { code, message, advice, ...(retryAt === undefined ? {} : { retryAt }) },
})

export const HOSTILE = `evil/<img src=x onerror="document.title='run'">\u202egnp.exe${"x".repeat(300)}`

export const SCENES: Readonly<Record<string, readonly FromWorker[]>> = {
  progress: [{ type: "progress", progress: { step: "compare", done: 3, total: 8, requests: 24, bytes: 402_112 } }],
  undocumented: [final({})],
  documented: [
    final({ verdict: "documented", declared: [{ id: "acme/base-7b", relation: "finetune" }], reason: "Card and weights agree." }, true),
  ],
  contradicted: [
    final({
      verdict: "contradicted",
      declared: [{ id: "other/base-7b", relation: "finetune" }],
      reason: "The weights do not match other/base-7b; they match acme/base-7b.",
    }),
  ],
  independent: [final({ verdict: "independent", parents: [], reason: "None of the two models compared shares weights with it." })],
  unverified: [
    final({
      verdict: "unverified",
      parents: [],
      reason: "The declared parent closed/base-7b is gated.",
      declared: [{ id: "closed/base-7b", relation: null }],
    }),
  ],
  merge: [
    final({
      reason: "The weights are a mix of two models.",
      declared: [{ id: "acme/base-7b", relation: "merge" }],
      verdict: "documented",
      parents: [
        parent("acme/base-7b", { relation: "merge", hubRelation: "merge", share: 0.6 }),
        parent("ghost:1", {
          relation: "merge",
          hubRelation: "merge",
          share: 0.4,
          ghost: true,
          namedBy: ["acme/sibling"],
          direction: { probability: 0.8, basis: ["geometry"] },
        }),
      ],
    }),
  ],
  refreshing: [
    { type: "report", report: report({}), stored: true, final: false },
    { type: "progress", progress: { step: "record", done: 0, total: 1, requests: 0, bytes: 0 } },
  ],
  hostile: [final({ declared: [{ id: HOSTILE, relation: "<b>bold</b>" }], parents: [parent(HOSTILE, { ghost: false })], reason: HOSTILE })],
  gated: [failed("gated", "The weights of acme/coder-7b are gated.", "Ask for access on its page, then try again.")],
  offline: [failed("offline", "huggingface.co cannot be reached.", "Check the connection, then try again.")],
  "rate-limited": [failed("rate-limited", "Hugging Face asks to wait.", "It goes on when the time is over.", Date.now() + 90_000)],
  asleep: [{ type: "unread" }],
  cancelled: [failed("aborted", "The inspection was cancelled.", "Start it again when you like.")],
  ...Object.fromEntries(
    (
      [
        "bad-arguments",
        "bad-response",
        "disabled",
        "malformed",
        "no-such-file",
        "not-a-range",
        "not-found",
        "quota",
        "unsupported",
      ] as const
    ).map((code) => [`failed-${code}`, [failed(code, `What happened in the case ${code}, in one sentence.`, "What to do about it.")]]),
  ),
  "no-weights": [failed("no-weights", "acme/coder-7b has no safetensors file.", "Ask its author for one.")],
}

const node = (id: string, more: Partial<AtlasReport["nodes"][number]> = {}) => ({
  id,
  family: 0,
  ghost: false,
  verdict: "documented" as const,
  declared: [],
  ...more,
})
const edge = (parent: string, child: string, more: Partial<AtlasReport["edges"][number]> = {}) => ({
  parent,
  child,
  relation: "finetune" as const,
  probability: 0.99,
  share: 1,
  declared: true,
  ...more,
})

export const FAMILY: AtlasReport = {
  schema: "pedigree/atlas@1",
  nodes: [
    node("acme/base-7b", { verdict: "independent" }),
    node("acme/coder-7b", { verdict: "undocumented" }),
    node("acme/chat-7b"),
    node("other/coder-7b-int8"),
    node("other/mixed-7b", { verdict: "contradicted" }),
    node("ghost:1", { ghost: true, verdict: "unverified" }),
    node("someone-with-a-long-name/a-model-with-a-very-long-name-indeed-7b"),
  ],
  edges: [
    edge("acme/base-7b", "acme/coder-7b", { declared: false }),
    edge("acme/base-7b", "acme/chat-7b", { relation: "lora-merged" }),
    edge("acme/coder-7b", "other/coder-7b-int8", { relation: "precision" }),
    edge("acme/chat-7b", "other/mixed-7b", { relation: "merge", share: 0.6 }),
    edge("ghost:1", "other/mixed-7b", { relation: "merge", share: 0.4, declared: false }),
    edge("acme/base-7b", "someone-with-a-long-name/a-model-with-a-very-long-name-indeed-7b", { relation: "copy", declared: false }),
  ],
  cost: { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null },
}
