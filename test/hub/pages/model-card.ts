import type { Exchange } from "../exchange"
import { fileText } from "../files"
import { countChildren } from "../properties"
import type { Repository } from "../repository"
import { escapeHtml, island } from "./html"
import { modelHeader } from "./model-header"

const SEPARATOR = '<div class="divider-column-vertical"></div>'
const heading = (text: string) => `<h2 class="mb-1.5 mt-2.5 text-smd font-semibold text-gray-800">${text}</h2>`
const CHILDREN: readonly [relation: string, plural: string][] = [
  ["adapter", "Adapters"],
  ["finetune", "Finetunes"],
  ["merge", "Merges"],
  ["quantized", "Quantizations"],
]
const IS_DERIVED: Record<string, string> = { adapter: "Adapter", finetune: "Finetuned", merge: "Merge model", quantized: "Quantized" }

/** The model card's tab: the card beside a column of boxes, which come first on narrow screens. */
export function modelCardPage(exchange: Exchange, repository: Repository): string {
  const { meta } = repository
  const gate = meta.gated === false ? "" : gateBox(meta.id, meta.gated)
  return `${modelHeader(exchange, repository, "model-card")}
<div class="container relative flex flex-col md:grid md:space-y-0 w-full md:grid-cols-12 space-y-4 md:gap-6">
<section class="pt-8 border-gray-100 md:col-span-7 pb-24 relative break-words copiable-code-container">
${gate}<div class="prose hf-sanitized">${renderCard(fileText(repository.head.files, "README.md") ?? "")}</div>
</section>
<section class="pt-8 border-gray-100 md:col-span-5 pt-6 md:pb-24 md:pl-6 md:border-l order-first md:order-none">
${downloadsBox(meta.downloads)}
${parametersBox(repository)}
${island("InferenceWidget", { providers: [] }, `<div class="box">${heading("Inference Providers")}<p class="note">This model isn't deployed by any Inference Provider.</p></div>`)}
${SEPARATOR}
${treeBox(exchange, repository)}
</section>
</div>`
}

function downloadsBox(downloads: number): string {
  return `<dl class="downloads"><dt class="text-sm text-gray-500">Downloads last month</dt><dd class="font-semibold">${downloads.toLocaleString("en")}</dd></dl>`
}

function parametersBox({ facts }: Repository): string {
  if (facts.safetensors === null) return ""
  const { parameters, total } = facts.safetensors
  const types = Object.keys(parameters).map((type) => `<span class="pill">${escapeHtml(type)}</span>`)
  const content = `<div class="box">${heading("Safetensors")}<div class="pills"><span class="pill"><i>Model size</i> ${short(total)} params</span><span class="pill"><i>Tensor type</i></span>${types.join("")}</div></div>`
  return island("ModelSafetensorsParams", { safetensors: facts.safetensors }, content) + SEPARATOR
}

/** 1234567 as `1.23M`. */
export function short(count: number): string {
  const [divisor, unit] = count >= 1e9 ? [1e9, "B"] : count >= 1e6 ? [1e6, "M"] : count >= 1e3 ? [1e3, "K"] : [1, ""]
  return `${Number((count / divisor).toPrecision(3))}${unit}`
}

/** "Model tree for": only for models with a declared parent or children. */
function treeBox({ site }: Exchange, repository: Repository): string {
  const { meta, facts } = repository
  const parents = site.store
    .parentTags(repository)
    .filter((tag) => tag.split(":").length === 2)
    .map((tag) => tag.slice("base_model:".length))
  const counts = countChildren(repository, site.store)
  if (parents.length === 0 && Object.values(counts).every((count) => count === 0)) return ""
  const rows = parents.map(
    (id) => `<div class="row"><span>Base model</span><a class="font-mono" href="/${escapeHtml(id)}">${escapeHtml(id)}</a></div>`,
  )
  rows.push(`<div class="row self"><span>${parents.length > 0 ? IS_DERIVED[facts.relation] : ""}</span><b>this model</b></div>`)
  for (const [relation, plural] of CHILDREN) {
    const count = counts[relation] ?? 0
    if (count === 0) continue
    const link = `/models?other=${encodeURIComponent(`base_model:${relation}:${meta.id}`)}`
    rows.push(`<div class="row"><span>${plural}</span><a href="${link}">${count} model${count === 1 ? "" : "s"}</a></div>`)
  }
  return `<div class="model-tree">${heading(`Model tree for <span class="font-mono">${escapeHtml(meta.id)}</span>`)}<div class="rows">${rows.join("")}</div></div>`
}

function gateBox(id: string, gated: string): string {
  const content = `<div class="gate"><h2>You need to agree to share your contact information to access this model</h2>
<p>This repository is publicly accessible, but you have to accept the conditions to access its files and content.</p>
<a class="button" href="/login?next=%2F${encodeURIComponent(id)}">Log in or Sign Up to review the conditions and access this model content.</a></div>`
  return island("RepoGatedModal", { modelId: id, gated, isLoggedIn: false }, content)
}

/** Headings, lists and paragraphs of the card as escaped text. */
function renderCard(readme: string): string {
  const text = readme.replace(/^\ufeff?---\r?\n[\s\S]*?\r?\n---\r?\n?/, "")
  return text
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter(Boolean)
    .map((block) => {
      const [, marks = "", title = ""] = /^(#{1,6}) (.+)$/s.exec(block) ?? []
      return marks ? `<h${marks.length}>${escapeHtml(title)}</h${marks.length}>` : `<p>${escapeHtml(block)}</p>`
    })
    .join("\n")
}
