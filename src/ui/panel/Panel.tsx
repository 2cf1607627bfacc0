import { useEffect, useReducer, useRef } from "react"
import type { DeclaredParent } from "~src/hub/types"
import { bytes } from "../format"
import { t } from "../i18n"
import type { Ask } from "./ask"
import { type Connection, createConnection, type PanelPort } from "./connection"
import { Declared } from "./Declared"
import { FailureBox } from "./FailureBox"
import { blockedBy, LoginOffer } from "./LoginOffer"
import { ProgressBox } from "./ProgressBox"
import { Report } from "./Report"
import { INITIAL, reduce } from "./state"

export interface PanelProps {
  readonly model: string
  readonly declared: readonly DeclaredParent[]
  /** Whether the weights are read without being asked for. */
  readonly reads: boolean
  /** Weight bytes per model at most. */
  readonly budget: number
  /** Whether to ask for the person's login where a closed model blocks the answer. */
  readonly asksLogin: boolean
  /** Whether the model's page takes discussions. */
  readonly discussions: boolean
  /** The page of those who make this program. */
  readonly projectPage: string
  readonly connect: () => PanelPort
  readonly ask: Ask
  readonly onGone: () => void
  readonly signal: AbortSignal
}

/** The panel on a model's page: what the card says, what the weights say, how far the reading is, and what to do next. */
export function Panel({ model, declared, reads, budget, asksLogin, discussions, projectPage, connect, ask, onGone, signal }: PanelProps) {
  const [state, dispatch] = useReducer(reduce, INITIAL)
  const connection = useRef<Connection | null>(null)
  useEffect(() => {
    connection.current = createConnection({ model, connect, onEvent: dispatch, onGone, signal })
    if (reads) connection.current.start(false)
    else connection.current.recall()
  }, [model, reads, connect, onGone, signal])

  const repeat = () => connection.current?.repeat()
  const { phase, report, family, failure } = state
  const blocked = phase === "done" || phase === "failed" ? blockedBy(model, report, failure) : []
  return (
    <section className="panel" aria-labelledby="pedigree-title" data-phase={phase} data-verdict={report?.verdict} data-code={failure?.code}>
      <div className="head">
        <h2 className="title" id="pedigree-title">
          {t("first_title")}
        </h2>
        <span className="mark" title={t("first_mark_hint")}>
          {t("first_mark")}
        </span>
      </div>
      {report ? <Report {...{ report, family, discussions, projectPage, ask }} /> : <Declared declared={declared} />}
      <div role="status">
        {phase === "running" && <ProgressBox state={state} onCancel={() => connection.current?.cancel()} />}
        {phase === "failed" && failure && <FailureBox failure={failure} onRetry={repeat} />}
        {asksLogin && blocked.length > 0 && <LoginOffer ids={blocked} ask={ask} onLogin={() => connection.current?.start(true)} />}
        {phase === "lost" && (
          <div className="notice">
            <p className="strong">{t("panel_lost")}</p>
            <p className="text">{t("panel_lost_advice")}</p>
            <button type="button" onClick={repeat}>
              {t("panel_retry")}
            </button>
          </div>
        )}
        {phase === "asleep" && (
          <div className="notice">
            <p className="text">{t("panel_asleep", { size: bytes(budget) })}</p>
            <button type="button" onClick={repeat}>
              {t("panel_start")}
            </button>
          </div>
        )}
        {phase === "cancelled" && (
          <div className="notice">
            <p className="text">{t("panel_cancelled")}</p>
            <button type="button" onClick={repeat}>
              {t("panel_start")}
            </button>
          </div>
        )}
        {phase === "done" && (
          <div className="foot">
            <span className="quiet">{state.stored ? t("panel_stored") : ""}</span>
            <button type="button" onClick={() => connection.current?.start(true)}>
              {t("panel_refresh")}
            </button>
          </div>
        )}
      </div>
    </section>
  )
}
