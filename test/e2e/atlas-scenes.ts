import type { AtlasEdge, AtlasNode, AtlasReport } from "~src/app/report"
import { RELATIONS } from "~src/core/words"

/** Families for the drawing: made by rule, so that every run draws the same. */

const cost = { requests: 0, bytes: 0, weightBytes: 0, milliseconds: 0, provider: null }
export const node = (id: string, more: Partial<AtlasNode> = {}): AtlasNode => ({
  id,
  family: 0,
  ghost: false,
  verdict: "documented",
  declared: [],
  ...more,
})
export const edge = (parent: string, child: string, more: Partial<AtlasEdge> = {}): AtlasEdge => ({
  parent,
  child,
  relation: "finetune",
  probability: 0.99,
  share: 1,
  declared: true,
  ...more,
})
export const atlasOf = (nodes: readonly AtlasNode[], edges: readonly AtlasEdge[]): AtlasReport => ({
  schema: "pedigree/atlas@1",
  nodes,
  edges,
  cost,
})
const sha = (digit: string) => digit.repeat(40)

/** Every kind of mark, line and frame; facts for every colouring; a fan that is drawn as a group. */
export const RICH = atlasOf(
  [
    node("acme/base-7b", {
      verdict: "independent",
      createdAt: "2023-05-02T10:00:00.000Z",
      license: "apache-2.0",
      task: "text-generation",
      downloads: 4_200_000,
      revision: sha("1"),
    }),
    node("acme/chat-7b", {
      createdAt: "2023-09-14T10:00:00.000Z",
      license: "apache-2.0",
      task: "text-generation",
      downloads: 310_000,
      declared: [{ id: "acme/base-7b", relation: "finetune" }],
      revision: sha("2"),
    }),
    node("acme/coder-7b", {
      verdict: "undocumented",
      createdAt: "2023-11-30T10:00:00.000Z",
      license: "mit",
      task: "text-generation",
      downloads: 51_000,
      revision: sha("3"),
    }),
    node("closed/vision-7b", {
      createdAt: "2024-02-10T10:00:00.000Z",
      license: "llama2",
      task: "image-text-to-text",
      downloads: 800,
      access: "gated",
    }),
    node("other/mixed-7b", {
      verdict: "contradicted",
      createdAt: "2024-03-01T10:00:00.000Z",
      license: "cc-by-nc-4.0",
      downloads: 12,
      declared: [
        { id: "acme/coder-7b", relation: "merge" },
        { id: "other/mixed-7b", relation: null },
      ],
    }),
    node("ghost:1", { ghost: true, verdict: "unverified" }),
    node("someone-with-a-long-name/a-model-with-a-very-long-name-indeed-7b", { createdAt: "2024-06-20T10:00:00.000Z", license: "mit" }),
    ...Array.from({ length: 12 }, (_, index) =>
      node(`packer/chat-7b-q${index}`, {
        createdAt: `2023-1${index % 3}-0${(index % 9) + 1}T00:00:00.000Z`,
        license: "apache-2.0",
        task: "text-generation",
        downloads: index * index * 40,
      }),
    ),
  ],
  [
    edge("acme/base-7b", "acme/chat-7b", { relation: "lora-merged" }),
    edge("acme/base-7b", "acme/coder-7b", { declared: false, relation: "continued" }),
    edge("acme/chat-7b", "closed/vision-7b", { relation: "depth-upscaled" }),
    edge("acme/chat-7b", "other/mixed-7b", { relation: "merge", share: 0.6, probability: 0.93, declared: false }),
    edge("ghost:1", "other/mixed-7b", { relation: "merge", share: 0.4, probability: 0.93, declared: false }),
    edge("acme/base-7b", "someone-with-a-long-name/a-model-with-a-very-long-name-indeed-7b", { relation: "copy", declared: false }),
    ...Array.from({ length: 12 }, (_, index) => edge("acme/chat-7b", `packer/chat-7b-q${index}`, { relation: "quantized" })),
  ],
)

/** A family of any size: every model has a parent among those before it, some have two; half of all are spread evenly. */
export function large(size: number): AtlasReport {
  // A linear congruential generator: the same family every time.
  let state = 1
  const random = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
  const pick = (below: number) => Math.floor(random() ** 2 * below)
  const licenses = ["apache-2.0", "mit", "llama3", "cc-by-nc-4.0", undefined]
  const nodes: AtlasNode[] = []
  const edges: AtlasEdge[] = []
  for (let index = 0; index < size; index++) {
    const id = `owner-${index % 37}/model-${index}`
    const license = licenses[index % licenses.length]
    nodes.push(
      node(id, {
        verdict: index % 11 === 0 ? "undocumented" : "documented",
        createdAt: new Date(Date.UTC(2023, 0, 1) + index * 3e7).toISOString(),
        downloads: Math.floor(10 ** (random() * 6)),
        ...(license ? { license } : {}),
      }),
    )
    if (index === 0) continue
    const relation = RELATIONS[index % RELATIONS.length] ?? "finetune"
    const parent = nodes[pick(index)]?.id ?? ""
    const other = relation === "merge" ? (nodes[pick(index)]?.id ?? parent) : parent
    edges.push(edge(parent, id, { relation, declared: index % 7 !== 0, share: other === parent ? 1 : 0.6 }))
    if (other !== parent) edges.push(edge(other, id, { relation, share: 0.4 }))
  }
  return atlasOf(nodes, edges)
}

/** What comes of cards and files that mean no good: markup, direction marks, endless names, cycles, a parent of a thousand. */
export const HOSTILE_NAMES = [
  `evil/<img src=x onerror="document.title='run'">`,
  "evil/\u202egnp.exe",
  `evil/${"x".repeat(10_000)}`,
  "evil/\u{1f984}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "evil/\u0645\u0648\u062f\u064a\u0644",
]
export const HOSTILE_FAMILY = atlasOf(
  [
    node("root/base", { declared: [{ id: "root/base", relation: null }] }),
    node("root/a", { declared: [{ id: "root/b", relation: null }] }),
    node("root/b", { declared: [{ id: "root/a", relation: null }] }),
    node("root/dead", { access: "disabled", verdict: "unverified", declared: [{ id: "gone/for-ever", relation: null }] }),
    node("root/hidden", { access: "private", verdict: "unverified" }),
    ...HOSTILE_NAMES.map((id) => node(id, { license: id, task: id, declared: [{ id, relation: id }] })),
    ...Array.from({ length: 1000 }, (_, index) => node(`many/child-${index}`)),
  ],
  [
    edge("root/base", "root/a"),
    edge("root/a", "root/b", { declared: false }),
    edge("root/b", "root/a"),
    edge("root/dead", "root/dead"),
    edge("nowhere/to-be-found", "root/dead"),
    ...HOSTILE_NAMES.map((id) => edge("root/b", id)),
    ...Array.from({ length: 1000 }, (_, index) => edge("root/base", `many/child-${index}`)),
  ],
)
