import type { Repository } from "./repository"
import type { Store } from "./store"
import { isHidden, type Visitor } from "./visitor"

/** What the models API says of a repository, by name; undefined is left out of the JSON. */
type Property = (repository: Repository, store: Store, visitor: Visitor) => unknown

const PROPERTIES: Record<string, Property> = {
  author: ({ meta }) => meta.id.split("/")[0],
  baseModels: (repository, store) => baseModels(repository, store),
  cardData: ({ facts }) => facts.card ?? undefined,
  childrenModelCount: (repository, store) => countChildren(repository, store),
  config: ({ facts }) => facts.config,
  createdAt: ({ meta }) => meta.createdAt,
  disabled: ({ meta }) => meta.disabled,
  downloads: ({ meta }) => meta.downloads,
  downloadsAllTime: ({ meta }) => meta.downloads * 3,
  evalResults: () => undefined,
  gated: ({ meta }) => meta.gated,
  gguf: ({ facts }) => facts.gguf ?? undefined,
  inference: () => undefined,
  inferenceProviderMapping: () => undefined,
  lastModified: ({ meta }) => meta.lastModified,
  library_name: ({ facts }) => facts.library,
  likes: ({ meta }) => meta.likes,
  mask_token: ({ facts }) => (facts.pipeline === "fill-mask" ? "[MASK]" : undefined),
  "model-index": () => null,
  pipeline_tag: ({ facts }) => facts.pipeline,
  private: ({ meta }) => meta.private,
  resourceGroup: () => undefined,
  safetensors: ({ facts }) => facts.safetensors && { parameters: facts.safetensors.parameters, total: facts.safetensors.total },
  sha: ({ head }) => head.sha,
  siblings: ({ head }) => [...head.files.keys()].map((rfilename) => ({ rfilename })),
  spaces: () => [],
  tags: (repository, store) => store.tagsOf(repository),
  transformersInfo: ({ facts }) => facts.transformersInfo,
  trendingScore: ({ meta }) => Math.round(meta.likes / 10),
  usedStorage: ({ head }) => [...head.files.values()].reduce((sum, { lfs, content }) => sum + (lfs ? content.size : 0), 0),
  widgetData: () => undefined,
  gitalyUid: ({ objectId }) => objectId,
  xetEnabled: () => true,
  _id: ({ objectId }) => objectId,
  id: ({ meta }) => meta.id,
  modelId: ({ meta }) => meta.id,
  blobs: (repository, _, visitor) => blobs(repository, visitor),
}

const NOT_EXPANDABLE = new Set(["_id", "id", "modelId", "blobs"])
export const EXPANDABLE = Object.keys(PROPERTIES).filter((name) => !NOT_EXPANDABLE.has(name))
/** Those of the list. */
export const LIST_EXPANDABLE = EXPANDABLE.filter((name) => !["baseModels", "childrenModelCount", "usedStorage"].includes(name))

/** The named properties in this order. */
export function describe(repository: Repository, names: readonly string[], store: Store, visitor: Visitor): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, PROPERTIES[name]?.(repository, store, visitor) ?? empty(name)]))
}

const empty = (name: string) => (name === "model-index" ? null : undefined)

export const MASK = "*".repeat(64)

/** Siblings with sizes and hashes, as `blobs=true` asks; hashes of LFS files of gated repositories are masked. */
function blobs(repository: Repository, visitor: Visitor) {
  return [...repository.head.files.values()].map(({ path, content, oid, lfs }) => ({
    rfilename: path,
    blobId: oid,
    size: content.size,
    ...(lfs && { lfs: { sha256: isHidden(repository, visitor) ? MASK : lfs.oid, size: content.size, pointerSize: lfs.pointer.length } }),
  }))
}

function baseModels({ facts }: Repository, store: Store) {
  const models = facts.parents.map((id) => store.find(id)).filter((parent) => parent !== null)
  if (models.length === 0) return undefined
  return { relation: facts.relation, models: models.map(({ objectId, meta }) => ({ _id: objectId, id: meta.id })) }
}

/** How many repositories declare this one as their parent, by relation. */
export function countChildren({ meta }: Repository, store: Store): Record<string, number> {
  const counts: Record<string, number> = { adapter: 0, merge: 0, quantized: 0, finetune: 0 }
  for (const other of store.repositories) {
    const { parents, relation } = other.facts
    if (parents.some((id) => store.find(id)?.meta.id === meta.id)) counts[relation] = (counts[relation] ?? 0) + 1
  }
  return counts
}
