import { type Exchange, refuse, send } from "./exchange"
import { STYLE } from "./pages/style"

/** Before the first paint: dark mode by cookie, by `?theme=dark`, or as the system has it. */
const THEME = `(() => {
  const wished = new URLSearchParams(location.search).get("theme") ?? /(?:^|; )theme=(\\w+)/.exec(document.cookie)?.[1]
  const dark = wished ? wished === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
  document.documentElement.classList.toggle("dark", dark)
})()
`

/** Hydration as Svelte does it: after load each island's content is replaced by the page's own; what others put there is gone. */
const HYDRATION = `(() => {
  const islands = [...document.querySelectorAll(".SVELTE_HYDRATER")]
  const own = islands.map((island) => [...island.childNodes].map((node) => node.cloneNode(true)))
  addEventListener("load", () => setTimeout(() => {
    islands.forEach((island, i) => island.replaceChildren(...own[i]))
    document.documentElement.dataset.hydrated = "true"
  }, 50))
})()
`

const ASSETS: Record<string, readonly [type: string, text: string]> = {
  "style.css": ["text/css", STYLE],
  "theme.js": ["text/javascript", THEME],
  "index.js": ["text/javascript", HYDRATION],
}

/** `/front/build/{build}/{name}`. */
export function answerAsset(exchange: Exchange): void {
  const [type, text] = ASSETS[exchange.segments[3] ?? ""] ?? []
  if (type === undefined) refuse(exchange, { status: 404, message: "Not Found" })
  else send(exchange, 200, { "content-type": `${type}; charset=utf-8`, "cache-control": "public, max-age=31536000, immutable" }, text)
}
