import { selectRepositories } from "../api-list"
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

const articles = (repositories: readonly Repository[]) => `<div class="grid-list">${repositories.map(article).join("")}</div>`

/** `/models`. */
export function listPage(exchange: Exchange): string {
  const found = selectRepositories(exchange.url.searchParams, exchange.site.store, "anonymous")
  return `<div class="container list"><h1>Models <span class="note">${found.length}</span></h1>${island("ModelList", { numTotalItems: found.length }, articles(found.slice(0, 30)))}</div>`
}

/** `/{user or organisation}`; null when nobody of that name has a model. */
export function ownerPage(exchange: Exchange, owner: string): string | null {
  const query = new URLSearchParams({ author: owner })
  const found = selectRepositories(query, exchange.site.store, "anonymous")
  if (found.length === 0) return null
  return `<div class="container list">${island("UserProfile", { u: { user: owner } }, `<h1>${escapeHtml(owner)}</h1>`)}<h3>Models ${found.length}</h3>${articles(found)}</div>`
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
