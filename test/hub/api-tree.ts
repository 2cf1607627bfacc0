import { sha1Text } from "./content"
import { type Exchange, refuse, send, sendJson } from "./exchange"
import type { RepoFile } from "./files"
import { nextLink, takePage } from "./paging"
import { MASK } from "./properties"
import type { Commit, Repository } from "./repository"
import { readBody } from "./request-body"
import { badRevision, NO_ENTRY, takeRevision } from "./revisions"
import { isHidden } from "./visitor"

type Entry = Record<string, unknown>
const MOST_PATHS = 2000

/** `GET /api/models/{id}/tree/{rev}[/{path}]`; `segments` follow `tree`. */
export function answerTree(exchange: Exchange, repository: Repository, segments: readonly string[]) {
  const [revision, rest] = takeRevision(segments)
  const commit = repository.commitAt(revision)
  if (commit === null) return refuse(exchange, badRevision(revision))
  const folder = rest.join("/")
  const { searchParams } = exchange.url
  const inside = [...commit.files.values()].filter(({ path }) => folder === "" || path.startsWith(`${folder}/`))
  if (inside.length === 0 && folder !== "") return refuse(exchange, { ...NO_ENTRY, message: `${folder} does not exist on "${revision}"` })
  const recursive = searchParams.get("recursive") === "true"
  const expand = searchParams.get("expand") === "true"
  const depth = folder === "" ? 0 : folder.split("/").length
  const isDirect = (path: string) => path.split("/").length === depth + 1
  const files = inside.filter(({ path }) => recursive || isDirect(path))
  const folders = foldersOf(inside).filter((path) => path.split("/").length > depth && (recursive || isDirect(path)))
  const describe = describer(exchange, repository, commit, expand)
  const page = takePage(
    exchange,
    [...folders.map((path) => describe.folder(path, inside)), ...files.map(describe.file)],
    expand ? 100 : 1000,
    1000,
  )
  if (page !== null) sendJson(exchange, page.items, page.headers)
}

/** `POST /api/models/{id}/paths-info/{rev}` with `{"paths": [...], "expand": bool}` as JSON or as a form. */
export async function answerPaths(exchange: Exchange, repository: Repository, segments: readonly string[]) {
  const [revision] = takeRevision(segments)
  const commit = repository.commitAt(revision)
  if (commit === null) return refuse(exchange, badRevision(revision))
  const asked = readPaths(exchange.request.headers["content-type"] ?? "", await readBody(exchange))
  if (asked === null || asked.paths.length > MOST_PATHS)
    return refuse(exchange, { status: 400, message: `✖ Invalid input: expected at most ${MOST_PATHS} paths\n  → at paths` })
  const all = [...commit.files.values()]
  const folders = new Set(foldersOf(all))
  const describe = describer(exchange, repository, commit, asked.expand)
  const entries = asked.paths.flatMap((path) => {
    const file = commit.files.get(path)
    return file ? [describe.file(file)] : folders.has(path) ? [describe.folder(path, all)] : []
  })
  sendJson(exchange, entries)
}

/** `GET /api/models/{id}/commits/{rev}?p=&limit=`. */
export function answerCommits(exchange: Exchange, repository: Repository, segments: readonly string[]) {
  const [revision] = takeRevision(segments)
  const commit = repository.commitAt(revision)
  if (commit === null) return refuse(exchange, badRevision(revision))
  const { searchParams } = exchange.url
  const page = Number(searchParams.get("p") ?? 0)
  const limit = Number(searchParams.get("limit") ?? 50)
  if (!Number.isInteger(page) || page < 0 || !(limit >= 1 && limit <= 1000))
    return refuse(exchange, { status: 400, message: "✖ Invalid input\n  → at p" })
  const commits = repository.commits.slice(repository.commits.indexOf(commit))
  const author = { user: repository.meta.id.split("/")[0], avatar: "/avatars/default.svg" }
  const shown = commits
    .slice(page * limit, (page + 1) * limit)
    .map(({ sha, title, date }) => ({ id: sha, title, message: "", authors: [author], date }))
  const more = (page + 1) * limit < commits.length
  sendJson(exchange, shown, { "x-total-count": commits.length, ...(more && { link: nextLink(exchange, { p: String(page + 1) }) }) })
}

/** `GET /api/models/{id}/refs`. */
export function answerRefs(exchange: Exchange, { head }: Repository) {
  const branches = [{ name: "main", ref: "refs/heads/main", targetCommit: head.sha }]
  sendJson(exchange, { tags: [], branches, converts: [], pullRequests: [] })
}

/** `GET /api/models/{id}/auth-check`; the caller has checked. */
export function answerAuthCheck(exchange: Exchange) {
  send(exchange, 200, { "content-type": "text/plain; charset=utf-8" }, "OK")
}

function describer({ visitor }: Exchange, repository: Repository, commit: Commit, expand: boolean) {
  const hidden = isHidden(repository, visitor)
  const lastCommit = { id: commit.sha, title: commit.title, date: commit.date }
  return {
    file: ({ path, content, oid, lfs }: RepoFile): Entry => ({
      type: "file",
      oid,
      size: content.size,
      ...(lfs && {
        lfs: { oid: hidden ? MASK : lfs.oid, size: content.size, pointerSize: lfs.pointer.length },
        xetHash: hidden ? MASK : lfs.xetHash,
      }),
      path,
      ...(expand && { lastCommit, securityFileStatus: { status: "safe", avScan: { status: "safe" } } }),
    }),
    folder: (path: string, files: readonly RepoFile[]): Entry => ({
      type: "directory",
      oid: sha1Text(files.map((file) => (file.path.startsWith(`${path}/`) ? `${file.oid} ${file.path}` : "")).join("\n")),
      size: 0,
      path,
      ...(expand && { lastCommit }),
    }),
  }
}

function foldersOf(files: readonly RepoFile[]): string[] {
  const folders = new Set<string>()
  for (const { path } of files) for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) folders.add(path.slice(0, at))
  return [...folders].sort()
}

function readPaths(type: string, body: string): { paths: string[]; expand: boolean } | null {
  if (type.startsWith("application/x-www-form-urlencoded")) {
    const form = new URLSearchParams(body)
    return { paths: form.getAll("paths"), expand: form.get("expand")?.toLowerCase() === "true" }
  }
  try {
    const { paths, expand } = JSON.parse(body)
    const isList = Array.isArray(paths) && paths.every((path) => typeof path === "string")
    return isList ? { paths, expand: expand === true } : null
  } catch {
    return null
  }
}
