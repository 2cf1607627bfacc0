import type { AtlasNode } from "~src/app/report"

/** The Hub gives this time to everything that is older than its record of times: it means "unknown". */
const FLOOR = Date.parse("2022-03-02T23:29:04.000Z")

/** When a model was uploaded, in milliseconds since the epoch, or null where nobody knows. */
export function dateOf({ createdAt }: Pick<AtlasNode, "createdAt">): number | null {
  const time = createdAt === undefined ? Number.NaN : Date.parse(createdAt)
  return Number.isFinite(time) && time > FLOOR ? time : null
}
