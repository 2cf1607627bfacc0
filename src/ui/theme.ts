/** Every colour of popup, full page and drawing: in the light and in the dark theme. Text colours have a contrast of 4.5 and more. */
const COLOURS = {
  text: ["#1f2937", "#e5e7eb"],
  quiet: ["#6b7280", "#9ca3af"],
  line: ["#e5e7eb", "#1f2937"],
  back: ["#ffffff", "#0b0f19"],
  soft: ["#f9fafb", "#111827"],
  link: ["#1d4ed8", "#93c5fd"],
  good: ["#166534", "#86efac"],
  note: ["#92400e", "#fcd34d"],
  bad: ["#9f1239", "#fda4af"],
  cool: ["#374151", "#d1d5db"],
  edge: ["#9ca3af", "#4b5563"],
  current: ["#dbeafe", "#1e3a5f"],
  halo: ["#fbdfa6", "#5b3f0c"],
  training: ["#2563eb", "#60a5fa"],
  same: ["#64748b", "#94a3b8"],
  bits: ["#0d9488", "#2dd4bf"],
  lora: ["#7c3aed", "#a78bfa"],
  merge: ["#c2410c", "#fb923c"],
  surgery: ["#be185d", "#f472b6"],
  // Categories, after Okabe and Ito, told apart by most colour-blind people.
  c0: ["#0072b2", "#56b4e9"],
  c1: ["#c25100", "#f28a3c"],
  c2: ["#007a5a", "#2fc49a"],
  c3: ["#a8558a", "#dd9ac4"],
  c4: ["#8a7400", "#f0e442"],
  c5: ["#4b4fc4", "#9a9df5"],
  c6: ["#6b4a2b", "#c79a6b"],
  // Steps from early to late.
  d0: ["#c6cfdd", "#33415a"],
  d1: ["#93b0d8", "#41639a"],
  d2: ["#5a8bcb", "#5b8fd6"],
  d3: ["#2a62b0", "#8fbcf2"],
  d4: ["#123b7a", "#d2e5fb"],
  none: ["#9ca3af", "#6b7280"],
} as const

export type ThemeName = "light" | "dark"
export type Colour = keyof typeof COLOURS

const entries = Object.entries(COLOURS) as [Colour, readonly [string, string]][]

/** For pages: custom properties that follow the browser's theme. */
export const PAGE_COLOURS = `:root{color-scheme:light dark;${entries.map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark})`).join(";")}}`

/** For an SVG file, which has one theme. */
export const fileColours = (theme: ThemeName): string => `svg{${entries.map(([name]) => `--${name}:${colourOf(name, theme)}`).join(";")}}`

/** For canvases, which know no custom properties. */
export const colourOf = (name: Colour, theme: ThemeName): string => COLOURS[name][theme === "light" ? 0 : 1]
