/** Text for between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign)
}

/** A Svelte island with server-rendered content; like the real Hub it escapes only `"` and `&` in the props. */
export function island(name: string, props: unknown, content = "", classes = "contents"): string {
  const json = JSON.stringify(props).replaceAll("&", "&amp;").replaceAll('"', "&quot;")
  return `<div class="SVELTE_HYDRATER ${classes}" data-target="${name}" data-props="${json}">${content}</div>`
}

export interface Layout {
  readonly title: string
  /** Path of the canonical address. */
  readonly path: string
  /** Path of the preview picture, which tells the kinds of pages apart. */
  readonly thumbnail: string
  /** The last class of the body, which names the kind of page. */
  readonly kind: string
  readonly isDark: boolean
  readonly main: string
}

const SITE = "https://huggingface.co"
const SECTIONS = ["Models", "Datasets", "Spaces", "Docs", "Pricing"]

/** A complete document in the frame that all pages share. */
export function document({ title, path, thumbnail, kind, isDark, main }: Layout): string {
  const sections = SECTIONS.map((name) => `<li><a href="/${name.toLowerCase()}">${name}</a></li>`).join("")
  const bar = `<header class="site-bar"><div class="container"><a class="logo" href="/">Local Hub</a>
<input type="search" class="site-search" placeholder="Search models, datasets, users..."><ul>${sections}<li><a href="/login">Log In</a></li></ul></div></header>`
  return `<!doctype html>
<html class="${isDark ? "dark" : ""}" lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0, user-scalable=no">
<title>${escapeHtml(title)}</title>
<meta property="og:title" content="${escapeHtml(title)}">
<meta property="og:type" content="website">
<meta property="og:url" content="${escapeHtml(SITE + path)}">
<meta property="og:image" content="https://cdn-thumbnails.huggingface.co/social-thumbnails/${escapeHtml(thumbnail)}.png">
<link rel="canonical" href="${escapeHtml(SITE + path)}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/front/build/kube-5d1a07c/style.css">
<script src="/front/build/kube-5d1a07c/theme.js"></script>
<script defer src="/front/build/kube-5d1a07c/index.js"></script>
</head>
<body class="flex flex-col min-h-dvh bg-white dark:bg-gray-950 text-black ${kind}">
<div class="flex min-h-dvh flex-col">
${island("DeviceProvider", {})}
${island("SystemThemeMonitor", { isLoggedIn: false })}
${island("MainHeader", { classNames: "", isWide: false, isZh: false, isPro: false }, bar)}
${island("SSOBanner", {})}
<main class="flex flex-1 flex-col">
${main}
</main>
</div>
</body>
</html>
`
}
