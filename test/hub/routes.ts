import { answerCommit, answerPreupload } from "./api-commit"
import { answerList } from "./api-list"
import { answerModel, answerXetToken, redirectId } from "./api-models"
import { answerAuthCheck, answerCommits, answerPaths, answerRefs, answerTree } from "./api-tree"
import { type Exchange, refuse, sendJson } from "./exchange"
import type { Repository } from "./repository"
import { answerRaw, answerResolve, answerResolveCache } from "./resolve"
import { gateOf, missing, NOT_LOGGED_IN, refusalOf } from "./visitor"

const UNKNOWN = { status: 404, message: "Sorry, we can't find the page you are looking for." }
const SUBPAGES = new Set([
  "tree",
  "revision",
  "paths-info",
  "commits",
  "refs",
  "auth-check",
  "xet-read-token",
  "resolve",
  "raw",
  "preupload",
  "commit",
])

/** Everything below `/api`. */
export async function answerApi(exchange: Exchange) {
  const [, area, ...rest] = exchange.segments
  if (area === "models" && rest.length === 0) return answerList(exchange)
  if (area === "whoami-v2") return answerWhoAmI(exchange)
  if (area === "resolve-cache" && rest[0] === "models") return withRepository(exchange, rest.slice(1), answerResolveCache)
  if (area === "models") return withRepository(exchange, rest, answerModelApi)
  if (area === "datasets" || area === "spaces") return refuse(exchange, missing(exchange.visitor))
  refuse(exchange, UNKNOWN)
}

/** `/{id}/resolve/...` and `/{id}/raw/...`. */
export function answerFiles(exchange: Exchange) {
  void withRepository(exchange, exchange.segments, (_, repository, [what, ...rest]) =>
    what === "raw" ? answerRaw(exchange, repository, rest) : answerResolve(exchange, repository, rest),
  )
}

function answerModelApi(exchange: Exchange, repository: Repository, [what, ...rest]: readonly string[]) {
  const isPost = exchange.request.method === "POST"
  if (isPost && what === "preupload") return answerPreupload(exchange)
  if (isPost && what === "commit") return answerCommit(exchange, repository)
  if (isPost) return what === "paths-info" ? answerPaths(exchange, repository, rest) : refuse(exchange, UNKNOWN)
  if (what === undefined) return answerModel(exchange, repository, "main")
  if (what === "revision") return answerModel(exchange, repository, rest.join("/"))
  if (what === "tree") return answerTree(exchange, repository, rest)
  if (what === "commits") return answerCommits(exchange, repository, rest)
  if (what === "refs") return answerRefs(exchange, repository)
  const gate = gateOf(repository, exchange.visitor)
  if (what === "auth-check") return gate ? refuse(exchange, gate) : answerAuthCheck(exchange)
  if (what === "xet-read-token") return gate ? refuse(exchange, gate) : answerXetToken(exchange)
  refuse(exchange, UNKNOWN)
}

type Answer = (exchange: Exchange, repository: Repository, rest: readonly string[]) => void | Promise<void>

/** Finds the repository that the segments begin with; refuses, or redirects to the canonical id or the whole sha. */
function withRepository(exchange: Exchange, segments: readonly string[], answer: Answer) {
  const [first = "", second] = segments
  const isSingle = second === undefined || SUBPAGES.has(second)
  const asked = isSingle ? first : `${first}/${second}`
  const repository = exchange.site.store.find(asked)
  const refusal = refusalOf(repository, exchange.visitor)
  if (repository === null || refusal !== null) return refuse(exchange, refusal ?? missing(exchange.visitor))
  if (repository.meta.id !== asked) return redirectId(exchange, asked, repository.meta.id)
  const rest = segments.slice(2)
  const full = rest[1] !== undefined && /^[0-9a-f]{7,39}$/.test(rest[1]) ? repository.commitAt(rest[1]) : null
  if (full !== null) return redirectId(exchange, rest[1] ?? "", full.sha)
  return answer(exchange, repository, rest)
}

function answerWhoAmI(exchange: Exchange) {
  if (exchange.visitor === "anonymous") refuse(exchange, NOT_LOGGED_IN)
  else sendJson(exchange, { type: "user", name: `test-${exchange.visitor}`, fullname: "Test", auth: { type: "access_token" } })
}
