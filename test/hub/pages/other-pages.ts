import { selectRepositories, sorted } from "../api-list"
import type { Exchange } from "../exchange"
import type { Repository } from "../repository"
import { escapeHtml, island } from "./html"
import { short } from "./model-card"

/** An item of a list of models. */
function article({ meta, facts }: Repository): string {
  const size = facts.parameters === null ? "" : `<span title="Number of parameters">${short(facts.parameters)}</span> • `
  return `<article class="overview-card-wrapper group/repo"><a href="/${meta.id}"><header title="${meta.id}"><h4 class="text-md truncate font-mono">${meta.id}</h4></header>
<div class="note">${escapeHtml(facts.pipeline ?? "")} • ${size}Updated <time datetime="${meta.lastModified}">${meta.lastModified.slice(0, 10)}</time> • ↓ ${short(meta.downloads)} • ♡ ${meta.likes}</div></a></article>`
}

/** A dataset looks the same, but for its address. */
const datasetArticle = (id: string): string =>
  `<article class="overview-card-wrapper group/repo"><a href="/datasets/${id}"><header title="${id}"><h4 class="text-md truncate font-mono">${id}</h4></header><div class="note">Viewer • Updated 3 days ago</div></a></article>`

const articles = (repositories: readonly Repository[]) => `<div class="grid-list">${repositories.map(article).join("")}</div>`

/** The page's own words for the orders of the list. */
const SORTS: Readonly<Record<string, string>> = { created: "createdAt", modified: "lastModified", downloads: "downloads", likes: "likes" }
const PAGE = 30

/** `/models`. */
export function listPage(exchange: Exchange): string {
  const { searchParams } = exchange.url
  const order = SORTS[searchParams.get("sort") ?? ""] ?? "trendingScore"
  const found = sorted(selectRepositories(searchParams, exchange.site.store, "anonymous"), order, "-1")
  const from = PAGE * Number(searchParams.get("p") ?? 0)
  return `<div class="container list"><h1>Models <span class="note">${found.length}</span></h1>${island("ModelList", { numTotalItems: found.length }, articles(found.slice(from, from + PAGE)))}</div>`
}

/** `/{user or organisation}`; null when nobody of that name has a model. */
export function ownerPage(exchange: Exchange, owner: string): string | null {
  const query = new URLSearchParams({ author: owner })
  const found = selectRepositories(query, exchange.site.store, "anonymous")
  if (found.length === 0) return null
  return `<div class="container list">${island("UserProfile", { u: { user: owner } }, `<h1>${escapeHtml(owner)}</h1>`)}<h2>Models ${found.length}</h2>${articles(found)}</div>`
}

/** A collection: every model that has one of the words of its address in its name, and a dataset. */
export function collectionPage(exchange: Exchange, owner: string, slug: string): string {
  const words = slug.split("-")
  const found = exchange.site.store.repositories.filter(
    ({ meta }) => !meta.private && words.some((word) => meta.id.split("/")[1]?.includes(word)),
  )
  const items = `<div class="grid-list">${found.map(article).join("")}${datasetArticle(`${escapeHtml(owner)}/words`)}</div>`
  return `<div class="container list">${island("CollectionHeader", { collection: { slug } }, `<h1>${escapeHtml(slug)}</h1>`)}${items}</div>`
}

/** A dataset's or a space's page: like a model's, with another header. */
export function otherRepoPage(kind: "datasets" | "spaces", id: string): string {
  const [owner = "", name = ""] = id.split("/")
  const header = `<header class="model-header"><div class="container"><h1><a class="text-gray-400" href="/${escapeHtml(owner)}">${escapeHtml(owner)}</a><span class="slash">/</span><a class="font-mono" href="/${kind}/${escapeHtml(id)}">${escapeHtml(name)}</a></h1>
<div class="tabs"><a class="tab-alternate active" href="/${kind}/${escapeHtml(id)}">${kind === "datasets" ? "Dataset card" : "App"}</a></div></div></header>`
  const island_ =
    kind === "datasets"
      ? island("DatasetHeader", { activeTab: "dataset-card", dataset: { id } }, header)
      : island("SpaceHeader", { activeTab: "app", space: { id } }, header)
  return `${island_}
<div class="container relative flex flex-col md:grid md:grid-cols-12"><section class="pt-8 border-gray-100 md:col-span-7"><div class="prose hf-sanitized"><h1>${escapeHtml(name)}</h1><p>Not a model.</p></div></section>
<section class="pt-8 border-gray-100 md:col-span-5"><dl class="downloads"><dt>Downloads last month</dt><dd>17</dd></dl></section></div>`
}

/** Pages that only have a title: collections, documentation, papers, settings and the like. */
export function plainPage(title: string): string {
  return `<div class="container"><section class="pt-8 prose"><h1>${escapeHtml(title)}</h1><p>A page of the site that shows no model.</p></section></div>`
}

export function notFoundPage(status: number): string {
  return `<div class="container not-found"><h1>${status}</h1><p>Sorry, we can't find the page you are looking for.</p></div>`
}
