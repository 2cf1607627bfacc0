/** What was read of a body. */
export interface Body {
  readonly bytes: Uint8Array
  /** "cut": longer than the limit, given up. "broken": the connection ended first. */
  readonly end: "whole" | "cut" | "broken"
}

/**
 * Reads at most `limit` bytes of a response's body. A longer one is cancelled: at once when `Content-Length` says so.
 *
 * @param touch called for each chunk that arrives
 */
export async function readBody(response: Response, limit: number, touch: () => void): Promise<Body> {
  const empty = new Uint8Array(0)
  if (response.body === null) return { bytes: empty, end: "whole" }
  if (Number(response.headers.get("content-length") ?? 0) > limit) {
    await response.body.cancel().catch(() => {})
    return { bytes: empty, end: "cut" }
  }
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  let end: Body["end"] = "whole"
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      touch()
      chunks.push(value)
      length += value.length
      if (length > limit) {
        end = "cut"
        await reader.cancel().catch(() => {})
        break
      }
    }
  } catch {
    end = "broken"
  }
  return { bytes: join(chunks, length), end }
}

/** A fresh array, also for one chunk: chunks may be unaligned views of larger buffers. */
function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
