/**
 * Where the panel goes on a model page: between the page's islands, never inside one, because hydration replaces what is in
 * them. Anchors are heading text, roles of elements and `data-target` names; class chains drift and are not used.
 */

const ISLAND = ".SVELTE_HYDRATER"

export interface Place {
  readonly parent: Element
  readonly before: Element | null
  /** True when the page's structure was not recognised and the panel docks at the page's edge. */
  readonly dock: boolean
}

export function findPlace(document: Document): Place {
  const main = document.querySelector("main") ?? document.body
  const tree = sectionChild(main, "Model tree for")
  if (tree?.parentElement) return { parent: tree.parentElement, before: tree, dock: false }
  const column = sectionChild(main, "Downloads last month")?.parentElement ?? besideCard(main)
  if (column) return { parent: column, before: column.firstElementChild, dock: false }
  return { parent: document.body, before: null, dock: true }
}

/** The child of the enclosing `section` (or of the column) that holds the heading, islands counted as one piece. */
function sectionChild(main: Element, headingText: string): Element | null {
  for (const heading of main.querySelectorAll("h2, h3, dt")) {
    if (!heading.textContent?.trim().startsWith(headingText)) continue
    // A card may contain such a heading as well.
    if (heading.closest(".prose, .hf-sanitized, article")) continue
    const section = heading.closest("section")
    if (!section) continue
    let node: Element = heading
    while (node.parentElement && node.parentElement !== section) node = node.parentElement
    return outside(node)
  }
  return null
}

/** The section beside the one that holds the rendered card. */
function besideCard(main: Element): Element | null {
  const sections = [...main.querySelectorAll("section")].filter((section) => !section.parentElement?.closest("section"))
  const card = sections.find((section) => section.querySelector(".prose, .hf-sanitized, .model-card-content"))
  const beside = sections.find((section) => section !== card && section.parentElement === card?.parentElement)
  return beside && !beside.closest(ISLAND) ? beside : null
}

/** The outermost island around a node, or the node itself when it is in none. */
function outside(node: Element): Element {
  let result = node
  for (let island = node.closest(ISLAND); island; island = island.parentElement?.closest(ISLAND) ?? null) result = island
  return result
}
