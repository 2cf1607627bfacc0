import * as v from "valibot"
import { RELATIONS } from "~src/core/words"
import type { AtlasReport, LineageReport } from "./report"

/** Enough to tell a row of this version from a damaged or older one; the rest was written by this engine. */
const StoredReport = v.looseObject({
  schema: v.literal("pedigree/lineage@1"),
  model: v.string(),
  revision: v.string(),
  verdict: v.picklist(["documented", "undocumented", "contradicted", "independent", "unverified"]),
  reason: v.string(),
  weights: v.looseObject({ text: v.string(), notes: v.array(v.tuple([v.string(), v.string()])) }),
  parents: v.array(v.looseObject({ id: v.string(), relation: v.picklist(RELATIONS), probability: v.number() })),
  declared: v.array(v.looseObject({ id: v.string() })),
  compared: v.array(v.looseObject({ id: v.string(), related: v.number() })),
  notCompared: v.array(v.looseObject({ id: v.string(), reason: v.string() })),
  sharedInit: v.array(v.string()),
})
const StoredAtlas = v.looseObject({
  schema: v.literal("pedigree/atlas@1"),
  nodes: v.array(v.looseObject({ id: v.string(), family: v.number() })),
  edges: v.array(v.looseObject({ parent: v.string(), child: v.string() })),
})

/** A stored conclusion, or null when a row is absent, damaged or of another version. */
export function readInspection(report: unknown, atlas: unknown): { report: LineageReport; atlas: AtlasReport } | null {
  if (!v.is(StoredReport, report) || !v.is(StoredAtlas, atlas)) return null
  return { report: report as unknown as LineageReport, atlas: atlas as unknown as AtlasReport }
}
