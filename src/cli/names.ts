import { listModels } from "@huggingface/hub"
import { PedigreeError } from "~src/core/errors"
import { badResponse, refusalError } from "~src/hub/errors"
import { isModelId } from "~src/hub/ids"
import { createTransport, type HubOptions } from "~src/hub/transport"
import type { Call } from "~src/hub/types"

const LIST = "/api/models"
/** Lists are followed this far: meant for single authors and small private Hubs. */
const MOST_MODELS = 20_000
/** The library asks for 500 models a page; this bounds lists whose pages are short or empty. */
const MOST_PAGES = 100
/** The most bytes of one page. */
const PAGE_BYTES = 16 * 1024 * 1024

/**
 * The ids of the public models of `author`, or of all models of the endpoint (and of the private ones that the token may see).
 *
 * @throws PedigreeError as the Hub client does, "not-found" when there are none
 */
export async function listNames(options: HubOptions, author: string | undefined, signal: AbortSignal): Promise<string[]> {
  const call = { signal, meter: { add: () => undefined } }
  const search = author === undefined ? {} : { search: { owner: author } }
  const names = new Set<string>()
  try {
    const listed = listModels({ ...search, hubUrl: options.endpoint, limit: MOST_MODELS, fetch: listFetch(options, call) })
    for await (const { name } of listed) if (typeof name === "string" && isModelId(name)) names.add(name)
  } catch (thrown) {
    if (thrown instanceof PedigreeError) throw thrown
    // What the library stumbles over: no JSON, no list, items that are no objects.
    throw badResponse(LIST)
  }
  if (names.size > 0) return [...names]
  const whose = author === undefined ? "The endpoint lists no models." : `${author} has no models there.`
  throw new PedigreeError("not-found", whose, "Check the name and the endpoint.")
}

/**
 * A fetch for the library that is the Hub client's transport: its retries, budgets, bounds and errors. The token stays with the
 * transport, as the library accepts only one kind and would send it wherever a `Link` header leads; of the library's address only
 * the query is taken, for the same reason. Nothing is expanded: ids are always there, and not every server knows `expand`.
 */
function listFetch(options: HubOptions, call: Call): typeof fetch {
  const transport = createTransport(options)
  let pages = 0
  return async (input) => {
    const query = new URL(String(input)).searchParams
    query.delete("expand")
    const url = `${options.endpoint}${LIST}?${query}`
    const answer = await transport.send({ url, maxBytes: PAGE_BYTES, weights: false }, call)
    if (answer.status !== 200) throw refusalError(answer, { id: null })
    pages += 1
    if (!answer.whole || pages > MOST_PAGES) throw badResponse(LIST)
    return new Response(answer.bytes.slice(), { headers: answer.headers })
  }
}
