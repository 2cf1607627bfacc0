import { sha1Text } from "./content"
import { deriveFacts, type Facts } from "./facts"
import { createFile, type RepoFile, type SourceFile } from "./files"

/** Dates and counters of a repository, which its files do not tell: an entry of hub.json. Dates are ISO 8601. */
export interface RepoMeta {
  readonly id: string
  readonly createdAt: string
  readonly lastModified: string
  readonly downloads: number
  readonly likes: number
  readonly gated: false | "auto" | "manual"
  readonly private: boolean
  readonly disabled: boolean
}

export interface Commit {
  readonly sha: string
  readonly title: string
  readonly date: string
  readonly files: ReadonlyMap<string, RepoFile>
}

export interface Repository {
  readonly meta: RepoMeta
  /** MongoDB's identifier, which begins with the seconds of the creation. */
  readonly objectId: string
  /** The newest first. */
  readonly commits: readonly [Commit, ...Commit[]]
  readonly head: Commit
  readonly facts: Facts
  /** The commit that a branch, a whole or a shortened sha names. */
  commitAt(revision: string): Commit | null
}

/** The real Hub did not record dates before this one. */
const CREATED_FLOOR = "2022-03-02T23:29:04.000Z"

export function createRepository(entry: RepoMeta, sources: readonly SourceFile[]): Repository {
  const meta = { ...entry, createdAt: entry.createdAt < CREATED_FLOOR ? CREATED_FLOOR : entry.createdAt }
  const files = new Map(sources.map((source) => [source.path, createFile(source)]))
  const seconds = Math.floor(Date.parse(meta.createdAt) / 1000)
  let facts: Facts | undefined
  let commits: [Commit, ...Commit[]] | undefined
  const repository: Repository = {
    meta,
    objectId: seconds.toString(16).padStart(8, "0") + sha1Text(meta.id).slice(0, 16),
    get commits() {
      commits ??= createCommits(meta, files)
      return commits
    },
    get head() {
      return repository.commits[0]
    },
    get facts() {
      facts ??= deriveFacts(files)
      return facts
    },
    commitAt(revision) {
      if (["main", "HEAD", "refs/heads/main"].includes(revision)) return repository.head
      if (!/^[0-9a-f]{7,40}$/.test(revision)) return null
      return repository.commits.find(({ sha }) => sha.startsWith(revision)) ?? null
    },
  }
  return repository
}

/** One commit with everything, after an empty one when the dates say that the files came later. */
function createCommits(meta: RepoMeta, files: ReadonlyMap<string, RepoFile>): [Commit, ...Commit[]] {
  const listing = [...files.values()].map(({ path, oid }) => `${oid} ${path}`).sort()
  const commit = (title: string, date: string, content: string, at: ReadonlyMap<string, RepoFile>): Commit => ({
    sha: sha1Text(`${meta.id}\n${date}\n${content}`),
    title,
    date,
    files: at,
  })
  const upload = commit("Upload model", meta.lastModified, listing.join("\n"), files)
  return meta.createdAt < meta.lastModified ? [upload, commit("initial commit", meta.createdAt, "", new Map())] : [upload]
}
