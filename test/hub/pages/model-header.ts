import type { Exchange } from "../exchange"
import { describe } from "../properties"
import type { Repository } from "../repository"
import { escapeHtml, island } from "./html"

const ICONS: Record<string, string> = { "model-card": "Model card", files: "Files and versions", community: "Community" }

/** The island with title, tags and tabs; its props hold what the page knows of the model, yet no sha. */
export function modelHeader({ site, url }: Exchange, repository: Repository, activeTab: "model-card" | "files" | "community"): string {
  const { store } = site
  const { meta, facts } = repository
  const [owner = "", name = ""] = meta.id.split("/")
  const tags = store.tagsOf(repository)
  const author = {
    _id: repository.objectId,
    avatarUrl: "/avatars/default.svg",
    fullname: owner,
    name: owner,
    type: "org",
    isHf: false,
    followerCount: 3,
  }
  const names = [
    "cardData",
    "config",
    "createdAt",
    "downloads",
    "downloadsAllTime",
    "id",
    "lastModified",
    "likes",
    "pipeline_tag",
    "library_name",
  ]
  const model = {
    author: owner,
    ...describe(repository, [...names, "model-index", "private", "gated", "tags", "transformersInfo"], store, "anonymous"),
    ...{ cardExists: repository.head.files.has("README.md"), discussionsDisabled: false, discussionsSorting: "recently-created" },
    ...{ isLikedByUser: false, inference: "", librariesOther: [], trackDownloads: true, repoType: "model" },
    tag_objs: tags.map((id) => ({ id, label: id.replace(/^.*?:/, ""), type: tagType(id) })),
    ...(facts.safetensors && { safetensors: facts.safetensors }),
    ...{ hasBlockedOids: false, region: "us", isQuantized: facts.relation === "quantized", xetEnabled: true },
  }
  const props = {
    ...{ activeTab, author, canReadRepoSettings: false, canWriteRepoContent: false, canDisable: false, model },
    ...{
      discussionsStats: { closed: 0, open: 0, total: 0 },
      query: Object.fromEntries(url.searchParams),
      inferenceContextData: { billableEntities: [] },
    },
  }
  const chips = tags
    .filter((tag) => !tag.startsWith("base_model:") && !tag.startsWith("region:"))
    .map(
      (tag) =>
        `<a class="chip" href="/models?other=${encodeURIComponent(tag)}"><div class="tag tag-white"><span>${escapeHtml(tag)}</span></div></a>`,
    )
    .join("")
  const tabs = Object.entries({ "model-card": "", files: "/tree/main", community: "/discussions" })
    .map(([tab, path]) => `<a class="tab-alternate${tab === activeTab ? " active" : ""}" href="/${meta.id}${path}">${ICONS[tab]}</a>`)
    .join("")
  return island(
    "ModelHeader",
    props,
    `<header class="model-header from-gray-50-to-white border-b border-gray-100"><div class="container">
<h1 class="flex flex-wrap items-center"><a class="text-gray-400" href="/${owner}">${escapeHtml(owner)}</a><span class="slash">/</span><a class="font-mono font-semibold" href="/${meta.id}">${escapeHtml(name)}</a>
<button type="button" title="Copy model name to clipboard">copy</button><button type="button" title="Like" class="like">♡ like <b>${meta.likes}</b></button></h1>
<div class="chips">${chips}</div>
<div class="tabs">${tabs}</div>
</div></header>`,
  )
}

function tagType(tag: string): string {
  const [prefix = "", value] = tag.split(":")
  if (value === undefined) return "other"
  return ["license", "dataset", "region", "base_model", "arxiv"].includes(prefix) ? prefix : "other"
}
