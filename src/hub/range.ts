import { badResponse, malformed, notARange } from "./errors"
import type { Answer, Window } from "./exchange"
import type { RangeAnswer } from "./types"

/** A server that ignores Range may still be used for files up to this size. */
const SMALL_FILE = 2 * 1024 * 1024
/** ... and while the size is not announced, for files that exceed the wanted window by no more than this. */
const SLACK = 64 * 1024

/** `Content-Range: bytes 0-99/1234` as [begin, end) and the file's size; null when absent, of unknown size or impossible. */
export function parseContentRange(header: string | null): (Window & { size: number }) | null {
  const match = /^\s*bytes\s+(\d{1,16})-(\d{1,16})\/(\d{1,16})\s*$/i.exec(header ?? "")
  if (match === null) return null
  const [begin, last, size] = match.slice(1).map(Number) as [number, number, number]
  return begin <= last && last < size && Number.isSafeInteger(size) ? { begin, end: last + 1, size } : null
}

/** How many body bytes an answer to a request for `window` may bring before it is given up. */
export function bodyLimit(window: Window, response: Response): number {
  const wanted = window.end - window.begin
  if (response.status === 206) return wanted
  return response.headers.has("content-length") ? Math.max(wanted + SLACK, SMALL_FILE) : wanted + SLACK
}

/** Whether a 206 stopped short of what it should hold: such an answer is worth a second try. */
export function isShort(window: Window, answer: Answer): boolean {
  if (answer.status !== 206 || !answer.whole) return false
  const range = parseContentRange(answer.headers.get("content-range"))
  return range !== null && range.begin === window.begin && answer.bytes.length < Math.min(window.end, range.size) - window.begin
}

/**
 * The bytes of `window` out of an answer with status 200, 206 or 416.
 *
 * @throws PedigreeError "not-a-range", "malformed" or "bad-response"
 */
export function takeRange(window: Window, answer: Answer, path: string): RangeAnswer {
  if (isPageInPlaceOf(path, answer.headers)) throw badResponse(path)
  const beyond = () => malformed(`${path} ends before byte ${window.begin}, where more was expected.`)
  if (answer.status === 416) throw beyond()
  if (answer.status === 200) {
    if (!answer.whole) throw notARange(path)
    const size = answer.bytes.length
    if (window.begin >= size) throw beyond()
    return { bytes: answer.bytes.slice(window.begin, window.end), size }
  }
  const range = parseContentRange(answer.headers.get("content-range"))
  if (answer.status !== 206 || range === null || !answer.whole) throw notARange(path)
  const wanted = Math.min(window.end, range.size) - window.begin
  if (range.begin !== window.begin || answer.bytes.length !== wanted || range.end - range.begin !== wanted) throw notARange(path)
  return { bytes: answer.bytes, size: range.size }
}

/** Whether a web page came where a file's bytes were asked for, as captive portals and proxies send it. */
export function isPageInPlaceOf(path: string, headers: Headers): boolean {
  return /^\s*text\/html\b/i.test(headers.get("content-type") ?? "") && !/\.html?$/i.test(path)
}
