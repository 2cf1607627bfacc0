import * as v from "valibot"
import { declaredParents } from "./declared"
import { isModelId, isPath, isRevision } from "./ids"
import type { ModelRecord, RepoFile } from "./types"

/** Bounds on lists from outside, far above what real repositories have. */
const MOST_TAGS = 5000
const MOST_PATHS = 100_000

const text = v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(500))), null)
const flag = v.fallback(v.boolean(), false)
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const counter = v.fallback(count, 0)
const time = v.fallback(
  v.nullable(
    v.pipe(
      v.string(),
      v.maxLength(40),
      v.check((value) => Number.isFinite(Date.parse(value))),
    ),
  ),
  null,
)
const sha = v.fallback(v.nullable(v.pipe(v.string(), v.check(isRevision))), null)

/** A list of which the odd items are left out; anything but a list is empty. */
const strings = (most: number, longest: number) =>
  v.fallback(
    v.pipe(
      v.array(v.unknown()),
      v.transform((items) => items.filter((item) => typeof item === "string" && item.length <= longest).slice(0, most) as string[]),
    ),
    [],
  )

/** A string or a list of them, as card authors write it. */
const oneOrMore = v.fallback(
  v.union([
    v.pipe(
      v.pipe(v.string(), v.maxLength(500)),
      v.transform((item) => [item]),
    ),
    strings(100, 500),
  ]),
  [],
)

const card = v.fallback(
  v.object({ base_model: oneOrMore, base_model_relation: text, license: oneOrMore, pipeline_tag: text, library_name: text }),
  { base_model: [], base_model_relation: null, license: [], pipeline_tag: null, library_name: null },
)

const config = v.fallback(
  v.object({
    model_type: text,
    architectures: strings(100, 200),
    peft: v.fallback(v.object({ base_model_name_or_path: text }), { base_model_name_or_path: null }),
  }),
  { model_type: null, architectures: [], peft: { base_model_name_or_path: null } },
)

const parameterCounts = v.pipe(
  v.record(v.string(), v.unknown()),
  v.transform((counts) => Object.fromEntries(Object.entries(counts).filter((entry): entry is [string, number] => v.is(count, entry[1])))),
)

const safetensors = v.fallback(
  v.nullable(v.object({ parameters: v.fallback(v.nullable(parameterCounts), null), total: v.fallback(v.nullable(count), null) })),
  null,
)

const gguf = v.fallback(v.nullable(v.object({ total: v.fallback(v.nullable(count), null), architecture: text })), null)

const sibling = v.object({ rfilename: v.string() })
const siblings = v.fallback(
  v.nullable(
    v.pipe(
      v.array(v.unknown()),
      v.transform((items) =>
        items
          .slice(0, MOST_PATHS)
          .flatMap((item) => (v.is(sibling, item) ? [item.rfilename] : []))
          .filter(isPath),
      ),
    ),
  ),
  null,
)

const gated = v.fallback(
  v.union([
    v.picklist(["auto", "manual"]),
    v.pipe(
      v.boolean(),
      v.transform((value) => (value ? ("manual" as const) : (false as const))),
    ),
  ]),
  false,
)

const modelId = v.pipe(v.string(), v.check(isModelId))

const model = v.object({
  id: v.fallback(v.nullable(modelId), null),
  modelId: v.fallback(v.nullable(modelId), null),
  sha,
  createdAt: time,
  lastModified: time,
  gated,
  private: flag,
  disabled: flag,
  downloads: counter,
  likes: counter,
  tags: strings(MOST_TAGS, 500),
  pipeline_tag: text,
  library_name: text,
  cardData: card,
  config,
  safetensors,
  gguf,
  siblings,
})

