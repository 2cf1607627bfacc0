import { useEffect, useState } from "react"
import type { Failure } from "~src/core/errors"
import { FailureWords } from "../FailureWords"
import { countdown } from "../format"
import { code, t } from "../i18n"
import { adviceText } from "../sentences"

/** What went wrong, in one sentence, and what to do about it. */
export function FailureBox({ failure, onRetry }: { failure: Failure; onRetry: () => void }) {
  const left = useCountdown(failure.retryAt)
  return (
    <div className="notice">
      <p className="strong">{t(`failure_${code(failure.code)}`)}</p>
      <p className="text">
        <FailureWords failure={failure} />
      </p>
      <p className="text">{adviceText(failure)}</p>
      <button type="button" onClick={onRetry} disabled={left > 0}>
        {left > 0 ? t("panel_retry_in", { time: countdown(left) }) : t("panel_retry")}
      </button>
    </div>
  )
}

/** Milliseconds left until `until`, updated each second and only while there are any. */
function useCountdown(until: number | undefined): number {
  const [now, setNow] = useState(Date.now)
  const left = until === undefined ? 0 : Math.max(0, until - now)
  const running = left > 0
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [running])
  return left
}
