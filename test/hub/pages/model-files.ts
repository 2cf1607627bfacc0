import type { Exchange } from "../exchange"
import type { RepoFile } from "../files"
import type { Repository } from "../repository"
import { gateOf } from "../visitor"
import { escapeHtml, island } from "./html"
import { modelHeader } from "./model-header"

/** `/tree/{rev}[/path]`; null when there is no such folder. */
export function treePage(exchange: Exchange, repository: Repository, revision: string, folder: string): string | null {
  const commit = repository.commitAt(revision)
  if (commit === null) return null
  const prefix = folder === "" ? "" : `${folder}/`
  const inside = [...commit.files.values()].filter(({ path }) => path.startsWith(prefix))
  if (inside.length === 0 && folder !== "") return null
  const names = [...new Set(inside.map(({ path }) => path.slice(prefix.length).split("/")[0] ?? ""))]
  const rows = names.map((name) => row(repository, revision, prefix + name, commit.files.get(prefix + name)))
  return `${modelHeader(exchange, repository, "files")}
<div class="container files">${island("ViewerHeader", { revision, path: folder }, `<div class="branch">main ▾ <b>${escapeHtml(repository.meta.id.split("/")[1] ?? "")}</b></div>`)}
${island("LastCommit", { commit: { id: commit.sha, title: commit.title, date: commit.date } }, `<div class="commit">${escapeHtml(commit.title)} <span class="font-mono">${commit.sha.slice(0, 7)}</span></div>`)}
${island("ViewerIndexTreeList", { repoId: repository.meta.id }, `<ul class="listing">${rows.join("")}</ul>`)}</div>`
}

function row({ meta }: Repository, revision: string, path: string, file: RepoFile | undefined): string {
  const link = `/${meta.id}/${file ? "blob" : "tree"}/${encodeURIComponent(revision)}/${path.split("/").map(encodeURIComponent).join("/")}`
  const size = file ? `${file.content.size.toLocaleString("en")} Bytes` : ""
  return `<li><a href="${link}">${file ? "▪" : "▸"} ${escapeHtml(path.split("/").at(-1) ?? "")}</a><span>${size}</span><span>${file?.lfs ? "xet" : ""}</span></li>`
}

/** `/blob/{rev}/{path}`; null when there is no such file. */
export function blobPage(exchange: Exchange, repository: Repository, revision: string, path: string): string | null {
  const file = repository.commitAt(revision)?.files.get(path)
  if (file === undefined) return null
  const gate = gateOf(repository, exchange.visitor)
  const shown =
    gate !== null ? gate.message : (file.lfs?.pointer ?? file.content.read(0, Math.min(file.content.size, 100_000)).toString("utf8"))
  return `${modelHeader(exchange, repository, "files")}
<div class="container files">${island("ViewerHeader", { revision, path }, `<div class="branch">main ▾ <b>${escapeHtml(path)}</b></div>`)}<pre class="blob">${escapeHtml(shown)}</pre></div>`
}

/** `/discussions`, `/settings`, `/commits/...`: further tabs of a model, which hold nothing here. */
export function otherTabPage(exchange: Exchange, repository: Repository, title: string): string {
  return `${modelHeader(exchange, repository, "community")}
<div class="container"><section class="pt-8"><h2>${escapeHtml(title)}</h2><p class="note">Nothing here yet.</p></section></div>`
}
