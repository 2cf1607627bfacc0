import type { Exchange } from "./exchange"

/** Bodies beyond this are read and dropped. */
const MOST_BODY = 4 * 1024 * 1024

/** The body as text; "" when it is too long. */
export async function readBody({ request }: Exchange): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size <= MOST_BODY) parts.push(part)
  }
  return size <= MOST_BODY ? Buffer.concat(parts).toString("utf8") : ""
}
