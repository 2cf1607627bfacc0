import type { Refusal } from "./visitor"

/** Splits a revision from what follows it; `refs/pr/1` and `refs/convert/x` take three segments. */
export function takeRevision(segments: readonly string[]): [revision: string, rest: string[]] {
  const [first = "", ...rest] = segments
  return first === "refs" && rest.length >= 2 ? [segments.slice(0, 3).join("/"), segments.slice(3)] : [first, rest]
}

export const badRevision = (revision: string): Refusal => ({
  status: 404,
  code: "RevisionNotFound",
  message: `Invalid rev id: ${revision}`,
})

export const NO_ENTRY: Refusal = { status: 404, code: "EntryNotFound", message: "Entry not found" }
