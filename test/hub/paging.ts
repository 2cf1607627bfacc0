import { type Exchange, refuse } from "./exchange"

export interface Page<T> {
  readonly items: readonly T[]
  /** With `Link` when there is more. */
  readonly headers: Record<string, string>
}

/** The items that `limit` and `cursor` ask for; null when they were refused. */
export function takePage<T>(exchange: Exchange, all: readonly T[], usual: number, most: number): Page<T> | null {
  const { searchParams } = exchange.url
  const limit = Number(searchParams.get("limit") ?? usual)
  const cursor = searchParams.get("cursor")
  const begin = cursor === null ? 0 : Number(/^after:(\d+)$/.exec(Buffer.from(cursor, "base64url").toString())?.[1])
  const complaint =
    !Number.isInteger(limit) || limit < 1
      ? "✖ Invalid input: expected a positive whole number\n  → at limit"
      : limit > most
        ? `✖ Too big: expected number to be <=${most}\n  → at limit`
        : Number.isNaN(begin)
          ? "✖ Invalid cursor\n  → at cursor"
          : null
  if (complaint !== null) {
    refuse(exchange, { status: 400, message: complaint })
    return null
  }
  const end = begin + limit
  if (end >= all.length) return { items: all.slice(begin), headers: {} }
  return {
    items: all.slice(begin, end),
    headers: { link: nextLink(exchange, { cursor: Buffer.from(`after:${end}`).toString("base64url") }) },
  }
}

/** The same request with other parameters, as an absolute address. */
export function nextLink({ site, url }: Exchange, changes: Record<string, string>): string {
  const next = new URL(url.pathname + url.search, site.origin)
  for (const [name, value] of Object.entries(changes)) next.searchParams.set(name, value)
  return `<${next.href}>; rel="next"`
}
