import { type Exchange, refuse, sendJson } from "./exchange"
import type { Repository } from "./repository"
import { readBody } from "./request-body"
import { NOT_LOGGED_IN } from "./visitor"
import { asObject } from "./weights-header"

/** A pull request as it was opened; the repository itself stays as it is. */
export interface Proposal {
  readonly id: string
  readonly summary: string
  readonly description: string
  readonly parentCommit: string | null
  readonly files: readonly { readonly path: string; readonly text: string }[]
}

const BAD = { status: 400, message: "✖ Invalid input\n  → at body" }

/** Whoever is logged in may open a pull request. `POST /api/models/{id}/preupload/{rev}`: every file is small enough to travel in the commit. */
export async function answerPreupload(exchange: Exchange): Promise<void> {
  if (exchange.visitor === "anonymous") return refuse(exchange, NOT_LOGGED_IN)
  const { files } = asObject(parse(await readBody(exchange)))
  if (!Array.isArray(files)) return refuse(exchange, BAD)
  const answers = files.map((file) => ({ path: String(asObject(file).path), uploadMode: "regular", shouldIgnore: false }))
  sendJson(exchange, { files: answers })
}

/** `POST /api/models/{id}/commit/{rev}?create_pr=1` with one JSON object a line; commits to a branch are not taken. */
export async function answerCommit(exchange: Exchange, { meta, head }: Repository): Promise<void> {
  if (exchange.visitor === "anonymous") return refuse(exchange, NOT_LOGGED_IN)
  const lines = (await readBody(exchange)).split("\n").map((line) => asObject(parse(line)))
  const header = asObject(lines.find(({ key }) => key === "header")?.value)
  const files = lines.filter(({ key }) => key === "file").map(({ value }) => asObject(value))
  const isWhole = typeof header.summary === "string" && files.length > 0 && files.every(({ encoding }) => encoding === "base64")
  if (!isWhole || exchange.url.searchParams.get("create_pr") !== "1") return refuse(exchange, BAD)
  const parentCommit = typeof header.parentCommit === "string" ? header.parentCommit : null
  if (parentCommit !== null && parentCommit !== head.sha) return refuse(exchange, { status: 412, message: "A commit has happened since." })
  const { proposals, origin } = exchange.site
  proposals.push({
    id: meta.id,
    summary: String(header.summary),
    description: String(header.description ?? ""),
    parentCommit,
    files: files.map(({ path, content }) => ({ path: String(path), text: Buffer.from(String(content), "base64").toString("utf8") })),
  })
  const page = `${origin}/${meta.id}`
  const commitOid = head.sha.split("").reverse().join("")
  sendJson(exchange, {
    success: true,
    commitOid,
    commitUrl: `${page}/commit/${commitOid}`,
    pullRequestUrl: `${page}/discussions/${proposals.length}`,
    hookOutput: "",
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
