import type { Proposal } from "./api-commit"
import type { SourceFile } from "./files"
import type { VirtualRepoOptions } from "./virtual"

/** What a request asked for: the Hub counts the first three separately, the CDN's not at all; assets are a page's scripts and styles. */
export type RequestKind = "api" | "resolver" | "page" | "cdn" | "asset"

export interface LoggedRequest {
  readonly method: string
  readonly host: string
  /** Path and query as sent. */
  readonly path: string
  readonly range: string | null
  readonly kind: RequestKind
  /** Whether a token came with it. */
  readonly withToken: boolean
  /** Whether any cookie came with it. */
  readonly withCookie: boolean
  /** Milliseconds by the Hub's clock when the request came. */
  readonly at: number
  /** 0 while unanswered or when the connection was cut before an answer. */
  status: number
  /** Bytes of the body sent so far. */
  bytes: number
}

export type FaultAction =
  | "429"
  | "500"
  | "503"
  | "403"
  | "200-instead-of-206"
  | "html"
  | "truncate"
  | "reset"
  | "hang"
  /** Answers properly, but `milliseconds` later. */
  | "delay"

export interface FaultRule {
  /** Tested against path and query; the CDN's addresses carry the file's name in their query. */
  readonly match: RegExp
  readonly action: FaultAction
  /** Applies to requests of this kind only. */
  readonly kind?: RequestKind
  /** How often it applies; always when absent. */
  readonly times?: number
  /** For `delay`; 1000 when absent. */
  readonly milliseconds?: number
}

/** Requests allowed per window; what is absent keeps the real Hub's numbers. */
export interface RateLimits {
  readonly api?: number
  readonly resolvers?: number
  readonly pages?: number
  readonly windowSeconds?: number
}

export interface MadeRepo {
  readonly id: string
  readonly files: readonly SourceFile[]
}

export interface HubOptions {
  /** Folders in Hub layout: `<root>/<owner>/<name>/...` and `<root>/hub.json`; of equal ids the first counts. */
  readonly roots: readonly string[]
  /** One HTTPS port that answers as huggingface.co and as its CDN by the Host header; otherwise two HTTP ports. */
  readonly tls?: boolean
  /** Port of the Hub; a free one when absent. */
  readonly port?: number
  readonly latencyMs?: number
  readonly rateLimits?: RateLimits
  readonly faults?: readonly FaultRule[]
  /** Life of a signed CDN address; an hour when absent. */
  readonly signatureSeconds?: number
  readonly now?: () => number
  /** Repositories whose bytes are made as they are asked for. */
  readonly virtualRepos?: readonly VirtualRepoOptions[]
  /** Repositories given as they are; of equal ids a folder's counts. */
  readonly madeRepos?: readonly MadeRepo[]
}

export interface RunningHub {
  /** Origin of the Hub: what `HF_ENDPOINT` takes over HTTP; `https://huggingface.co` with TLS. */
  readonly url: string
  readonly cdnUrl: string
  readonly port: number
  /** For Chromium's `--ignore-certificate-errors-spki-list`: base64 of the SHA-256 of the certificate's public key. */
  readonly spki: string
  readonly requests: readonly LoggedRequest[]
  /** Pull requests that were opened, as they came. */
  readonly proposals: readonly Proposal[]
  resetLog(): void
  setFaults(rules: readonly FaultRule[]): void
  /** Also starts fresh windows. */
  setRateLimits(limits: RateLimits): void
  setLatency(milliseconds: number): void
  /** Offline, every connection is cut, as soon as it is made. */
  setOffline(offline: boolean): void
  close(): Promise<void>
}
