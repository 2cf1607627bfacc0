import fs from "node:fs"
import path from "node:path"
import * as v from "valibot"
import { RELATIONS, type Verdict } from "~src/core/words"

const Model = v.object({
  id: v.string(),
  architecture: v.string(),
  /** The root's id. */
  family: v.string(),
  parents: v.array(v.object({ id: v.string(), relation: v.picklist(RELATIONS), share: v.number() })),
  sharedInitWith: v.array(v.string()),
  card: v.picklist(["right", "silent", "wrong"]),
  extended: v.boolean(),
  /** What was done to the parents. */
  recipe: v.object({ op: v.string() }),
})
const ContainerModel = v.object({
  ...Model.entries,
  /** What the weights were published in; `scheme` and `bits` are the tool's names for it. */
  container: v.object({
    format: v.picklist(["safetensors", "gguf", "torch", "onnx", "peft"]),
    scheme: v.string(),
    /** With its share of the scales, for GGUF; null where elements are stored as they are. */
    bits: v.nullable(v.number()),
  }),
  /** How many of a GGUF file's matrices are of which GGML type, and the parent's element type. */
  recipe: v.object({ op: v.string(), matrices: v.optional(v.record(v.string(), v.number())), dtype: v.string() }),
})
const Truth = v.object({ models: v.array(Model) })
const ContainerTruth = v.object({ models: v.array(ContainerModel) })
const Hub = v.object({
  repos: v.array(v.object({ id: v.string(), gated: v.unknown(), private: v.optional(v.boolean()), disabled: v.optional(v.boolean()) })),
})

/** `parents` are those that can be read, `closed` the ids of the others. */
export type TruthModel = v.InferOutput<typeof Model> & { readonly closed: readonly string[] }
export type ContainerTruthModel = v.InferOutput<typeof ContainerModel> & { readonly closed: readonly string[] }

/** A split's full-weight models under its name. */
export interface Split {
  readonly name: string
  readonly models: readonly TruthModel[]
}

/** Architectures of no split that rules were developed or scorers trained on (training/README.md). */
const HELD_OUT: ReadonlySet<string> = new Set(["t5", "mixer"])
export const isSeen = ({ architecture }: Pick<TruthModel, "architecture">) => !HELD_OUT.has(architecture)

const readJson = (folder: string, name: string) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"))

/** Gated, private and disabled models: nobody can read them. */
function closedIn(folder: string): ReadonlySet<string> {
  const { repos } = v.parse(Hub, readJson(folder, "hub.json"))
  return new Set(repos.flatMap((repo) => (repo.gated || repo.private || repo.disabled ? [repo.id] : [])))
}

/**
 * Reads a split's truth.json (training/README.md): full-weight models in safetensors. Models that nobody can read are left out, as children
 * and as parents.
 * @throws when a file is missing or malformed
 */
export function readTruth(folder: string): TruthModel[] {
  const closed = closedIn(folder)
  const readable = ({ id }: { id: string }) =>
    !closed.has(id) && fs.readdirSync(path.join(folder, id)).some((file) => file.endsWith(".safetensors"))
  const { models } = v.parse(Truth, readJson(folder, "truth.json"))
  return models.filter(readable).map((model) => ({
    ...model,
    parents: model.parents.filter(readable),
    closed: model.parents.flatMap((parent) => (readable(parent) ? [] : [parent.id])),
  }))
}

/**
 * Reads the truth.json of a split's containers; their parents are models of the split beside it or of the same folder.
 * @throws when a file is missing or malformed
 */
export function readContainers(folder: string): ContainerTruthModel[] {
  const closed = closedIn(folder)
  const { models } = v.parse(ContainerTruth, readJson(folder, "truth.json"))
  return models.flatMap((model) => (closed.has(model.id) ? [] : [{ ...model, closed: [] }]))
}

/** Spread over the list in golden steps: every architecture is met, and not the same member of each. */
export function sample<T>(list: readonly T[], most: number): T[] {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  let step = Math.max(1, Math.round(list.length * 0.618))
  // Without a common divisor no member comes twice.
  while (divisor(step, list.length) > 1) step++
  return Array.from({ length: Math.min(most, list.length) }, (_, i) => list[(i * step) % list.length] as T)
}

/** What a reader of the weights ought to say of the card. */
export function expectedVerdict({ parents, closed, card }: TruthModel): Verdict {
  if (card === "wrong") return "contradicted"
  if (parents.length + closed.length === 0) return "independent"
  return card === "right" ? "documented" : "undocumented"
}

/** How the families of a zoo stand to one another. */
export function kinship(truth: readonly TruthModel[]) {
  const models = new Map(truth.map((model) => [model.id, model]))
  const family = (id: string) => models.get(id)?.family ?? id
  const seeds = new Set(truth.flatMap((root) => root.sharedInitWith.flatMap((other) => [`${root.id} ${other}`, `${other} ${root.id}`])))
  const copies = new Map(truth.flatMap(({ id, parents }) => parents.flatMap((p) => (p.relation === "copy" ? [[id, p.id] as const] : []))))
  const original = (id: string): string => {
    const from = copies.get(id)
    return from === undefined ? id : original(from)
  }
  return {
    sharesSeed: (a: string, b: string) => seeds.has(`${family(a)} ${family(b)}`),
    independent: (a: string, b: string) => family(a) !== family(b) && !seeds.has(`${family(a)} ${family(b)}`),
    /** Two different repositories with the same weights. */
    twins: (a: string, b: string) => a !== b && original(a) === original(b),
  }
}
