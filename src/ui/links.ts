import { isModelId } from "~src/hub/ids"

/** First path segments of huggingface.co under which two segments are no model. */
const RESERVED = new Set(
  "datasets spaces kernels buckets models docs blog posts papers collections learn tasks organizations settings api login join new search enterprise pricing support chat brand inference jobs languages notifications oauth storage".split(
    " ",
  ),
)

/** The model's page on the Hub, or null for an id that is none (a local path in a card, a ghost). */
export const modelUrl = (id: string): string | null => (id.includes("/") && isModelId(id) ? `https://huggingface.co/${id}` : null)

/** The model that an address of the Hub belongs to, whichever of its tabs is open. */
export function modelOfUrl(url: string): string | null {
  const { protocol, hostname, pathname } = new URL(url)
  if (protocol !== "https:" || hostname !== "huggingface.co") return null
  const [owner = "", name = ""] = pathname.split("/").slice(1)
  const id = `${owner}/${name}`
  return !RESERVED.has(owner) && modelUrl(id) ? id : null
}
