import { type Colouring, type Paint, paintNodes } from "./colouring"
import { keyOf } from "./edge-path"
import { pathToRoot } from "./selection"
import type { ShownAtlas } from "./shown"
import { dateOf } from "./time"

/** How the placed family is shown at the moment: everything that changes without moving a card. */
export interface Look {
  readonly by: Colouring
  readonly paints: ReadonlyMap<string, Paint>
  /** The model in the active tab. */
  readonly current: string | null
  /** The model that keyboard or pointer stands on. */
  readonly focused: string | null
  /** What leads from the roots to it. */
  readonly path: { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } | null
  /** Models that were searched for; the others are faint. Null when nothing is searched. */
  readonly matches: ReadonlySet<string> | null
  /** Models that were not there yet at the time that the slider shows. */
  readonly unborn: ReadonlySet<string>
}

const NOBODY: ReadonlySet<string> = new Set()

/** The look when nothing is searched, focused or cut off. */
export const plainLook = (shown: ShownAtlas, by: Colouring, current: string | null): Look => ({
  by,
  paints: paintNodes(shown, by),
  current,
  focused: null,
  path: null,
  matches: null,
  unborn: NOBODY,
})

/** The way to the root of one node, by keys of edges. */
export function pathLook(shown: ShownAtlas, id: string | null): Look["path"] {
  if (id === null) return null
  const { nodes, edges } = pathToRoot(shown.edges, id)
  return { nodes, edges: new Set([...edges].map(keyOf)) }
}

/** What was uploaded after a time; models without a date were always there. */
export function unbornAt(shown: ShownAtlas, until: number | null): ReadonlySet<string> {
  if (until === null) return NOBODY
  return new Set(shown.nodes.filter((node) => (dateOf(node) ?? Number.NEGATIVE_INFINITY) > until).map(({ id }) => id))
}
