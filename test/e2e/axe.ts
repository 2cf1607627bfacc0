import axe from "axe-core"
import type { Page } from "playwright-core"

/** Rules about whole pages, of which a panel is only a part. */
const OF_PAGES = ["region", "page-has-heading-one", "landmark-one-main"]

/** What axe finds on the page, or in the part of it that `within` selects. */
export async function axeFaults(page: Page, within = "html"): Promise<string[]> {
  // Evaluated rather than added as a script, which the page's own policy would refuse.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(
    ([selector, off]) => {
      const rules = Object.fromEntries(off.map((rule) => [rule, { enabled: false }]))
      return (window as unknown as { axe: typeof axe }).axe.run(selector, { rules })
    },
    [within, OF_PAGES] as const,
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
}
