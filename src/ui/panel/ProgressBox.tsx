import { STEPS } from "~src/app/protocol"
import { bytes, count } from "../format"
import { PANEL, STEP_WORDS, say } from "../wording"
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
        {reconnecting ? PANEL.reconnecting : report ? PANEL.updating : STEP_WORDS[step]}
        {!reconnecting && progress && progress.total > 1 && ` · ${say(PANEL.stepCount, count(progress.done), count(progress.total))}`}
      </p>
      <progress max={1} value={fraction} aria-label={PANEL.reading} />
      <div className="foot">
        <span className="quiet">{progress ? say(PANEL.soFar, count(progress.requests), bytes(progress.bytes)) : ""}</span>
        <button type="button" onClick={onCancel}>
          {PANEL.cancel}
        </button>
      </div>
    </div>
  )
}
