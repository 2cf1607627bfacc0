import { STEPS } from "~src/app/protocol"
import { bytes } from "../format"
import { t } from "../i18n"
import type { PanelState } from "./state"

/** The step in words, how far it is, what has been read so far, and a way to stop. */
export function ProgressBox({ state, onCancel }: { state: PanelState; onCancel: () => void }) {
  const { progress, reconnecting, report } = state
  const step = progress?.step ?? "record"
  const within = progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0
  const fraction = (STEPS.indexOf(step) + within) / STEPS.length
  return (
    <div className="progress">
      <p className="text">
        {reconnecting ? t("panel_reconnecting") : report ? t("panel_updating") : t(`step_${step}`)}
        {!reconnecting && progress && progress.total > 1 && ` · ${t("panel_step_count", { done: progress.done, total: progress.total })}`}
      </p>
      <progress max={1} value={fraction} aria-label={t("panel_reading")} />
      <div className="foot">
        <span className="quiet">{progress ? t("panel_so_far", { count: progress.requests, size: bytes(progress.bytes) }) : ""}</span>
        <button type="button" onClick={onCancel}>
          {t("panel_cancel")}
        </button>
      </div>
    </div>
  )
}
