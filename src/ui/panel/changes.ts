import type { LineageReport } from "~src/app/report"
import { list } from "../format"
import { t } from "../i18n"
import { modelUrl } from "../links"
import { modelName } from "../wording"

/** Names given of those that could not be compared. */
const NAMED = 3

/** What would change this answer, most telling first. */
export function whatWouldChange({ verdict, parents, notCompared, compared, declared }: LineageReport): string[] {
  const names = list(
    parents
      .filter(({ id }) => modelUrl(id) !== null)
      .slice(0, NAMED)
      .map(({ id }) => modelName(id)),
  )
  const closed = notCompared.filter(({ id }) => declared.some((entry) => entry.id.toLowerCase() === id.toLowerCase()))
  const unread = (closed.length > 0 ? closed : notCompared).slice(0, NAMED).map(({ id }) => modelName(id))
  return [
    ...(names !== "" && (verdict === "undocumented" || verdict === "contradicted") ? [t("panel_change_card", { names })] : []),
    ...(unread.length > 0 ? [t("panel_change_unread", { names: list(unread) })] : []),
    t("panel_change_candidate", { count: compared.length }),
    t("panel_change_commit"),
  ]
}
