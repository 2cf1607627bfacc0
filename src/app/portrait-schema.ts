import * as v from "valibot"
import type { Portrait } from "~src/lineage/portrait"

const counts = v.pipe(v.array(v.pipe(v.number(), v.minValue(0))), v.minLength(1), v.maxLength(256))

/** What is drawn must fit together; records of other versions may hold anything. */
const PortraitSchema = v.object({
  strip: v.pipe(
    v.object({
      roles: v.pipe(v.array(v.string()), v.maxLength(64)),
      layers: v.pipe(v.array(v.nullable(v.number())), v.maxLength(128)),
      updates: v.array(v.nullable(v.pipe(v.number(), v.minValue(0)))),
    }),
    v.check(({ roles, layers, updates }) => updates.length === roles.length * layers.length),
  ),
  rows: v.exactOptional(
    v.pipe(
      v.object({ tensor: v.string(), size: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), cosines: v.array(v.number()) }),
      v.check(({ size, cosines }) => cosines.length === size * size),
    ),
  ),
  spectrum: v.exactOptional(v.object({ tensor: v.string(), values: counts, edge: v.number() })),
  packed: v.exactOptional(
    v.object({ tensor: v.string(), offsets: counts, from: v.number(), to: v.number(), child: counts, parent: counts }),
  ),
})

/** The pictures of a stored report, or null where there are none that can be drawn. */
export function readPortrait(value: unknown): Portrait | null {
  const parsed = v.safeParse(PortraitSchema, value)
  return parsed.success ? parsed.output : null
}
