import { commit, HubApiError } from "@huggingface/hub"
import { PedigreeError } from "~src/core/errors"
import { plain } from "~src/hub/ids"
import type { Repair } from "./repair"

export interface Sending {
  readonly endpoint: string
  readonly token: string
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

/**
 * Opens a pull request with a repair that a person agreed to.
 * @returns its address at the endpoint
 * @throws PedigreeError when the Hub refuses it or cannot be reached
 */
export async function openPullRequest(repair: Repair, { endpoint, token, fetch, signal }: Sending): Promise<string> {
  const sent = await commit({
    repo: { type: "model", name: repair.model },
    title: repair.title,
    description: repair.description,
    parentCommit: repair.revision,
    isPullRequest: true,
    operations: [{ operation: "addOrUpdate", path: "README.md", content: new Blob([repair.card]) }],
    accessToken: token,
    hubUrl: endpoint,
    // A card is text of some kilobytes: the large files' own protocol has nothing to do here.
    useXet: false,
    fetch: (...request) => fetch(...request),
    abortSignal: signal,
  }).catch((error: unknown) => {
    throw refusal(error)
  })
  const url = sent?.pullRequestUrl
  if (url?.startsWith(`${endpoint}/`)) return url
  throw new PedigreeError("bad-response", "The Hub took the change but named no pull request.", "Look at the model's Community tab.", {
    worded: { as: "no_pull_request", values: {} },
  })
}

function refusal(error: unknown): PedigreeError {
  if (!(error instanceof HubApiError))
    return new PedigreeError("offline", "The Hub could not be reached; nothing was sent.", "Check the connection, then try again.", {
      worded: { as: "not_sent", values: {} },
    })
  const words = plain(error.message, 200)
  if (error.statusCode === 401 || error.statusCode === 403)
    return new PedigreeError(
      "gated",
      `The Hub did not take the change from this token (${words}).`,
      "Give the extension a token that may write discussions, in its options.",
      { worded: { as: "token_refused", values: { detail: words } } },
    )
  return new PedigreeError("bad-response", `The Hub did not take the change (${words}).`, "Reload the page and try again.", {
    worded: { as: "change_refused", values: { detail: words } },
  })
}
