import { PedigreeError } from "~src/core/errors"

/** One segment of a model id: starts and ends with a letter, digit or underscore, at most 96 characters. */
const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/

/** Whether `id` can be a model on the Hub: `owner/name`, or the single name of a legacy model, which the Hub redirects. */
export function isModelId(id: string): boolean {
  const segments = id.split("/")
  return segments.length <= 2 && segments.every((part) => SEGMENT.test(part) && !/--|\.\.|\.git$/.test(part))
}

/** A model's name without its owner; a legacy model's id is its name. */
export function repositoryName(id: string): string {
  return id.slice(id.indexOf("/") + 1)
}

/**
 * Reads `owner/name` or `owner/name@revision` as people type it.
 *
 * @throws PedigreeError "bad-arguments" when the text cannot be a model's id.
 */
export function parseModelId(text: string): { id: string; revision: string | null } {
  const [, id = "", revision = null] = /^([^@]*)(?:@(.+))?$/s.exec(text.trim()) ?? []
  if (!isModelId(id) || (revision !== null && !isRevision(revision))) {
    throw new PedigreeError(
      "bad-arguments",
      `"${plain(text, 120)}" is not a model's id.`,
      "Give it as owner/name or owner/name@revision, as it stands in the model page's address.",
    )
  }
  return { id, revision }
}

/** A branch, tag, pull request ref or sha; never something that changes the address around it. */
export function isRevision(revision: string): boolean {
  return /^[\w.+/-]{1,255}$/.test(revision) && isPath(revision)
}

/** Whether `path` is a plain relative path: dot segments would be resolved away by the URL parser and name another file. */
export function isPath(path: string): boolean {
  return path.length <= 1024 && !/[\p{Cc}\\]/u.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..")
}

/** Words from outside, fit for a sentence: one line, no control characters, at most `length` characters. */
export function plain(text: string, length: number): string {
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim()
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}
