import { readPortrait } from "~src/app/portrait-schema"
import type { Parent } from "~src/app/report"
import { Packed } from "./Packed"
import { RowMap } from "./RowMap"
import { Spectrum } from "./Spectrum"
import { Strip } from "./Strip"

/** Relations whose making shows in the directions of the update. */
const STEPS: readonly Parent["relation"][] = ["lora-merged", "adapter", "noised", "finetune", "continued"]

/** What of a claim can be seen; nothing for records that have no pictures. */
export function Pictures({ parent }: { parent: Parent }) {
  const portrait = readPortrait(parent.portrait)
  if (!portrait) return null
  const { strip, rows, spectrum, packed } = portrait
  return (
    <div className="pictures">
      {strip.updates.some((update) => update !== null) && <Strip strip={strip} />}
      {rows && <RowMap rows={rows} />}
      {spectrum && STEPS.includes(parent.relation) && <Spectrum spectrum={spectrum} />}
      {packed && <Packed packed={packed} />}
    </div>
  )
}
