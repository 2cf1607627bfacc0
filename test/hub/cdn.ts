import { type Exchange, type Site, send, sendRange } from "./exchange"
import type { LfsFacts, RepoFile } from "./files"
import type { Repository } from "./repository"

const PREFIX = "xet-bridge-us"
const XML = { "content-type": "application/xml" }

/** The address at the CDN that `resolve` leads to, good for a while. */
export function signedUrl(site: Site, { objectId }: Repository, file: RepoFile, { xetHash }: LfsFacts): string {
  const path = `/${PREFIX}/${objectId}/${xetHash}`
  const expires = Math.floor(site.now() / 1000 + site.signatureSeconds)
  const name = file.path.split("/").at(-1) ?? ""
  const policy = { Statement: [{ Resource: site.cdnOrigin + path, Condition: { DateLessThan: { "AWS:EpochTime": expires } } }] }
  const query = new URLSearchParams({
    "X-Xet-Cas-Uid": "public",
    "response-content-disposition": `inline; filename*=UTF-8''${encodeURIComponent(name)}; filename="${name.replaceAll('"', "")}";`,
    Expires: String(expires),
    Policy: Buffer.from(JSON.stringify(policy)).toString("base64").replaceAll("+", "-").replaceAll("=", "_").replaceAll("/", "~"),
    Signature: site.sign(path, expires),
    "Key-Pair-Id": "K2L8F4GPSG1IFC",
  })
  return `${site.cdnOrigin}${path}?${query}`
}

/** Everything that is asked of the CDN. */
export function answerCdn(exchange: Exchange) {
  const { response, segments, url, site, request } = exchange
  response.setHeader("access-control-allow-origin", "*")
  response.setHeader("access-control-expose-headers", "*")
  if (request.method === "OPTIONS") {
    return send(exchange, 200, { "access-control-allow-methods": "GET, HEAD", "access-control-allow-headers": "range" })
  }
  const [prefix, objectId = "", xetHash = ""] = segments
  const expires = Number(url.searchParams.get("Expires"))
  const signature = url.searchParams.get("Signature") ?? ""
  if (signature !== site.sign(url.pathname, expires) || expires * 1000 <= site.now()) {
    return send(
      exchange,
      403,
      XML,
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>',
    )
  }
  const file = prefix === PREFIX ? site.store.findContent(objectId, xetHash) : null
  if (file === null) return send(exchange, 404, XML, "<Error><Code>NoSuchKey</Code></Error>")
  sendRange(
    exchange,
    { etag: `"${xetHash}"`, "content-type": "application/octet-stream", "cache-control": "public, max-age=31536000" },
    file.content,
  )
}
