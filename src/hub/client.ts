import { PedigreeError } from "~src/core/errors"
import { createCoalescer } from "./coalesce"
import { badResponse, fileRefusal, malformed, refusalError, type Subject } from "./errors"
import type { Answer, FileAddress } from "./exchange"
import { isModelId, isPath, isRevision, parseModelId, plain } from "./ids"
import { listUrl, nextPage } from "./list-query"
import { isPageInPlaceOf } from "./range"
import { createRangeReader } from "./resolve"
import { parseBlobs, parseModel, parseTreeEntry } from "./schemas"
import { createTransport, type HubOptions } from "./transport"
import type { Call, Hub, ModelRecord, RepoFile, RepoRef } from "./types"

/** The most bytes of one JSON answer: a list page of a thousand full records is a few MiB. */
const JSON_BYTES = 64 * 1024 * 1024
/** The most pages of a file tree: at a thousand entries each, more files than any model has. */
const TREE_PAGES = 100
/** File lists that came with records, kept until they are asked for; the oldest goes first. */
const MOST_LISTS = 256

/** A client for the Hub at `options.endpoint`. */
export function createHub(options: HubOptions): Hub {
  const endpoint = options.endpoint.replace(/\/+$/, "")
  const transport = createTransport({ ...options, endpoint })
  const ranges = createRangeReader(transport, options.now)
  const reads = createCoalescer()
  /** Cleared when the endpoint turns out not to know `expand` on lists. */
  let expands = true
  /** By `id@sha`. */
  const lists = new Map<string, readonly RepoFile[]>()

  function keep(record: ModelRecord, body: unknown): void {
    const files = record.revision === null ? null : parseBlobs(body)
    if (files === null) return
    lists.set(`${record.id}@${record.revision}`, files)
    const [oldest] = lists.keys()
    if (lists.size > MOST_LISTS && oldest !== undefined) lists.delete(oldest)
  }

  function json(url: string, subject: Subject, call: Call): Promise<{ body: unknown; answer: Answer }> {
    return reads.share(url, call, async (shared) => {
      const answer = await transport.send({ url, maxBytes: JSON_BYTES, weights: false }, shared)
      if (answer.status !== 200) throw refusalError(answer, subject)
      try {
        if (!answer.whole) throw new RangeError("too long")
        return { body: JSON.parse(new TextDecoder().decode(answer.bytes)) as unknown, answer }
      } catch {
        throw badResponse(new URL(url).pathname)
      }
    })
  }

  /** The items of up to `most` pages; `more` tells whether others follow. */
  async function pages(first: string, most: number, subject: Subject, call: Call): Promise<{ items: unknown[]; more: boolean }> {
    const items: unknown[] = []
    let url: string | null = first
    for (let page = 0; page < most && url !== null; page += 1) {
      const { body, answer }: { body: unknown; answer: Answer } = await json(url, subject, call)
      if (!Array.isArray(body)) throw badResponse(new URL(url).pathname)
      for (const item of body) items.push(item)
      url = nextPage(answer.headers.get("link"), url)
    }
    return { items, more: url !== null }
  }

  function address(ref: RepoRef, path: string): FileAddress {
    check(ref.id, ref.revision)
    if (!isPath(path))
      throw new PedigreeError("no-such-file", `"${plain(path, 200)}" is not a file's path.`, "Look at the model's list of files.")
    const url = `${endpoint}/${ref.id}/resolve/${encodeURIComponent(ref.revision)}/${path.split("/").map(encodeURIComponent).join("/")}`
    return { id: ref.id, path, url }
  }

  return {
    endpoint,

    async model(id, revision, call) {
      check(id, revision)
      const at = revision === null ? "" : `/revision/${encodeURIComponent(revision)}`
      const { body } = await json(`${endpoint}/api/models/${id}${at}?blobs=true`, { id }, call)
      const record = parseModel(body)
      if (record === null) throw badResponse(id)
      keep(record, body)
      return record
    },

    async list(query, call) {
      const subject = { id: null }
      const read = (full: boolean) => pages(listUrl(endpoint, query, full), query.maxPages ?? 1, subject, call)
      let found: { items: unknown[] }
      if (expands) {
        try {
          found = await read(false)
        } catch (error) {
          if (!(error instanceof PedigreeError && error.code === "bad-arguments")) throw error
          found = await read(true)
          expands = false
        }
      } else found = await read(true)
      return found.items.map(parseModel).filter((record): record is ModelRecord => record !== null)
    },

    async files(ref, call) {
      check(ref.id, ref.revision)
      const known = lists.get(`${ref.id}@${ref.revision}`)
      if (known !== undefined) return known
      const url = `${endpoint}/api/models/${ref.id}/tree/${encodeURIComponent(ref.revision)}?recursive=true`
      const { items, more } = await pages(url, TREE_PAGES, { id: ref.id }, call)
      if (more) throw malformed(`${ref.id} lists more files than Pedigree reads.`)
      const files = new Map<string, RepoFile>()
      for (const file of items.map(parseTreeEntry)) if (file !== null) files.set(file.path, file)
      return [...files.values()]
    },

    async text(ref, path, maxBytes, call) {
      const file = address(ref, path)
      return reads.share(`${file.url} ${maxBytes}`, call, async (shared) => {
        const answer = await transport.send({ url: file.url, maxBytes, weights: false }, shared)
        if (answer.status !== 200) throw fileRefusal(answer, file)
        if (isPageInPlaceOf(path, answer.headers)) throw badResponse(path)
        if (!answer.whole) throw malformed(`${plain(path, 200)} of ${ref.id} is longer than ${maxBytes} bytes.`)
        return new TextDecoder().decode(answer.bytes)
      })
    },

    async range(ref, path, begin, end, { purpose }, call) {
      const file = address(ref, path)
      if (!(Number.isSafeInteger(begin) && Number.isSafeInteger(end) && begin >= 0 && begin < end)) {
        throw new PedigreeError("bad-arguments", `Bytes ${begin} to ${end} are not a range.`, "Ask for at least one byte.")
      }
      return reads.share(`${file.url} ${begin}-${end}`, call, (shared) => ranges.read(file, { begin, end }, purpose === "weights", shared))
    },
  }
}

/** Refuses ids and revisions that would change the address they are put into. */
function check(id: string, revision: string | null): void {
  if (!isModelId(id)) parseModelId(id)
  if (revision !== null && !isRevision(revision)) {
    throw new PedigreeError("bad-arguments", `"${plain(revision, 100)}" is not a revision.`, "Give a branch, a tag or a commit's sha.")
  }
}