/** A model as `GET /api/models/{id}` or one item of the list says it; null when it has no proper id. Odd fields read as absent. */
export function parseModel(json: unknown): ModelRecord | null {
  const parsed = v.safeParse(model, json)
  const id = parsed.success ? (parsed.output.id ?? parsed.output.modelId) : null
  if (!parsed.success || id === null) return null
  const { sha: revision, cardData, config: settings, safetensors: tensors, gguf: packed, siblings: paths, tags, ...rest } = parsed.output
  const parameters = tensors?.parameters ?? null
  return {
    id,
    revision,
    createdAt: rest.createdAt,
    lastModified: rest.lastModified,
    gated: rest.gated,
    private: rest.private,
    disabled: rest.disabled,
    downloads: rest.downloads,
    likes: rest.likes,
    tags,
    declared: declaredParents(cardData.base_model, cardData.base_model_relation, tags),
    license: cardData.license[0] ?? tagValue(tags, "license:"),
    pipelineTag: rest.pipeline_tag ?? cardData.pipeline_tag,
    libraryName: rest.library_name ?? cardData.library_name,
    modelType: settings.model_type ?? taggedModelType(tags, settings.architectures) ?? packed?.architecture ?? null,
    architectures: settings.architectures,
    parameters,
    totalParameters: tensors?.total ?? (parameters && Object.values(parameters).reduce((sum, n) => sum + n, 0)) ?? packed?.total ?? null,
    adapterBase: settings.peft.base_model_name_or_path,
    paths,
  }
}

function tagValue(tags: readonly string[], prefix: string): string | null {
  return tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length) ?? null
}

/** transformers' repositories carry their model type as a tag: the one that the architecture's class name begins with. */
function taggedModelType(tags: readonly string[], architectures: readonly string[]): string | null {
  const [architecture] = architectures
  if (architecture === undefined) return null
  const name = architecture.toLowerCase()
  const fits = (tag: string) => /^[a-z][\w-]*$/.test(tag) && name.startsWith(tag.replace(/[_-]/g, ""))
  return tags.filter(fits).sort((a, b) => b.length - a.length)[0] ?? null
}

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const hash = v.fallback(v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{7,64}$/i))), null)
const treeFile = v.object({
  type: v.literal("file"),
  path: v.pipe(v.string(), v.check(isPath)),
  size,
  oid: hash,
  lfs: v.fallback(v.nullable(v.object({ oid: hash, size: v.fallback(v.nullable(size), null) })), null),
  xetHash: hash,
})

/** One entry of `/tree`; null for directories and for what is no proper file. Masked hashes (`*`, gated models) read as null. */
export function parseTreeEntry(json: unknown): RepoFile | null {
  const parsed = v.safeParse(treeFile, json)
  if (!parsed.success) return null
  const { path, lfs, oid, xetHash } = parsed.output
  // For an LFS file the outer oid addresses the pointer, not the content: a masked lfs.oid leaves nothing.
  return { path, size: lfs?.size ?? parsed.output.size, oid: lfs === null ? oid : lfs.oid, xetHash }
}

/** A longer list may have been cut by the server. */
const MOST_BLOBS = 999
const blobs = v.object({
  siblings: v.pipe(
    v.array(
      v.object({
        rfilename: v.unknown(),
        size: v.unknown(),
        blobId: v.optional(v.unknown()),
        lfs: v.optional(v.nullable(v.object({ sha256: v.optional(v.unknown()), size: v.optional(v.unknown()) }))),
      }),
    ),
    v.minLength(1),
    v.maxLength(MOST_BLOBS),
  ),
})

/** The files of a model's record asked for with `blobs=true`; null unless it says of each what `/tree` would say. */
export function parseBlobs(json: unknown): readonly RepoFile[] | null {
  const parsed = v.safeParse(blobs, json)
  if (!parsed.success) return null
  const files = parsed.output.siblings.map(({ rfilename: path, size, blobId: oid, lfs }) =>
    parseTreeEntry({ type: "file", path, size, oid, lfs: lfs && { oid: lfs.sha256, size: lfs.size } }),
  )
  return files.every((file) => file !== null) ? files : null
}
