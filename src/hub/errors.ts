import { PedigreeError } from "~src/core/errors"
import type { Answer, FileAddress } from "./exchange"
import { plain } from "./ids"

/** What a request was about, for the sentence. */
export interface Subject {
  /** The model's id, or null for a list. */
  readonly id: string | null
  /** The file, where the request was for one. */
  readonly path?: string
}

const LATER = "Try again in a few minutes."

/** The typed error for an error status of the Hub (its codes and messages: `X-Error-Code`, `X-Error-Message`, a JSON body). */
export function refusalError(refusal: Answer, subject: Subject): PedigreeError {
  const { status, headers } = refusal
  const code = headers.get("x-error-code")
  const words = serverWords(refusal)
  const model = subject.id ?? "the list of models"
  const says = words === "" ? "" : ` (${words})`

  if (code === "GatedRepo" || ((status === 401 || status === 403) && /\brestricted\b|\bgated\b/i.test(words))) {
    const advice = `Ask for access on the page of ${model}, then let Pedigree read with the account that has it: by its token, or in the browser by your login.`
    const message = `${model} is gated: its files cannot be read without permission.`
    return new PedigreeError("gated", message, advice, { worded: { as: "gated", values: { model } } })
  }
  if (status === 451 || (status === 403 && /\bdisabled\b/i.test(words))) {
    const worded = { as: "disabled", values: { model } }
    return new PedigreeError("disabled", `The Hub has disabled ${model}.`, "Its page may say why; there is nothing to read.", { worded })
  }
  if (code === "RevisionNotFound") {
    const worded = { as: "no_revision", values: { model } }
    return new PedigreeError("not-found", `${model} has no such revision.`, "Choose a branch, tag or commit from its list of commits.", {
      worded,
    })
  }
  if (code === "EntryNotFound" || (status === 404 && code === null && subject.path !== undefined)) {
    const path = plain(subject.path ?? "", 200)
    const worded = { as: "no_file", values: { model, path } }
    return new PedigreeError("no-such-file", `${model} has no file ${path}.`, "Look at the model's list of files.", { worded })
  }
  if (status === 401 || status === 403 || status === 404 || status === 410) {
    const advice = "Check the spelling; for a private model give a token that may read it."
    return new PedigreeError("not-found", `${model} is missing or private.`, advice, { worded: { as: "missing", values: { model } } })
  }
  if (status === 400) {
    return new PedigreeError(
      "bad-arguments",
      `The Hub does not accept the request for ${model}${says}.`,
      "Check the revision or the search.",
      { worded: { as: "refused", values: { model, status } } },
    )
  }
  if (status >= 500)
    return new PedigreeError("bad-response", `The Hub failed with error ${status}.`, LATER, {
      worded: { as: "server", values: { status } },
    })
  const message = `The Hub refused the request for ${model} with status ${status}${says}.`
  return new PedigreeError("bad-response", message, LATER, { worded: { as: "refused", values: { model, status } } })
}

/**
 * The typed error for an error status to a request for a file. Only the Hub's own statuses speak of the model; those of the server that
 * it redirects to speak of the signed address.
 */
export function fileRefusal(refusal: Answer, file: FileAddress): PedigreeError {
  if (new URL(refusal.url).origin === new URL(file.url).origin) return refusalError(refusal, file)
  const [path, status] = [plain(file.path, 200), refusal.status]
  return new PedigreeError(
    "bad-response",
    `The Hub's file server refuses ${path} with status ${status}.`,
    "Try again in a few minutes; if it stays, the computer's clock or a proxy may be at fault.",
    { worded: { as: "file_server", values: { path, status } } },
  )
}

/** An answer that is not what the Hub sends, such as a login page in place of JSON. */
export function badResponse(what: string): PedigreeError {
  return new PedigreeError(
    "bad-response",
    `The answer for ${plain(what, 200)} is not what the Hub sends.`,
    "Check the network (a login page or proxy may be in between) and try again.",
    { worded: { as: "answer", values: { what: plain(what, 200) } } },
  )
}

/** A file or answer whose bytes are not what they claim to be. */
export function malformed(sentence: string): PedigreeError {
  const worded = { as: "broken_answer", values: { detail: sentence } }
  return new PedigreeError("malformed", sentence, "Try again; if it stays, the file on the Hub is damaged.", { worded })
}

/** The server does not serve parts of files. */
export function notARange(path: string): PedigreeError {
  return new PedigreeError(
    "not-a-range",
    `The server does not serve parts of ${plain(path, 200)}.`,
    "Use an endpoint or mirror that answers Range requests.",
    { worded: { as: "no_parts", values: { path: plain(path, 200) } } },
  )
}

/** No answer at all. */
export function offline(host: string): PedigreeError {
  const worded = { as: "unreachable", values: { host } }
  return new PedigreeError("offline", `${host} could not be reached.`, "Check the connection, then try again.", { worded })
}

/** The server's own sentence: API routes send it as JSON, others as plain text, most as a header too. */
function serverWords({ headers, bytes }: Answer): string {
  const header = headers.get("x-error-message")
  if (header !== null) return plain(header, 200)
  const type = headers.get("content-type") ?? ""
  const body = new TextDecoder().decode(bytes)
  if (type.startsWith("text/plain")) return plain(body, 200)
  if (!type.includes("json")) return ""
  try {
    const json: unknown = JSON.parse(body)
    const error = typeof json === "object" && json !== null && "error" in json ? json.error : null
    return typeof error === "string" ? plain(error, 200) : ""
  } catch {
    return ""
  }
}
