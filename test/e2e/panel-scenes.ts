import type { PanelReply } from "~src/app/panel-requests"
import type { FromWorker } from "~src/app/protocol"
import type { AtlasReport, LineageReport } from "~src/app/report"
import type { Portrait } from "~src/lineage/portrait"
import { HOSTILE, parent, report } from "./scenes"

/** Reports with everything that the panel can draw and offer. */

/** Numbers in [0, 1), always the same (Lehmer's generator). */
function numbers(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 0x7fffffff
    return state / 0x7fffffff
  }
}

const ROLES = ["attn.q", "attn.k", "attn.v", "attn.out", "mlp.gate", "mlp.up", "mlp.down", "norm.attn", "norm.mlp", "embed", "head"]

/** A model of 24 layers whose attention moved more with depth; norms stayed as they were. */
function portrait(more: Partial<Portrait> = {}): Portrait {
  const next = numbers()
  const layers = [...Array.from({ length: 24 }, (_, i) => i), null]
  const update = (role: string, layer: number | null) => {
    const outside = role === "embed" || role === "head"
    if (outside !== (layer === null)) return null
    if (role.startsWith("norm")) return 0
    return Number(((role.startsWith("attn") ? 0.002 * 1.18 ** (layer ?? 0) : 0.004) * (0.7 + 0.6 * next())).toPrecision(3))
  }
  return {
    strip: { roles: ROLES, layers, updates: ROLES.flatMap((role) => layers.map((layer) => update(role, layer))) },
    rows: {
      tensor: "model.layers.23.self_attn.q_proj.weight",
      size: 16,
      cosines: Array.from({ length: 256 }, (_, at) => Math.round(at % 17 === 0 ? 95 + 4 * next() : 30 * (next() - 0.5))),
    },
    ...more,
  }
}

const spectrum: NonNullable<Portrait["spectrum"]> = {
  tensor: "model.layers.23.self_attn.q_proj.weight",
  values: [4.2, 3.6, 3.1, 2.9, ...Array.from({ length: 60 }, (_, i) => 0.4 * (1 - i / 60))],
  edge: 1.13,
}
const bell = (levels: boolean) =>
  Array.from({ length: 64 }, (_, i) =>
    levels && i % 4 !== 0 ? 0 : Math.round((levels ? 4 : 1) * 1000 * Math.exp(-(((i - 32) / 12) ** 2))),
  )
const packed: NonNullable<Portrait["packed"]> = {
  tensor: "blk.0.attn_q.weight",
  offsets: Array.from({ length: 48 }, (_, i) => (i > 11 && i < 36 ? 3000 : i === 11 || i === 36 ? 40 : 0)),
  from: -8.125,
  to: 7.875,
  child: bell(true),
  parent: bell(false),
}

const FILES = [
  { path: "model-00001-of-00002.safetensors", size: 9_976_000_000, oid: "b".repeat(64) },
  { path: "model-00002-of-00002.safetensors", size: 4_500_000_000, oid: null },
]
const MODEL = "acme/coder-7b"
const ids = ["acme/base-7b", "acme/root-7b", "acme/chat-7b", "other/coder-7b-int8", "other/coder-7b-fr"] as const

const KIN: AtlasReport = {
  schema: "pedigree/atlas@1",
  nodes: [
    { id: MODEL, family: 0, ghost: false, verdict: "undocumented", declared: [], license: "mit" },
    { id: ids[0], family: 0, ghost: false, verdict: "documented", declared: [], license: "cc-by-nc-4.0", access: "gated" },
    { id: ids[1], family: 0, ghost: false, verdict: "independent", declared: [], license: "llama3", access: "disabled" },
    ...ids.slice(2).map((id) => ({ id, family: 0, ghost: false, verdict: "documented" as const, declared: [], license: "mit" })),
  ],
  edges: [
    [ids[1], ids[0], "continued"] as const,
    [ids[0], MODEL, "finetune"] as const,
    [ids[0], ids[2], "lora-merged"] as const,
    [MODEL, ids[3], "quantized"] as const,
    [MODEL, ids[4], "finetune"] as const,
  ].map(([above, child, relation]) => ({ parent: above, child, relation, probability: 0.97, share: 1, declared: false })),
  cost: { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null },
}

const near = [
  { id: "acme/base-7b", update: 0.021 },
  { id: "other/coder-7b-int8", update: 0.004 },
  { id: "acme/chat-7b", update: 0.035 },
  { id: "acme/root-7b", update: 0.2 },
]
const final = (more: Partial<LineageReport>, family: AtlasReport = KIN): FromWorker[] => [
  { type: "report", report: report({ files: FILES, near, ...more }), family, stored: false, final: true },
]

