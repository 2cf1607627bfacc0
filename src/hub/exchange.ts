/** Bytes [begin, end). */
export interface Window {
  readonly begin: number
  readonly end: number
}

/** One GET. */
export interface Ask {
  readonly url: string
  readonly window?: Window
  /** The most body bytes taken; for a window it follows from the window. */
  readonly maxBytes?: number
  /** Whether the body counts as bytes of weights. */
  readonly weights: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Where the answer came from in the end, after redirects. */
  readonly url: string
  readonly bytes: Uint8Array
  /** False when the body is longer than was allowed; `bytes` are then of no use. */
  readonly whole: boolean
}

/** A file at one commit. */
export interface FileAddress {
  readonly id: string
  readonly path: string
  /** `{endpoint}/{id}/resolve/{sha}/{path}` */
  readonly url: string
}
