import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
import { join, sep } from "node:path"
import { contentOfFile } from "./content"
import type { RepoFile, SourceFile } from "./files"
import { createRepository, type RepoMeta, type Repository } from "./repository"
import type { HubOptions } from "./types"
import { createVirtualRepository } from "./virtual"
import { asObject } from "./weights-header"

/** All repositories as they were at the start. */
export interface Store {
  readonly repositories: readonly Repository[]
  /** By id in any case, by a former or a legacy id; the caller redirects when the id found differs. */
  find(id: string): Repository | null
  /** A file by the identifiers in a CDN address. */
  findContent(objectId: string, xetHash: string): RepoFile | null
  /** Tags for the declared parents, in both forms; what cannot be an id gets none. Links survive renames. */
  parentTags(repository: Repository): string[]
  tagsOf(repository: Repository): string[]
}

const NAME = /^(?!.*(--|\.\.))[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/
const DEFAULT_DATE = "2024-01-01T00:00:00.000Z"
const isName = (name: string) => NAME.test(name)

/**
 * @throws Error when a root does not exist or its hub.json is not what it must be.
 */
export function loadStore({ roots, virtualRepos = [], madeRepos = [] }: Pick<HubOptions, "roots" | "virtualRepos" | "madeRepos">): Store {
  const repositories = new Map<string, Repository>()
  const renamed = new Map<string, string>()
  const add = (repository: Repository) => {
    const key = repository.meta.id.toLowerCase()
    if (!repositories.has(key)) repositories.set(key, repository)
  }
  for (const root of roots) {
    const index = readIndex(root)
    for (const [from, to] of index.renames) renamed.set(from.toLowerCase(), to.toLowerCase())
    for (const id of listIds(root)) add(createRepository(index.meta(id), listFiles(realpathSync(join(root, id)))))
  }
  for (const options of virtualRepos) add(createVirtualRepository(options))
  for (const { id, files } of madeRepos) add(createRepository(toMeta(id, {}), files))
  const all = [...repositories.values()]
  const byObjectId = new Map(all.map((repository) => [repository.objectId, repository]))

  const store: Store = {
    repositories: all,
    find(id) {
      const key = id.toLowerCase()
      return repositories.get(renamed.get(key) ?? key) ?? null
    },
    findContent(objectId, xetHash) {
      const files = byObjectId.get(objectId)?.head.files.values() ?? []
      for (const file of files) if (file.lfs?.xetHash === xetHash) return file
      return null
    },
    parentTags({ facts }) {
      const ids = facts.parents.filter((id) => id.split("/").length <= 2 && id.split("/").every(isName))
      return ids.map((id) => store.find(id)?.meta.id ?? id).flatMap((id) => [`base_model:${id}`, `base_model:${facts.relation}:${id}`])
    },
    tagsOf(repository) {
      const { tags } = repository.facts
      return [...tags.slice(0, -1), ...store.parentTags(repository), ...tags.slice(-1)]
    },
  }
  return store
}

/** hub.json: `{"repos": [RepoMeta, ...], "renames": {"old/name": "new/name", "legacy": "owner/name"}}`, both optional. */
function readIndex(root: string) {
  const path = join(root, "hub.json")
  const json = asObject(existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {})
  const entries = new Map((Array.isArray(json.repos) ? json.repos : []).map((entry) => [String(asObject(entry).id), asObject(entry)]))
  return {
    renames: Object.entries(asObject(json.renames)).map(([from, to]): [string, string] => [from, String(to)]),
    meta: (id: string) => toMeta(id, entries.get(id) ?? {}),
  }
}

function toMeta(id: string, entry: Record<string, unknown>): RepoMeta {
  const date = (value: unknown, otherwise: string) => (value === undefined ? otherwise : new Date(String(value)).toISOString())
  const createdAt = date(entry.createdAt, DEFAULT_DATE)
  return {
    id,
    createdAt,
    lastModified: date(entry.lastModified, createdAt),
    downloads: Number(entry.downloads ?? 0),
    likes: Number(entry.likes ?? 0),
    gated: entry.gated === "auto" || entry.gated === "manual" ? entry.gated : false,
    private: entry.private === true,
    disabled: entry.disabled === true,
  }
}

function listIds(root: string): string[] {
  const folders = (folder: string) => readdirSync(folder).filter((name) => isName(name) && statSync(join(folder, name)).isDirectory())
  return folders(root).flatMap((owner) => folders(join(root, owner)).map((name) => `${owner}/${name}`))
}

/** Every regular file below the folder; links out of it are left out, and so is git's own folder. */
function listFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path !== ".git" && !path.startsWith(".git/"))
    .filter((path) => realpathSync(join(folder, path)).startsWith(folder + sep) && statSync(join(folder, path)).isFile())
    .sort()
    .map((path) => ({ path, content: contentOfFile(join(folder, path)) }))
}