const LONG = `${"9".repeat(10_000)}\u202e🦙\u0000<script>document.title='run'</script>`
/** A card whose names and texts are as bad as they come. */
const EVIL: AtlasReport = {
  ...KIN,
  nodes: [
    ...KIN.nodes.slice(1),
    { id: MODEL, family: 0, ghost: false, verdict: "undocumented", declared: [], license: LONG },
    { id: HOSTILE, family: 0, ghost: false, verdict: "unverified", declared: [], license: LONG },
  ],
  edges: [
    ...KIN.edges,
    { parent: HOSTILE, child: MODEL, relation: "finetune", probability: 0.9, share: 1, declared: false },
    { parent: MODEL, child: MODEL, relation: "copy", probability: 0.9, share: 1, declared: false },
    { parent: MODEL, child: HOSTILE, relation: "copy", probability: 0.9, share: 1, declared: false },
  ],
}

export const FULL_SCENES: Readonly<Record<string, readonly FromWorker[]>> = {
  full: final({ parents: [parent("acme/base-7b", { files: FILES, portrait: portrait({ spectrum }) })] }),
  lora: final({
    verdict: "documented",
    declared: [{ id: "acme/base-7b", relation: "finetune" }],
    parents: [parent("acme/base-7b", { relation: "lora-merged", portrait: portrait({ spectrum }) })],
  }),
  quantised: final({
    parents: [parent("acme/base-7b", { relation: "quantized", hubRelation: "quantized", portrait: portrait({ packed }) })],
  }),
  "read-through": final({
    verdict: "documented",
    declared: [{ id: "closed/base-7b", relation: "finetune" }],
    notCompared: [],
    parents: [
      parent("closed/base-7b", {
        revision: null,
        readThrough: { id: "mirror/base-7b", revision: "a".repeat(40), source: "card" },
        files: FILES,
        portrait: portrait(),
      }),
    ],
  }),
  "wrong-relation": final({
    verdict: "documented",
    declared: [{ id: "acme/base-7b", relation: "merge" }],
    parents: [parent("acme/base-7b")],
  }),
  "gated-parent": final({
    verdict: "unverified",
    parents: [],
    reason: "The declared parent closed/base-7b is gated.",
    declared: [{ id: "closed/base-7b", relation: null }],
    notCompared: [{ id: "closed/base-7b", reason: "It is gated.", code: "gated", license: "llama3" }],
  }),
  imputed: final(
    {},
    { ...KIN, nodes: KIN.nodes.map(({ license, ...rest }) => (rest.id === MODEL ? rest : { ...rest, license: "apache-2.0" })) },
  ),
  evil: final(
    {
      declared: [{ id: LONG, relation: LONG }],
      reason: LONG,
      files: [{ path: LONG, size: 1, oid: LONG }],
      near: [{ id: HOSTILE, update: 0.1 }],
      notCompared: [{ id: LONG, reason: LONG, license: LONG }],
      parents: [
        parent("acme/base-7b", {
          evidence: [{ kind: "x", value: null, says: "for", text: LONG }],
          files: [{ path: "../../x", size: 1, oid: null }],
        }),
      ],
    },
    EVIL,
  ),
}

const DRAFT = {
  model: MODEL,
  revision: "0123456789abcdef0123456789abcdef01234567",
  diff: [
    { kind: "same", text: "license: mit # as before" },
    { kind: "old", text: "base_model: other/base-7b" },
    { kind: "new", text: "base_model: acme/base-7b" },
    { kind: "new", text: "base_model_relation: finetune" },
    { kind: "gap", text: "" },
  ],
  frontMatter: "license: mit # as before\nbase_model: acme/base-7b\nbase_model_relation: finetune\n",
  card: `---\nlicense: mit # as before\nbase_model: acme/base-7b\nbase_model_relation: finetune\n---\n# coder <img src=x onerror="document.title='run'">\n${"Words. ".repeat(400)}`,
  title: "Name acme/base-7b as base model in the card's metadata",
  description: "By its weights at commit 01234567, this model is:\n\n- made from `acme/base-7b` (probability 99.4 %)",
  digest: "c".repeat(64),
} as const

export const REPLIES: readonly PanelReply[] = [
  { type: "claim", json: '{"schema":"pedigree/claim@1"}\n' },
  { type: "known", near: [{ id: "acme/visited-7b", update: 0.06 }] },
  { type: "repair", repair: DRAFT, sends: true },
  { type: "proposed", url: `https://huggingface.co/${MODEL}/discussions/7` },
]
