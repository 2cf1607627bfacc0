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
})
const Truth = v.object({ models: v.array(Model) })
const Hub = v.object({
  repos: v.array(v.object({ id: v.string(), gated: v.unknown(), private: v.optional(v.boolean()), disabled: v.optional(v.boolean()) })),
})

export type TruthModel = v.InferOutput<typeof Model>

/**
 * Reads a split's truth.json (training/README.md). Models that nobody can read are left out, as children and as parents: gated, private or
 * disabled ones, and those without a container that docs/formats.md describes.
 * @throws when a file is missing or malformed
 */
export function readTruth(folder: string): TruthModel[] {
  const read = (name: string) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"))
  const { models } = v.parse(Truth, read("truth.json"))
  const closed = new Set(
    v.parse(Hub, read("hub.json")).repos.flatMap((repo) => (repo.gated || repo.private || repo.disabled ? [repo.id] : [])),
  )
  const readable = ({ id }: { id: string }) =>
    !closed.has(id) && fs.readdirSync(path.join(folder, id)).some((file) => file.endsWith(".safetensors"))
  return models.filter(readable).map((model) => ({ ...model, parents: model.parents.filter(readable) }))
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
export function expectedVerdict({ parents, card }: TruthModel): Verdict {
  if (card === "wrong") return "contradicted"
  if (parents.length === 0) return "independent"
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
