import type { Parent } from "~src/app/report"
import { percent } from "../format"
import { t } from "../i18n"
import { Name } from "../parts"

/** The shares of a merge, as a bar and, for everyone, as numbers. */
export function ShareBar({ parents }: { parents: readonly Parent[] }) {
  return (
    <div>
      <h3>{t("panel_shares")}</h3>
      <div className="shares" aria-hidden="true">
        {parents.map((parent, index) => (
          <span key={parent.id} data-index={index % 4} style={{ flexGrow: Math.max(0, parent.share) }} />
        ))}
      </div>
      <ul>
        {parents.map((parent, index) => (
          <li key={parent.id} className="share-row" data-index={index % 4}>
            <Name id={parent.id} ghost={parent.ghost} /> <span>{percent(parent.share)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
