import type { Repair } from "~src/app/repair"
import type { LineageReport } from "~src/app/report"
import { isModelId, isPath, plain } from "~src/hub/ids"

/** Longer addresses are cut by browsers and servers. */
const LONGEST_TEXT = 4_000

/** First path segments of huggingface.co under which two segments are no model. */
const RESERVED = new Set(
  "datasets spaces kernels buckets models docs blog posts papers collections learn tasks organizations settings api login join new search enterprise pricing support chat brand inference jobs languages notifications oauth storage".split(
    " ",
  ),
)

/** The model's page on the Hub, or null for an id that is none (a local path in a card, a ghost). */
export const modelUrl = (id: string): string | null => (id.includes("/") && isModelId(id) ? `https://huggingface.co/${id}` : null)

/** The model that an address of the Hub belongs to, whichever of its tabs is open. */
export function modelOfUrl(url: string): string | null {
  const { protocol, hostname, pathname } = new URL(url)
  if (protocol !== "https:" || hostname !== "huggingface.co") return null
  const [owner = "", name = ""] = pathname.split("/").slice(1)
  const id = `${owner}/${name}`
  return !RESERVED.has(owner) && modelUrl(id) ? id : null
}

/** A file of a model at a commit, as the Hub shows it; null for what cannot be one. */
export function fileUrl(id: string, revision: string, path: string): string | null {
  const page = modelUrl(id)
  if (!page || !isPath(path) || !/^[0-9a-f]{7,64}$/.test(revision)) return null
  return `${page}/blob/${revision}/${path.split("/").map(encodeURIComponent).join("/")}`
}

/** The Hub's own editor of a model's card; without the right to write, saving there makes a pull request. */
export const editorUrl = (model: string): string | null => {
  const page = modelUrl(model)
  return page && `${page}/edit/main/README.md`
}

/** A new discussion of the model with the repair filled in; it is the person who posts it. */
export function discussionUrl({ model, title, description, frontMatter }: Repair): string | null {
  const page = modelUrl(model)
  const lines = `${description}\n\nProposed metadata:\n\n\`\`\`yaml\n${frontMatter}\`\`\`\n`
  const text = lines.length <= LONGEST_TEXT ? lines : `${description.slice(0, LONGEST_TEXT)}\n`
  return page && withQuery(`${page}/discussions/new`, { title, description: text })
}

/** A report that an answer is wrong, filled in and not sent, on the page of those who make this program. */
export function wrongUrl({ model, revision, verdict, reason, parents, engine }: LineageReport, projectPage: string): string {
  const found = parents.map(({ id, relation, probability }) => `- ${plain(id, 200)}: ${relation}, ${probability.toFixed(3)}`)
  const body = [
    `Model: ${model} at ${revision}`,
    `Engine: ${engine}`,
    `Verdict: ${verdict}. ${plain(reason, 600)}`,
    ...(found.length > 0 ? [["Parents:", ...found].join("\n")] : []),
    "What is wrong, and how you know:",
    "",
  ].join("\n\n")
  return withQuery(`${projectPage}/issues/new`, { title: `Wrong answer for ${model}`, body: body.slice(0, LONGEST_TEXT) })
}

const withQuery = (address: string, query: Record<string, string>): string => `${address}?${new URLSearchParams(query)}`
