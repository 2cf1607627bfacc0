import { signedUrl } from "./cdn"
import { readText } from "./content"
import { type Exchange, redirect, refuse, send, sendRange } from "./exchange"
import type { LfsFacts, RepoFile } from "./files"
import type { Commit, Repository } from "./repository"
import { badRevision, NO_ENTRY, takeRevision } from "./revisions"
import { gateOf } from "./visitor"

/** Files at the root of a gated repository that everybody may read. */
const OPEN = new Set(["README.md", "LICENSE", "LICENSE.md", "LICENSE.txt"])
const XET_INFO = "application/vnd.xet-fileinfo+json"

/** `/{id}/resolve/{rev}/{path}`; `segments` follow `resolve`. The gate comes before existence and revision. */
export function answerResolve(exchange: Exchange, repository: Repository, segments: readonly string[]) {
  const found = findFile(exchange, repository, segments, true)
  if (found === null) return
  const { file, commit } = found
  if (file.lfs !== null) return answerLfs(exchange, repository, commit, file, file.lfs)
  const headers = { "x-repo-commit": commit.sha, "x-linked-etag": `"${file.oid}"`, "accept-ranges": "bytes" }
  // Authorised readers of a gated repository get it from no shared cache.
  if (repository.meta.gated !== false) return sendFile(exchange, commit, file)
  const path = file.path.split("/").map(encodeURIComponent).join("/")
  const asked = encodeURIComponent(decodeURIComponent(exchange.url.pathname))
  const query = `${asked}=&etag=${encodeURIComponent(`"${file.oid}"`)}`
  redirect(exchange, 307, `/api/resolve-cache/models/${repository.meta.id}/${commit.sha}/${path}?${query}`, headers)
}

/** `/api/resolve-cache/models/{id}/{sha}/{path}`; `segments` follow the id. */
export function answerResolveCache(exchange: Exchange, repository: Repository, segments: readonly string[]) {
  const [revision = ""] = segments
  if (!/^[0-9a-f]{40}$/.test(revision)) return refuse(exchange, { status: 400, message: "Invalid commit" })
  const found = findFile(exchange, repository, segments, true)
  if (found === null) return
  if (found.file.lfs !== null) return refuse(exchange, NO_ENTRY)
  sendFile(exchange, found.commit, found.file)
}

/** `/{id}/raw/{rev}/{path}`: what git has, for LFS files their pointer. */
export function answerRaw(exchange: Exchange, repository: Repository, segments: readonly string[]) {
  const found = findFile(exchange, repository, segments, false)
  if (found === null) return
  const { file, commit } = found
  const text = file.lfs?.pointer ?? readText(file.content)
  send(exchange, 200, { "content-type": "text/plain; charset=utf-8", etag: `"${file.oid}"`, "x-repo-commit": commit.sha }, text)
}

function findFile(exchange: Exchange, repository: Repository, segments: readonly string[], openFiles: boolean) {
  const [revision, rest] = takeRevision(segments)
  const path = rest.join("/")
  const gate = openFiles && OPEN.has(path) ? null : gateOf(repository, exchange.visitor)
  const commit = repository.commitAt(revision)
  const file = commit?.files.get(path)
  if (gate !== null) refuse(exchange, gate)
  else if (commit === null) refuse(exchange, badRevision(revision))
  else if (file === undefined) refuse(exchange, NO_ENTRY, { "x-repo-commit": commit.sha })
  else return { file, commit }
  return null
}

function sendFile(exchange: Exchange, commit: Commit, file: RepoFile) {
  const etag = `"${file.oid}"`
  const headers = { etag, "x-repo-commit": commit.sha, "content-type": "text/plain; charset=utf-8" }
  if (exchange.request.headers["if-none-match"] === etag) {
    exchange.log.status = 304
    exchange.response.writeHead(304, headers).end()
  } else sendRange(exchange, headers, file.content)
}

function answerLfs(exchange: Exchange, repository: Repository, commit: Commit, file: RepoFile, lfs: LfsFacts) {
  const token = `${exchange.site.origin}/api/models/${repository.meta.id}/xet-read-token/${commit.sha}`
  const reconstruction = `https://cas-server.xethub.hf.co/v1/reconstructions/${lfs.xetHash}`
  const headers = {
    "x-repo-commit": commit.sha,
    "x-linked-size": file.content.size,
    "x-linked-etag": `"${lfs.oid}"`,
    "x-xet-hash": lfs.xetHash,
    link: `<${token}>; rel="xet-auth", <${reconstruction}>; rel="xet-reconstruction-info"`,
    "accept-ranges": "bytes",
    "cache-control": "no-store",
  }
  if (exchange.request.headers.accept?.includes(XET_INFO)) {
    const info = { hash: lfs.xetHash, refreshUrl: token, reconstructionUrl: reconstruction }
    send(exchange, 200, { ...headers, etag: `"${lfs.oid}"`, "content-type": XET_INFO }, JSON.stringify(info))
  } else redirect(exchange, 302, signedUrl(exchange.site, repository, file, lfs), headers)
}
