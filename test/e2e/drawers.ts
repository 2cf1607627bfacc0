import type { Locator } from "playwright-core"

/** Opens the drawers in `within`, all or those whose title has the words, and waits until their contents are drawn. */
export async function openDrawers(within: Locator, title: string | RegExp = ""): Promise<Locator> {
  const drawers = within.locator("details", { has: within.page().locator("summary", { hasText: title }) })
  for (const drawer of await drawers.all()) {
    if ((await drawer.getAttribute("open")) === null) await drawer.locator("summary").click()
    await drawer.locator(":scope > :nth-child(2)").first().waitFor()
  }
  return drawers
}
