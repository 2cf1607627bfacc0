import type { Repository } from "./repository"

/** Who asks, as far as a Bearer token or a browser's session tells. */
export type Visitor = "anonymous" | "plain" | "granted"

/** `hf_test_granted` may read gated and private repositories, `hf_test_plain` is merely logged in. */
const TOKENS = new Map<string, Visitor>([
  ["hf_test_granted", "granted"],
  ["hf_test_plain", "plain"],
])

/** The cookie of a browser that is logged in, as the real Hub calls it; its values are those of {@link SESSIONS}. */
const SESSION = /(?:^|;\s*)token=([^;\s]+)/
const SESSIONS = new Map<string, Visitor>([
  ["session-granted", "granted"],
  ["session-plain", "plain"],
])

/** Null for a token that nobody has. A token speaks before a session; a session that has ended is none. */
export function visitorOf({ authorization, cookie }: { authorization?: string | undefined; cookie?: string | undefined }): Visitor | null {
  if (authorization === undefined) return SESSIONS.get(SESSION.exec(cookie ?? "")?.[1] ?? "") ?? "anonymous"
  return TOKENS.get(/^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? "") ?? null
}

export interface Refusal {
  readonly status: number
  readonly message: string
  readonly code?: string
}

export const NOT_LOGGED_IN: Refusal = { status: 401, message: "Invalid username or password." }
export const missing = (visitor: Visitor): Refusal =>
  visitor === "anonymous" ? NOT_LOGGED_IN : { status: 404, code: "RepoNotFound", message: "Repository not found" }
const DISABLED: Refusal = { status: 403, message: "Access to this resource is disabled." }

/** Why this visitor may not know of the repository, or null. */
export function refusalOf(repository: Repository | null, visitor: Visitor): Refusal | null {
  if (repository === null || (repository.meta.private && visitor !== "granted")) return missing(visitor)
  return repository.meta.disabled ? DISABLED : null
}

export const isHidden = ({ meta }: Repository, visitor: Visitor) => meta.gated !== false && visitor !== "granted"

/** Why this visitor may not read files of the repository, or null. */
export function gateOf(repository: Repository, visitor: Visitor): Refusal | null {
  if (!isHidden(repository, visitor)) return null
  const { id } = repository.meta
  const restricted = `Access to model ${id} is restricted`
  return visitor === "anonymous"
    ? {
        status: 401,
        code: "GatedRepo",
        message: `${restricted}. You must have access to it and be authenticated to access it. Please log in.`,
      }
    : {
        status: 403,
        code: "GatedRepo",
        message: `${restricted} and you are not in the authorized list. Visit https://huggingface.co/${id} to ask for access.`,
      }
}
