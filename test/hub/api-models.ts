import { type Exchange, redirect, refuse, sendJson } from "./exchange"
import { describe, EXPANDABLE } from "./properties"
import type { Commit, Repository } from "./repository"
import { badRevision } from "./revisions"

const DETAIL = [
  ...["_id", "id", "private", "pipeline_tag", "library_name", "tags", "downloads", "likes", "modelId", "author", "sha", "lastModified"],
  ...["gated", "disabled", "model-index", "config", "cardData", "transformersInfo", "safetensors", "gguf", "siblings", "spaces"],
  ...["createdAt", "usedStorage"],
]

/** `GET /api/models/{id}` and, with a revision, `/revision/{rev}`. */
export function answerModel(exchange: Exchange, repository: Repository, revision: string) {
  const commit = repository.commitAt(revision)
  if (commit === null) return refuse(exchange, badRevision(revision))
  const { searchParams } = exchange.url
  const names = readExpand(exchange, EXPANDABLE, ["full", "config", "cardData", "blobs"])
  if (names === "refused") return
  const { store } = exchange.site
  const shown = describe(repository, names === null ? DETAIL : ["_id", "id", ...names], store, exchange.visitor)
  if (names === null && searchParams.get("blobs") === "true")
    Object.assign(shown, { siblings: describe(repository, ["blobs"], store, exchange.visitor).blobs })
  sendJson(exchange, commit === repository.head ? shown : { ...shown, ...factsAt(commit) })
}

/** An older commit has its own sha, date and files; the rest is of the newest. */
const factsAt = (commit: Commit) => ({
  sha: commit.sha,
  lastModified: commit.date,
  siblings: [...commit.files.keys()].map((rfilename) => ({ rfilename })),
})

/** The properties that `expand` names; null when it is absent. Refuses unknown ones and a mix with older parameters. */
export function readExpand(exchange: Exchange, allowed: readonly string[], older: readonly string[]): string[] | "refused" | null {
  const { searchParams } = exchange.url
  const names = [...searchParams.getAll("expand"), ...searchParams.getAll("expand[]")].flatMap((name) => name.split(","))
  if (names.length === 0) return null
  if (older.some((name) => searchParams.has(name))) {
    refuse(exchange, { status: 400, message: `"expand" cannot be combined with ${older.map((name) => `"${name}"`).join(", ")}` })
    return "refused"
  }
  if (names.some((name) => !allowed.includes(name))) {
    refuse(exchange, { status: 400, message: `"expand" must be one of [${allowed.join(", ")}]` })
    return "refused"
  }
  return names
}

/** `GET /api/models/{id}/xet-read-token/{rev}`: nothing here serves Xet's own protocol, but clients ask for the token. */
export function answerXetToken(exchange: Exchange) {
  const exp = Math.floor(exchange.site.now() / 1000) + 3600
  sendJson(exchange, { accessToken: `xet_${exp.toString(36)}`, exp, casUrl: "https://cas-server.xethub.hf.co" })
}

/** Leads former, legacy and differently written ids to the canonical one, shortened shas to the whole. */
export function redirectId(exchange: Exchange, asked: string, canonical: string) {
  const { pathname, search } = exchange.url
  redirect(exchange, 307, pathname.replace(`/${asked}`, `/${canonical}`) + search)
}
