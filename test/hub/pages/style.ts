/** Plain CSS that gives the pages about the Hub's looks: two columns, the second first on narrow screens, light and dark. */
export const STYLE = `
:root { --page: #fff; --text: #0b0f19; --quiet: #6b7280; --faint: #9ca3af; --line: #f3f4f6; --edge: #e5e7eb; --soft: #f9fafb; color-scheme: light }
html.dark { --page: #0b0f19; --text: #e5e7eb; --quiet: #9ca3af; --faint: #6b7280; --line: #141c2e; --edge: #1f2937; --soft: #101623; color-scheme: dark }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 "Source Sans Pro", "Source Sans 3", system-ui, sans-serif; min-height: 100vh }
a { color: inherit; text-decoration: none }
a:hover { text-decoration: underline }
h1, h2, h3, h4, p, dl, dd, ul { margin: 0; padding: 0 }
.contents { display: contents }
.font-mono { font-family: "IBM Plex Mono", ui-monospace, monospace; font-size: .92em }
.note { color: var(--quiet); font-size: 14px; font-weight: 400 }
.container { width: 100%; max-width: 1280px; margin: 0 auto; padding: 0 16px }
.site-bar { border-bottom: 1px solid var(--line) }
.site-bar .container { display: flex; align-items: center; gap: 16px; height: 64px }
.site-bar ul { display: flex; gap: 20px; list-style: none; margin-left: auto; color: var(--quiet) }
.logo { font-weight: 700; font-size: 18px }
.site-search { flex: 0 1 400px; min-width: 0; border: 1px solid var(--edge); border-radius: 8px; padding: 6px 12px; background: var(--soft); color: inherit; font: inherit }
.model-header { border-bottom: 1px solid var(--line); background: linear-gradient(to top, var(--soft), var(--page)); padding-top: 36px }
.model-header h1 { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; font-size: 18px; margin-bottom: 12px; overflow-wrap: anywhere }
.text-gray-400, .slash { color: var(--faint); font-weight: 400 }
.model-header button { border: 1px solid var(--edge); border-radius: 8px; background: var(--page); color: var(--quiet); font: 14px sans-serif; padding: 2px 8px; margin-left: 6px }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 20px }
.tag, .pill { border: 1px solid var(--edge); border-radius: 8px; padding: 2px 8px; font-size: 14px; background: var(--page) }
.pills { display: flex; flex-wrap: wrap; gap: 6px }
.pill i { color: var(--quiet); font-style: normal }
.tabs { display: flex; gap: 4px; overflow-x: auto }
.tab-alternate { padding: 8px 12px; color: var(--quiet); border-bottom: 2px solid transparent; white-space: nowrap }
.tab-alternate.active { color: var(--text); border-color: var(--text) }
.flex { display: flex }
.flex-col { flex-direction: column }
.relative { position: relative }
.order-first { order: -9999 }
.pt-8 { padding-top: 24px }
.break-words { overflow-wrap: break-word }
section { min-width: 0 }
.downloads { display: flex; align-items: baseline; justify-content: space-between; padding-bottom: 16px; margin-bottom: 16px; border-bottom: 1px solid var(--line) }
.downloads dt { color: var(--quiet); font-size: 14px }
.downloads dd { font-weight: 600; font-size: 20px }
.text-smd { font-size: 15px; margin-bottom: 10px }
.divider-column-vertical { height: 1px; background: var(--line); margin: 20px 0 }
.rows { border: 1px solid var(--line); border-radius: 8px; background: var(--soft); padding: 8px 12px }
.row { display: flex; justify-content: space-between; gap: 12px; padding: 4px 0; font-size: 14px }
.row > span { color: var(--quiet) }
.row a { overflow-wrap: anywhere; text-decoration: underline; text-decoration-color: var(--edge) }
.row.self { border-left: 2px solid var(--faint); padding-left: 8px }
.prose h1 { font-size: 28px; margin: 0 0 16px } .prose h2 { font-size: 22px; margin: 28px 0 12px } .prose p { margin: 0 0 16px }
.gate { border: 1px solid var(--edge); border-radius: 8px; padding: 20px; margin-bottom: 24px; background: var(--soft) }
.gate h2 { font-size: 17px; margin-bottom: 8px } .gate p { color: var(--quiet); margin-bottom: 12px }
.button { display: inline-block; border: 1px solid var(--edge); border-radius: 8px; padding: 6px 12px; background: var(--page) }
.files { padding-top: 20px; padding-bottom: 48px } .branch { margin-bottom: 12px }
.commit { border: 1px solid var(--edge); border-radius: 8px 8px 0 0; padding: 10px 14px; background: var(--soft); font-size: 14px }
.listing { list-style: none; border: 1px solid var(--edge); border-top: 0; border-radius: 0 0 8px 8px }
.listing li { display: flex; gap: 16px; padding: 8px 14px; border-top: 1px solid var(--line); font-size: 14px } .listing a { flex: 1 } .listing span { color: var(--quiet) }
.blob { border: 1px solid var(--edge); border-radius: 8px; padding: 14px; overflow: auto; font-size: 13px }
.list { padding-top: 32px; padding-bottom: 48px } .list h1 { font-size: 22px; margin-bottom: 16px }
.grid-list { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)) }
.overview-card-wrapper { border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; background: var(--soft) }
.truncate { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.not-found { text-align: center; padding: 120px 16px } .not-found h1 { font-size: 64px }
@media (min-width: 768px) {
  .md\\:grid { display: grid } .md\\:grid-cols-12 { grid-template-columns: repeat(12, minmax(0, 1fr)); column-gap: 24px }
  .md\\:col-span-7 { grid-column: span 7 } .md\\:col-span-5 { grid-column: span 5 }
  .md\\:order-none { order: 0 } .md\\:pl-6 { padding-left: 24px } .md\\:border-l { border-left: 1px solid var(--line) }
  .md\\:pb-24, .pb-24 { padding-bottom: 96px }
}
@media (max-width: 767px) { .site-bar ul { display: none } }
`
