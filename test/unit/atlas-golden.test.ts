import { beforeAll, describe, expect, test } from "vitest"
import { gatherFans } from "~src/ui/atlas/shown"
import { atlasSvg } from "~src/ui/atlas/svg"
import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"
import { RICH } from "../e2e/atlas-scenes"

/** Drawings to look at when they change: open test/golden/*.svg in a browser. `vitest -u` writes them anew. */
describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  beforeAll(() => speak(ENGLISH))
  // Groups are closed as they are on screen.
  const family = { ...RICH, ...gatherFans(RICH, new Set(), "acme/coder-7b") }

  test.each([
    ["generation", "relation"],
    ["generation", "verdict"],
    ["date", "license"],
    ["free", "task"],
  ] as const)("by %s, coloured by %s", async (axis, by) => {
    const draw = (report: typeof family) => onLines(atlasSvg(report, { axis, by, theme, current: "acme/coder-7b" }))
    const svg = draw(family)
    expect(draw({ ...family, nodes: [...family.nodes].reverse(), edges: [...family.edges].reverse() }) === svg).toBe(true)
    await expect(svg).toMatchFileSnapshot(`../golden/atlas-${axis}-${by}-${theme}.svg`)
  })
})

/** An element a line, so that a change shows where it is. */
const onLines = (svg: string) => svg.replaceAll("><", ">\n<")
