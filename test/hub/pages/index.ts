import { redirectId } from "../api-models"
import { type Exchange, sendPage } from "../exchange"
import type { Repository } from "../repository"
import { takeRevision } from "../revisions"
import { refusalOf } from "../visitor"
import { document, type Layout } from "./html"
import { modelCardPage } from "./model-card"
import { blobPage, otherTabPage, treePage } from "./model-files"
import { collectionPage, listPage, notFoundPage, otherRepoPage, ownerPage, plainPage } from "./other-pages"

/** First segments that are no user, beside the two kinds of repositories below. */
const RESERVED = new Set(
  (
    "docs blog pricing login join settings organizations new search posts papers collections tasks enterprise chat huggingface brand terms " +
    "privacy front js buckets kernels inference jobs languages learn metrics notifications oauth storage support welcome changelog"
  ).split(" "),
)
const SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; connect-src 'self' https://*.hf.co; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"

type Shown = Pick<Layout, "title" | "main" | "kind" | "thumbnail"> & { readonly status?: number }

/** Every page that is HTML. */
export function answerPage(exchange: Exchange) {
  const shown = choosePage(exchange)
  if (shown === "redirected") return
  const { request, response, url } = exchange
  response.setHeader("content-security-policy", SECURITY)
  response.setHeader("cross-origin-opener-policy", "same-origin")
  response.setHeader("referrer-policy", "strict-origin-when-cross-origin")
  const isDark = url.searchParams.get("theme") === "dark" || /(?:^|;\s*)theme=dark(?:;|$)/.test(request.headers.cookie ?? "")
  sendPage(exchange, document({ path: url.pathname, isDark, ...shown }), shown.status ?? 200)
}

function choosePage(exchange: Exchange): Shown | "redirected" {
  const { segments, site, visitor } = exchange
  const [first = "", second, ...rest] = segments
  const kind = first === "datasets" || first === "spaces" ? first : null
  if (first === "" || (kind && second === undefined)) return named(first === "" ? "Home" : first)
  if (first === "models" && second === undefined) return { ...named("Models"), main: listPage(exchange) }
  if (kind && second !== undefined)
    return rest.length > 0
      ? { ...named(`${second}/${rest[0]}`), main: otherRepoPage(kind, `${second}/${rest[0]}`), thumbnail: `${kind}/${second}/${rest[0]}` }
      : notFound(404)
  if (first === "collections" && second !== undefined && rest[0] !== undefined)
    return { ...named(rest[0]), main: collectionPage(exchange, second, rest[0]) }
  if (RESERVED.has(first)) return named(segments.join(" / "))
  const asked = second === undefined ? first : `${first}/${second}`
  const repository = site.store.find(asked)
  if ((second === undefined || second === "models") && repository === null) return owner(exchange, first)
  if (repository === null || refusalOf(repository, visitor)) return notFound(repository?.meta.disabled ? 403 : 401)
  if (repository.meta.id !== asked) {
    redirectId(exchange, asked, repository.meta.id)
    return "redirected"
  }
  return modelTab(exchange, repository, rest)
}

function modelTab(exchange: Exchange, repository: Repository, [tab, ...rest]: readonly string[]): Shown {
  const { id } = repository.meta
  const [revision, path] = takeRevision(rest)
  const model = (kind: string, main: string | null): Shown =>
    main === null ? notFound(404) : { title: `${id} · Hugging Face`, kind, thumbnail: `models/${id}`, main }
  if (tab === undefined) return model("ModelPage", modelCardPage(exchange, repository))
  if (tab === "tree") return model("ViewerIndexPage", treePage(exchange, repository, revision, path.join("/")))
  if (tab === "blob") return model("ViewerBlobPage", blobPage(exchange, repository, revision, path.join("/")))
  if (["discussions", "settings", "commits", "commit", "edit"].includes(tab))
    return model("DiscussionsPage", otherTabPage(exchange, repository, tab))
  return notFound(404)
}

function owner(exchange: Exchange, name: string): Shown {
  const main = ownerPage(exchange, name)
  return main === null ? notFound(404) : { ...named(name), main, kind: "UserPage", thumbnail: name }
}

const named = (title: string): Shown => ({
  title: `${title} · Hugging Face`,
  kind: "PlainPage",
  thumbnail: "front",
  main: plainPage(title),
})
const notFound = (status: number): Shown => ({
  title: `${status} · Hugging Face`,
  kind: "NotFoundPage",
  thumbnail: "front",
  status,
  main: notFoundPage(status),
})
